//! Subscriptions: cursors into the log, not queues.
//!
//! A subscription is either *live*, at the same position as all live ones, or *behind*, at a position of its own.
//! One read of the log serves all live ones; those behind read their own pages until they have caught up. A client
//! that does not read makes its subscriptions fall behind, and costs no memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, MutexGuard, PoisonError};
use std::task::Context;

use uuid::Uuid;
use workroom_protocol::event::{EventSubscribeParams, EventSubscribeResponse, EventUnsubscribeParams};
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::notifications::{EventAppended, SubscriptionEnded};
use workroom_protocol::server::Empty;
use workroom_protocol::{ErrorKind, Notification};

use super::client::Client;
use super::error::{Error, Result};
use super::events::{check_epoch, scope};
use super::inbox_feed::{self, InboxFeed};
use super::sight::{Lookout, Sight};
use super::{App, Cx, limits};
use workroom_rpc::call::Call;
use workroom_rpc::outbox::Outbox;
use workroom_rpc::pump::Pump;
use workroom_store::{
    EventFilter, Follower, KindSet, PageSize, Read, RoomKey, Scope, Store, StoreError, StoredEvent, View,
};

// Notifications are put into the outbox while less than this waits there: a client that does not read is not
// written to, and its answers do not queue behind more events. An event to a thousand subscriptions fits.
pub(super) const MAX_WAITING_BYTES: usize = 1024 * 1024;
// Events of one read for the live ones, and of one turn of a subscription that is behind.
const LIVE_PAGE: PageSize = PageSize { limit: 256, max_bytes: 256 * 1024 };
const CATCH_UP_PAGE: PageSize = PageSize { limit: 64, max_bytes: 64 * 1024 };
// Of events and of the inbox together. Each holds some hundred bytes. Past this one more is refused as busy, and its
// client has to follow fewer things, or everything with one subscription.
const MAX_SUBSCRIPTIONS: usize = 131_072;
// Subscriptions that are behind and get a turn before answers are looked at again.
const TURNS: usize = 64;

/// The subscriptions of one connection.
#[derive(Default)]
pub struct Subscriptions {
    all: HashMap<Uuid, Subscription>,
    /// The live ones by what they follow.
    live: HashMap<Scope, BTreeMap<Uuid, KindSet>>,
    /// Those behind and their positions: they get their turns round and round.
    behind: BTreeMap<Uuid, u64>,
    next_turn: Uuid,
    /// The position of the live ones.
    position: u64,
}

struct Subscription {
    filter: EventFilter,
    /// The row of the workroom that it is about, unless it is about all.
    workroom: Option<RoomKey>,
    /// The call that subscribed, until it is answered: its events come after its answer.
    call: Option<Arc<Call<Client>>>,
}

impl Subscription {
    fn move_to(&mut self, from: RoomKey, into: RoomKey) {
        if self.filter.scope == Scope::Workroom(from) {
            self.filter.scope = Scope::Workroom(into);
        }
        if self.workroom == Some(from) {
            self.workroom = Some(into);
        }
    }
}

