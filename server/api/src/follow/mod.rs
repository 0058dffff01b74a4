//! Subscriptions and their notifications: one scheduler over two sources, the log and the inbox.
//!
//! A subscription is a position, never a queue: a client that does not read makes its subscriptions fall behind and
//! costs no memory.

mod events;
mod inbox;
mod sight;
mod turns;

use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::Context;

use uuid::Uuid;
use workroom_protocol::event::EventUnsubscribeParams;
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::inbox::InboxUnsubscribeParams;
use workroom_protocol::notifications::SubscriptionEnded;
use workroom_protocol::server::Empty;
use workroom_protocol::{ErrorKind, Notification};

use self::events::EventSubscriptions;
pub use self::events::subscribe as subscribe_to_events;
pub use self::inbox::subscribe as subscribe_to_inbox;
use self::inbox::{InboxFeed, InboxSubscriptions};
use self::sight::Lookout;
pub use self::sight::Onlookers;
use super::client::Client;
use super::error::{Error, Result};
use super::{App, Cx};
use workroom_rpc::outbox::Outbox;
use workroom_rpc::pump::Pump;
use workroom_store::{Follower, Store, StoreError};

// Notifications are put into the outbox while less than this is pending there. So a client that does not read gets no
// more notifications, and its responses do not queue behind more events. An event to a thousand subscriptions fits.
const MAX_WAITING_BYTES: usize = 1024 * 1024;
// The limit for events and the inbox together. Each subscription takes a few hundred bytes. Beyond the limit, a new one
// is refused as busy, and the client must follow fewer things, or everything with one subscription.
const MAX_SUBSCRIPTIONS: usize = 131_072;

/// The subscriptions of one connection.
#[derive(Default)]
pub struct Follows {
    events: EventSubscriptions,
    inbox: InboxSubscriptions,
}

impl Follows {
    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.events.len() + self.inbox.len()
    }

    /// Refuses a subscription beyond the limit of a connection.
    fn check_room(&self) -> Result<()> {
        if self.len() < MAX_SUBSCRIPTIONS {
            return Ok(());
        }
        Err(Error::Busy("subscription limit reached for this connection (131,072)"))
    }
}

/// Handles `event/unsubscribe`.
pub async fn unsubscribe_from_events(cx: Cx, params: EventUnsubscribeParams) -> Result<Empty> {
    let id = params.subscription_id;
    let is_removed = id.uuid().is_some_and(|uuid| cx.follows().events.remove(uuid));
    removed(is_removed, &id)
}

/// Handles `inbox/unsubscribe`.
pub async fn unsubscribe_from_inbox(cx: Cx, params: InboxUnsubscribeParams) -> Result<Empty> {
    let id = params.subscription_id;
    let is_removed = id.uuid().is_some_and(|uuid| cx.follows().inbox.remove(uuid).is_some());
    removed(is_removed, &id)
}

fn removed(is_removed: bool, id: &SubscriptionId) -> Result<Empty> {
    match is_removed {
        true => Ok(Empty {}),
        false => Err(StoreError::NotFound { what: "subscription", id: id.to_string() }.into()),
    }
}

impl Cx {
    /// The subscriptions of the connection.
    pub(super) fn follows(&self) -> MutexGuard<'_, Follows> {
        lock(&self.call.client)
    }
}

fn lock(client: &Client) -> MutexGuard<'_, Follows> {
    client.follows.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends the client a notification that a subscription has ended, with the reason.
fn push_ended(id: Uuid, reason: ErrorKind, outbox: &mut Outbox) {
    let mut buffer = Uuid::encode_buffer();
    outbox.push(&[
        r#"{"jsonrpc":"2.0","method":""#,
        SubscriptionEnded::NAME,
        r#"","params":{"subscription_id":""#,
        SubscriptionId::PREFIX,
        id.simple().encode_lower(&mut buffer),
        r#"","reason":""#,
        reason.name(),
        r#""}}"#,
    ]);
}

/// Puts the notifications of a connection's subscriptions into its outbox.
pub struct EventPump {
    app: Arc<App>,
    client: Arc<Client>,
    log: Option<Log>,
    /// Whether the log may hold events that the live subscriptions have not received.
    due: bool,
    lookout: Lookout,
    inbox: InboxFeed,
}

struct Log {
    store: Arc<Store>,
    news: Follower,
}

impl EventPump {
    pub(super) fn new(app: Arc<App>, client: Arc<Client>) -> Self {
        Self { app, client, log: None, due: false, lookout: Lookout::default(), inbox: InboxFeed::default() }
    }

    /// The store. Records whether its head has moved, and arranges to be woken when it moves.
    fn poll_store(&mut self, cx: &mut Context<'_>) -> Option<Arc<Store>> {
        if self.log.is_none() {
            let store = self.app.store().ok()?;
            self.app.waits.keep_time(&store);
            let news = Follower::new(store.follow());
            self.log = Some(Log { store, news });
            self.due = true;
        }
        let log = self.log.as_mut()?;
        self.due |= log.news.poll(cx);
        Some(log.store.clone())
    }

    fn pump(
        &mut self,
        cx: &mut Context<'_>,
        store: &Store,
        outbox: &mut Outbox,
    ) -> workroom_store::Result<bool> {
        let Some(caller) = self.client.known() else { return Ok(false) };
        let committed = self.due;
        let mut follows = lock(&self.client);
        let Follows { events, inbox } = &mut *follows;
        let wanted = self.client.wants(events::NOTIFICATION);
        let news = if committed { events.read_live(store, wanted)? } else { events::News::default() };
        // Runs after the events are read, so that the caller's access includes what these events made visible. Nothing
        // is sent that the caller may no longer see.
        if self.lookout.poll(cx, store, &caller.principal, committed)? {
            self.client.onlookers.tell();
        }
        let sight = self.lookout.sight();
        let ended = events.end_unseen(sight, outbox);
        let told = events.tell_live(store, &news, sight, outbox)?;
        // There may be more than one page.
        self.due = told;
        let caught_up = events.catch_up(store, sight, wanted, outbox)?;
        let parts = (&*self.app, store, &*self.client);
        let changed = self.inbox.poll(cx, parts, inbox, (&caller, sight), committed, outbox)?;
        Ok(caught_up || told || ended || changed)
    }
}

impl Pump for EventPump {
    fn turn_ended(&mut self) {
        self.client.snapshot.end();
    }

    fn poll_pump(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> bool {
        let nobody_listens = lock(&self.client).len() == 0;
        if nobody_listens && !self.client.onlookers.any() {
            return false;
        }
        let Some(store) = self.poll_store(cx) else { return false };
        if outbox.bytes() >= MAX_WAITING_BYTES {
            // Writing wakes this connection, which then polls again.
            return false;
        }
        self.pump(cx, &store, outbox).unwrap_or_else(|error| {
            // The positions stay, and the next change of the log tries again.
            tracing::warn!(%error, "events cannot be read");
            self.due = true;
            false
        })
    }
}

#[cfg(test)]
mod tests;
