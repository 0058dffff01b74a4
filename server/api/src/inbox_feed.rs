//! Subscriptions to the inbox: each a position among its changes, never a queue.
//!
//! What is told is the state of an item, so that a client that reads slowly is told once of what changed often, and
//! being told twice of the same does no harm. One look tells whether anything changed in the inbox of a connection's
//! caller; only then each of its subscriptions reads on.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Sleep, sleep};
use uuid::Uuid;
use workroom_protocol::actor::Actor;
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::inbox::{
    InboxChanged as Changed, InboxSubscribeParams, InboxSubscribeResponse, InboxUnsubscribeParams,
};
use workroom_protocol::methods::InboxSubscribe;
use workroom_protocol::notifications::InboxChanged;
use workroom_protocol::server::Empty;
use workroom_protocol::time::Timestamp;
use workroom_protocol::{ErrorKind, Method, Notification};

use super::client::Client;
use super::error::Result;
use super::events::check_epoch;
use super::inbox::Page;
use super::sight::Sight;
use super::subscriptions::{self, MAX_WAITING_BYTES, push_ended};
use super::{App, Caller, Cx, limits};
use workroom_rpc::call::Call;
use workroom_rpc::outbox::Outbox;
use workroom_store::{self as store, InboxFilter, InboxPosition, Read, Store, StoreError};

// Changes of one notification. An item is at most a few kilobytes, so that one fits into what may wait.
const CHANGES: usize = 50;
// Subscriptions that get a turn before answers are looked at again.
const TURNS: usize = 64;
// The clock of the machine may jump, and a timer counts the time that passes: it is looked at once more this often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
// What could not be taken back when its time had come is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The subscriptions of one connection to the inbox of its caller.
#[derive(Default)]
pub struct InboxSubscriptions {
    all: BTreeMap<Uuid, Subscription>,
    next_turn: Uuid,
}

struct Subscription {
    filter: InboxFilter,
    position: InboxPosition,
    /// Whether there may be changes after the position.
    behind: bool,
    /// The call that subscribed, until it is answered: its changes come after its answer.
    call: Option<Arc<Call<Client>>>,
}

impl InboxSubscriptions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Ends those that are about what is no longer seen, tells the client why, and says whether there were any.
    pub(super) fn end_unseen(&mut self, sight: &Sight, outbox: &mut Outbox) -> bool {
        let reason = match sight {
            Sight::Whole => return false,
            Sight::Limited(_) => ErrorKind::NotFound,
            Sight::Ended => ErrorKind::Unauthenticated,
        };
        let before = self.all.len();
        self.all.retain(|id, found| {
            let stays = match (sight, found.filter.workroom) {
                (Sight::Ended, _) => false,
                (sight, Some(room)) => sight.shows(room),
                (_, None) => true,
            };
            if !stays {
                push_ended(*id, reason, outbox);
            }
            stays
        });
        self.all.len() < before
    }

    /// Up to [`TURNS`] subscriptions that are behind and may be told, in turn.
    fn next_behind(&mut self) -> Vec<Uuid> {
        let is_answered =
            |call: &Option<Arc<Call<Client>>>| call.as_ref().is_none_or(|call| call.is_answered());
        let turns = self.all.range(self.next_turn..).chain(self.all.range(..self.next_turn));
        let turns = turns.filter(|(_, found)| found.behind && is_answered(&found.call));
        let turns: Vec<_> = turns.map(|(id, _)| *id).take(TURNS).collect();
        if let Some(last) = turns.last() {
            self.next_turn = Uuid::from_u128(last.as_u128().wrapping_add(1));
        }
        turns
    }
}

/// Handles [`InboxSubscribe`].
pub async fn subscribe(cx: Cx, params: InboxSubscribeParams) -> Result<InboxSubscribeResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let who = cx.caller().author.actor;
    cx.wake(&who).await;
    // What expires leaves the inbox at its time.
    cx.app.waits.keep_time(&cx.store()?);
    // In turn, as if it were a write: it begins between the writes sent before it and those after.
    let turn = cx.turn().await;
    let (page, position) = cx
        .read_in(&turn, |view_of| {
            check_epoch(&epoch, params.epoch.as_deref())?;
            let position = match params.as_of_seq {
                None => view_of.inbox_position(&who)?,
                Some(seq) => {
                    view_of.check_position(seq)?;
                    InboxPosition::before(seq)
                }
            };
            let (room, view) = (params.workroom_id.as_ref(), params.view.unwrap_or_default());
            Ok((Page::read(&view_of, &who, room, view, None, limit)?, position))
        })
        .await?;
    subscriptions::check_room(&cx.call.client)?;
    let id = cx.new_id();
    let subscription =
        Subscription { filter: page.filter, position, behind: true, call: Some(cx.call.clone()) };
    lock(&cx.call.client).all.insert(id, subscription);
    let (items, next_cursor) = page.cut(&epoch, limit);
    let (counts, as_of_seq) = (page.counts, page.as_of_seq);
    let subscription_id = SubscriptionId::from_uuid(id);
    Ok(InboxSubscribeResponse { subscription_id, epoch, items, next_cursor, counts, as_of_seq })
}