impl Subscriptions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    fn add(&mut self, id: Uuid, subscription: Subscription, position: u64) {
        self.all.insert(id, subscription);
        self.behind.insert(id, position);
    }

    fn remove(&mut self, id: Uuid) -> bool {
        let Some(subscription) = self.all.remove(&id) else { return false };
        self.behind.remove(&id);
        self.leave(id, subscription.filter.scope);
        true
    }

    fn join(&mut self, id: Uuid) {
        if let Some(subscription) = self.all.get(&id) {
            self.behind.remove(&id);
            let EventFilter { scope, kinds } = subscription.filter;
            self.live.entry(scope).or_default().insert(id, kinds);
        }
    }

    /// Lets those that follow one workroom follow the one that it was joined to.
    fn follow_merge(&mut self, from: RoomKey, into: RoomKey) {
        for subscription in self.all.values_mut() {
            subscription.move_to(from, into);
        }
        if let Some(live) = self.live.remove(&Scope::Workroom(from)) {
            self.live.entry(Scope::Workroom(into)).or_default().extend(live);
        }
    }

    fn leave(&mut self, id: Uuid, scope: Scope) {
        if let Some(live) = self.live.get_mut(&scope) {
            live.remove(&id);
            if live.is_empty() {
                self.live.remove(&scope);
            }
        }
    }

    /// Ends those that are about what is no longer seen, tells the client why, and says whether there were any.
    fn end_unseen(&mut self, sight: &Sight, outbox: &mut Outbox) -> bool {
        let (unseen, reason) = match sight {
            Sight::Whole => return false,
            Sight::Limited(seen) => {
                let unseen = |found: &Subscription| found.workroom.is_some_and(|room| !seen.contains(room));
                let unseen = self.all.iter().filter(|(_, found)| unseen(found)).map(|(id, _)| *id);
                (unseen.collect::<Vec<_>>(), ErrorKind::NotFound)
            }
            Sight::Ended => (self.all.keys().copied().collect(), ErrorKind::Unauthenticated),
        };
        for id in &unseen {
            self.remove(*id);
            push_ended(*id, reason, outbox);
        }
        !unseen.is_empty()
    }

    /// Tells the live ones of one event. Those for which there is no room fall behind.
    fn tell(&mut self, event: &StoredEvent, sight: &Sight, outbox: &mut Outbox) {
        let of_all = sight.shows(event.workroom).then_some(Scope::All);
        let scopes = [of_all, Some(Scope::Workroom(event.workroom)), event.thread.map(Scope::Thread)];
        let mut fallen = Vec::new();
        for scope in scopes.into_iter().flatten() {
            let Some(live) = self.live.get(&scope) else { continue };
            for (id, kinds) in live {
                if !kinds.contains(event.kind) {
                    continue;
                }
                if outbox.bytes() < MAX_WAITING_BYTES {
                    push(*id, event, outbox);
                } else {
                    fallen.push((*id, scope));
                }
            }
        }
        for (id, scope) in fallen {
            self.leave(id, scope);
            self.behind.insert(id, event.seq - 1);
        }
    }

    /// Up to [`TURNS`] subscriptions that are behind and may be told, in turn.
    fn next_behind(&mut self) -> Vec<(Uuid, u64)> {
        let after = self.behind.range(self.next_turn..);
        let before = self.behind.range(..self.next_turn);
        // Those that began beyond the live ones wait for these to come up.
        let may_be_told = |(id, at): &(Uuid, u64)| *at <= self.position && self.is_answered(*id);
        let turns: Vec<_> =
            after.chain(before).map(|(id, at)| (*id, *at)).filter(may_be_told).take(TURNS).collect();
        if let Some((last, _)) = turns.last() {
            self.next_turn = Uuid::from_u128(last.as_u128().wrapping_add(1));
        }
        turns
    }

    fn is_answered(&self, id: Uuid) -> bool {
        self.all.get(&id).is_some_and(|found| found.call.as_ref().is_none_or(|call| call.is_answered()))
    }
}

fn push(id: Uuid, event: &StoredEvent, outbox: &mut Outbox) {
    // Pushed for every event to every subscription: in as few parts as there are.
    static BEGINNING: LazyLock<String> = LazyLock::new(|| {
        let (method, prefix) = (EventAppended::NAME, SubscriptionId::PREFIX);
        format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{"subscription_id":"{prefix}"#)
    });
    let mut buffer = Uuid::encode_buffer();
    outbox.push(&[
        &BEGINNING,
        id.simple().encode_lower(&mut buffer),
        r#"","event":"#,
        event.json.text(),
        "}}",
    ]);
}

pub(super) fn push_ended(id: Uuid, reason: ErrorKind, outbox: &mut Outbox) {
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

/// Handles `event/subscribe`.
pub async fn subscribe(cx: Cx, params: EventSubscribeParams) -> Result<EventSubscribeResponse> {
    let kinds = limits::kinds(params.kinds.as_deref())?;
    let epoch = cx.store()?.epoch().to_owned();
    // In turn, as if it were a write: a live subscription begins between the writes sent before it and those after.
    let turn = cx.turn().await;
    let (filter, workroom, head_seq, position) = cx
        .read_in(&turn, |view| {
            check_epoch(&epoch, params.epoch.as_deref())?;
            let head_seq = view.head_seq()?;
            let position = params.after_seq.unwrap_or(head_seq);
            view.check_position(position)?;
            let scope = scope(view, params.workroom_id.as_ref(), params.thread_id.as_ref())?;
            let workroom = match scope {
                Scope::All => None,
                Scope::Workroom(row) => Some(row),
                Scope::Thread(row) => Some(view.workroom_of_thread(row)?),
            };
            Ok((EventFilter { scope, kinds }, workroom, head_seq, position))
        })
        .await?;
    check_room(&cx.call.client)?;
    let id = cx.new_id();
    let subscription = Subscription { filter, workroom, call: Some(cx.call.clone()) };
    cx.subscriptions().add(id, subscription, position);
    Ok(EventSubscribeResponse { subscription_id: SubscriptionId::from_uuid(id), epoch, head_seq })
}

/// Refuses one more subscription than a connection may have.
pub(super) fn check_room(client: &Client) -> Result<()> {
    let count = lock(client).len() + inbox_feed::lock(client).len();
    let busy = Error::Busy("this connection follows as many things as one may");
    if count < MAX_SUBSCRIPTIONS { Ok(()) } else { Err(busy) }
}

/// Handles `event/unsubscribe`.
pub async fn unsubscribe(cx: Cx, params: EventUnsubscribeParams) -> Result<Empty> {
    let id = params.subscription_id;
    match id.uuid().is_some_and(|uuid| cx.subscriptions().remove(uuid)) {
        true => Ok(Empty {}),
        false => Err(StoreError::NotFound { what: "subscription", id: id.to_string() }.into()),
    }
}

impl Cx {
    pub(super) fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        lock(&self.call.client)
    }
}

fn lock(client: &Client) -> MutexGuard<'_, Subscriptions> {
    client.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the events of a connection's subscriptions into its outbox.
pub struct EventPump {
    app: Arc<App>,
    client: Arc<Client>,
    following: Option<Following>,
    /// Whether the log may hold events that the live ones were not told of.
    due: bool,
    lookout: Lookout,
    inbox: InboxFeed,
}

struct Following {
    store: Arc<Store>,
    news: Follower,
}

impl EventPump {
    pub(super) fn new(app: Arc<App>, client: Arc<Client>) -> Self {
        Self {
            app,
            client,
            following: None,
            due: false,
            lookout: Lookout::default(),
            inbox: InboxFeed::default(),
        }
    }

    /// The store. Takes note of whether its head has moved, and arranges to be woken when it moves.
    fn poll_store(&mut self, cx: &mut Context<'_>) -> Option<Arc<Store>> {
        if self.following.is_none() {
            let store = self.app.store().ok()?;
            self.app.waits.keep_time(&store);
            let news = Follower::new(store.follow());
            self.following = Some(Following { store, news });
            self.due = true;
        }
        let following = self.following.as_mut()?;
        self.due |= following.news.poll(cx);
        Some(following.store.clone())
    }

    fn pump(
        &mut self,
        cx: &mut Context<'_>,
        store: &Store,
        outbox: &mut Outbox,
    ) -> workroom_store::Result<bool> {
        let Some(caller) = self.client.known() else { return Ok(false) };
        let wanted = self.client.wants(EventAppended::NAME);
        let committed = self.due;
        let mut subscriptions = lock(&self.client);
        let news = if self.due { read_live(store, &subscriptions, wanted)? } else { News::default() };
        // After the events are read: what they made visible is seen, and nothing is shown that is not seen by now.
        if self.lookout.poll(cx, store, &caller.principal, self.due)? {
            self.client.onlookers.tell();
        }
        let sight = self.lookout.sight();
        let ended = subscriptions.end_unseen(sight, outbox);
        for event in &news.events {
            subscriptions.tell(event, sight, outbox);
            if let Some(into) = merged(store, event)? {
                subscriptions.follow_merge(event.workroom, into);
            }
        }
        let told = news.head > subscriptions.position;
        subscriptions.position = subscriptions.position.max(news.head);
        // One page may not have been all.
        self.due = told;
        let caught_up = catch_up(store, &mut subscriptions, sight, wanted, outbox)?;
        drop(subscriptions);
        let parts = (&*self.app, store, &*self.client);
        let changed = self.inbox.poll(cx, parts, &caller, sight, committed, outbox)?;
        Ok(caught_up || told || ended || changed)
    }
}

impl Pump for EventPump {
    fn turn_ended(&mut self) {
        self.client.snapshot.end();
    }

    fn poll_pump(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> bool {
        let client = &self.client;
        let nobody_listens = lock(client).all.is_empty() && inbox_feed::lock(client).is_empty();
        if nobody_listens && !client.onlookers.any() {
            return false;
        }
        let Some(store) = self.poll_store(cx) else { return false };
        if outbox.bytes() >= MAX_WAITING_BYTES {
            // Writing wakes this connection, and it comes by here again.
            return false;
        }
        self.pump(cx, &store, outbox).unwrap_or_else(|error| {
            // The positions stand; the next change of the log tries again.
            tracing::warn!(%error, "events cannot be read");
            self.due = true;
            false
        })
    }
}

/// What has happened since the position of the live ones: a page of it, and the position that it ends at.
#[derive(Default)]
struct News {
    events: Vec<StoredEvent>,
    head: u64,
}

/// Reads on from the position of the live ones.
fn read_live(store: &Store, subscriptions: &Subscriptions, wanted: bool) -> workroom_store::Result<News> {
    if subscriptions.live.is_empty() || !wanted {
        return Ok(News { events: Vec::new(), head: store.read(Read::LATEST, |view| view.head_seq())? });
    }
    let all = EventFilter { scope: Scope::All, kinds: KindSet::ALL };
    let position = subscriptions.position;
    let (events, _) =
        store.read(Read::LATEST, |view| view.events_after(&all, position, i64::MAX as u64, LIVE_PAGE))?;
    let head = events.last().map_or(position, |last| last.seq);
    Ok(News { events, head })
}

/// The workroom that an event joins its own to.
fn merged(store: &Store, event: &StoredEvent) -> workroom_store::Result<Option<RoomKey>> {
    if event.kind != KindSet::of_names(["workroom_updated"]).unwrap_or(KindSet::ALL)
        || !event.json.text().contains("\"merged_into\"")
    {
        return Ok(None);
    }
    let into = store.read(Read::LATEST, |view| view.current_workroom(event.workroom))?;
    Ok(Some(into).filter(|into| *into != event.workroom))
}

/// Some events, and whether there are more.
type Page = (Vec<StoredEvent>, bool);

/// Gives subscriptions that are behind their turn, and says whether any moved.
fn catch_up(
    store: &Store,
    subscriptions: &mut Subscriptions,
    sight: &Sight,
    wanted: bool,
    outbox: &mut Outbox,
) -> workroom_store::Result<bool> {
    let mut moved = false;
    let upto = subscriptions.position;
    // Those that fell behind together are at one position, and follow the same more often than not.
    let mut last: Option<(EventFilter, u64, Page)> = None;
    for (id, position) in subscriptions.next_behind() {
        if outbox.bytes() >= MAX_WAITING_BYTES {
            break;
        }
        moved = true;
        let Some(subscription) = subscriptions.all.get_mut(&id) else { continue };
        subscription.call = None;
        if let Scope::Workroom(row) = subscription.filter.scope {
            // Joined to another while this one was behind.
            let into = store.read(Read::LATEST, |view| view.current_workroom(row))?;
            subscription.move_to(row, into);
        }
        let filter = subscription.filter;
        let known = last.take().filter(|known| (known.0, known.1) == (filter, position));
        let (_, _, (events, more)) = last.insert(match known {
            Some(known) => known,
            None if position < upto && wanted => {
                let read = |view: View<'_>| {
                    view.events_after_in(sight.seen(), &filter, (position, upto), CATCH_UP_PAGE)
                };
                (filter, position, store.read(Read::LATEST, read)?)
            }
            None => (filter, position, (Vec::new(), false)),
        });
        for event in &*events {
            push(id, event, outbox);
        }
        match events.last() {
            Some(last) if *more => drop(subscriptions.behind.insert(id, last.seq)),
            _ => subscriptions.join(id),
        }
    }
    Ok(moved)
}

#[cfg(test)]
mod tests;