/// Handles `inbox/unsubscribe`.
pub async fn unsubscribe(cx: Cx, params: InboxUnsubscribeParams) -> Result<Empty> {
    let id = params.subscription_id;
    match id.uuid().and_then(|uuid| lock(&cx.call.client).all.remove(&uuid)) {
        Some(_) => Ok(Empty {}),
        None => Err(StoreError::NotFound { what: "subscription", id: id.to_string() }.into()),
    }
}

/// The subscriptions of a connection.
pub(super) fn lock(client: &Client) -> MutexGuard<'_, InboxSubscriptions> {
    client.inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells a connection of what changes in the inbox of its caller.
#[derive(Default)]
pub(super) struct InboxFeed {
    /// Up to where it has looked whether anything changed.
    looked: InboxPosition,
    /// Wakes when something that was put off comes back.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl InboxFeed {
    /// Puts changes into the outbox while it has room, and says whether it did anything.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        (app, store, client): (&App, &Store, &Client),
        caller: &Caller,
        sight: &Sight,
        committed: bool,
        outbox: &mut Outbox,
    ) -> store::Result<bool> {
        let mut subscriptions = lock(client);
        if subscriptions.is_empty() {
            self.alarm = None;
            return Ok(false);
        }
        let ended = subscriptions.end_unseen(sight, outbox);
        let who = &caller.author.actor;
        let rings = self.alarm.as_mut().is_some_and(|alarm| alarm.as_mut().poll(cx) == Poll::Ready(()));
        if committed || rings || self.alarm.is_none() {
            let (last, next) =
                store.read(Read::LATEST, |view| Ok((view.inbox_position(who)?, view.next_snoozed(who)?)))?;
            if last > self.looked {
                self.looked = last;
                subscriptions.all.values_mut().for_each(|found| found.behind = true);
            }
            self.set_alarm(cx, app, who, next);
        }
        let wanted = client.wants(InboxChanged::NAME);
        let mut told = false;
        for id in subscriptions.next_behind() {
            if outbox.bytes() >= MAX_WAITING_BYTES {
                break;
            }
            let Some(found) = subscriptions.all.get_mut(&id) else { continue };
            found.call = None;
            told |= wanted && tell(store, caller, id, found, outbox)?;
            found.behind &= wanted;
        }
        Ok(ended || told)
    }

    /// Takes back what was put off until now, and arranges to be woken for what comes next.
    fn set_alarm(&mut self, cx: &mut Context<'_>, app: &App, who: &Actor, next: Option<Timestamp>) {
        let now = app.now();
        let left = next.map(|next| next.millis().saturating_sub(now.millis()));
        let left = match left {
            Some(..=0) => {
                let sleeper = who.clone();
                app.note(move |tx| tx.wake_snoozed(&sleeper, now));
                TRY_AGAIN
            }
            Some(left) => Duration::from_millis(left.unsigned_abs()).min(LOOK_AGAIN),
            None => LOOK_AGAIN,
        };
        let mut alarm = Box::pin(sleep(left));
        if alarm.as_mut().poll(cx) == Poll::Ready(()) {
            cx.waker().wake_by_ref();
        }
        self.alarm = Some(alarm);
    }
}

/// Tells one subscription of the next changes, and says whether there were any.
fn tell(
    store: &Store,
    caller: &Caller,
    id: Uuid,
    found: &mut Subscription,
    outbox: &mut Outbox,
) -> store::Result<bool> {
    let access = caller.access(InboxSubscribe::NAME, InboxSubscribe::NEEDS);
    let who = &caller.author.actor;
    let (filter, position) = (found.filter, found.position);
    let (changes, counts, head, room) = store.read(Read::LATEST.seen_by(&access), |view| {
        // It may have been joined to another.
        let room = filter.workroom.map(|row| view.current_workroom(row)).transpose()?;
        let changes = view.inbox_changes(who, InboxFilter { workroom: room, ..filter }, position, CHANGES)?;
        Ok((changes, view.inbox_counts(who, room)?, view.head_seq()?, room))
    })?;
    found.filter.workroom = room;
    found.behind = changes.len() == CHANGES;
    let Some(last) = changes.last() else { return Ok(false) };
    found.position = last.position;
    let as_of_seq = if found.behind { last.position.seq() } else { head };
    let (mut items, mut removed) = (Vec::new(), Vec::new());
    for change in changes {
        match change.item {
            Some(item) => items.push(item),
            None => removed.push(change.thread_id),
        }
    }
    let subscription_id = SubscriptionId::from_uuid(id);
    push(&Changed { subscription_id, items, removed, counts, as_of_seq }, outbox)?;
    Ok(true)
}

fn push(params: &Changed, outbox: &mut Outbox) -> store::Result<()> {
    #[derive(Serialize)]
    struct Message<'a> {
        jsonrpc: &'static str,
        method: &'static str,
        params: &'a Changed,
    }
    let message = Message { jsonrpc: "2.0", method: InboxChanged::NAME, params };
    outbox.push(&[&serde_json::to_string(&message)?]);
    Ok(())
}
