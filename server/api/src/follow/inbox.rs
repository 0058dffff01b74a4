//! Subscriptions to the inbox. Each is a position among its changes, never a queue.
//!
//! A notification carries the state of items. So a client that reads slowly receives one notification for an item that
//! changed often, and receiving the same state twice does no harm. One query finds whether anything changed in the
//! inbox of a connection's caller; only then does each of its subscriptions read on.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Sleep, sleep};
use uuid::Uuid;
use workroom_protocol::actor::Actor;
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::inbox::{InboxChanged as Changed, InboxSubscribeParams, InboxSubscribeResponse};
use workroom_protocol::methods::InboxSubscribe;
use workroom_protocol::notifications::InboxChanged;
use workroom_protocol::time::Timestamp;
use workroom_protocol::{Method, Notification};

use super::MAX_WAITING_BYTES;
use super::sight::Sight;
use super::turns::{Limited, Turns};
use crate::client::Client;
use crate::error::Result;
use crate::events::check_epoch;
use crate::inbox::Page;
use crate::{App, Caller, Cx, limits};
use workroom_rpc::outbox::Outbox;
use workroom_store::{self as store, InboxFilter, InboxPosition, Read, RoomKey, Store};

// The maximum number of changes in one notification. An item has a few kilobytes at most, so a notification fits into
// the outbox.
const CHANGES: usize = 50;
// How often the time is checked again, because a timer counts elapsed time and the system clock may be set.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
// How long to wait before retrying to end snoozes, if that failed when their time came.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The subscriptions of one connection to the inbox of its caller.
pub(super) type InboxSubscriptions = Turns<Subscription>;

/// A position among the changes of an inbox.
pub(super) struct Subscription {
    filter: InboxFilter,
    position: InboxPosition,
}

impl Limited for Subscription {
    fn room(&self) -> Option<RoomKey> {
        self.filter.workroom
    }
}

/// Handles [`InboxSubscribe`].
pub async fn subscribe(cx: Cx, params: InboxSubscribeParams) -> Result<InboxSubscribeResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let who = cx.caller().author.actor;
    cx.wake(&who).await;
    // Approvals that expire must leave the inbox on time.
    cx.app.waits.keep_time(&cx.store()?);
    // Runs in turn, like a write: the subscription begins between the writes sent before it and those sent after it.
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
    let id = {
        let mut follows = cx.follows();
        follows.check_room()?;
        let id = cx.new_id();
        follows.inbox.add(id, Subscription { filter: page.filter, position }, Some(cx.call.clone()));
        id
    };
    let (items, next_cursor) = page.cut(&epoch, limit);
    let (counts, as_of_seq) = (page.counts, page.as_of_seq);
    let subscription_id = SubscriptionId::from_uuid(id);
    Ok(InboxSubscribeResponse { subscription_id, epoch, items, next_cursor, counts, as_of_seq })
}

/// Notifies a connection of changes in the inbox of its caller.
#[derive(Default)]
pub(super) struct InboxFeed {
    /// The position up to which it has looked for changes.
    looked: InboxPosition,
    /// Wakes the connection when a snooze ends.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl InboxFeed {
    /// Puts changes into the outbox while it has room, and returns whether it did anything.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        (app, store, client): (&App, &Store, &Client),
        subscriptions: &mut InboxSubscriptions,
        (caller, sight): (&Caller, &Sight),
        committed: bool,
        outbox: &mut Outbox,
    ) -> store::Result<bool> {
        if subscriptions.is_empty() {
            self.alarm = None;
            return Ok(false);
        }
        let ended = !subscriptions.end_unseen(sight, outbox).is_empty();
        let who = &caller.author.actor;
        let rings = self.alarm.as_mut().is_some_and(|alarm| alarm.as_mut().poll(cx) == Poll::Ready(()));
        if committed || rings || self.alarm.is_none() {
            let (last, next) =
                store.read(Read::LATEST, |view| Ok((view.inbox_position(who)?, view.next_snoozed(who)?)))?;
            if last > self.looked {
                self.looked = last;
                subscriptions.all_fall_behind();
            }
            self.set_alarm(cx, app, who, next);
        }
        let wanted = client.wants(InboxChanged::NAME);
        let mut told = false;
        for id in subscriptions.next(|_| true) {
            if outbox.bytes() >= MAX_WAITING_BYTES {
                break;
            }
            let Some(subscription) = subscriptions.get_mut(id) else { continue };
            let sent = if wanted { tell(store, caller, id, subscription, outbox)? } else { Sent::default() };
            told |= sent.any;
            if !sent.more {
                subscriptions.catch_up(id);
            }
        }
        Ok(ended || told)
    }

    /// Ends the snoozes that are over, and sets the alarm for the next one.
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

/// The result of one turn of a subscription: whether it sent anything, and whether there may be more.
#[derive(Default)]
struct Sent {
    any: bool,
    more: bool,
}

/// Sends the next changes to one subscription.
fn tell(
    store: &Store,
    caller: &Caller,
    id: Uuid,
    found: &mut Subscription,
    outbox: &mut Outbox,
) -> store::Result<Sent> {
    let access = caller.access(InboxSubscribe::NAME, InboxSubscribe::NEEDS);
    let who = &caller.author.actor;
    let (filter, position) = (found.filter, found.position);
    let (changes, counts, head, room) = store.read(Read::LATEST.seen_by(&access), |view| {
        // The workroom may have been merged into another.
        let room = filter.workroom.map(|row| view.current_workroom(row)).transpose()?;
        let changes = view.inbox_changes(who, InboxFilter { workroom: room, ..filter }, position, CHANGES)?;
        Ok((changes, view.inbox_counts(who, room)?, view.head_seq()?, room))
    })?;
    found.filter.workroom = room;
    let more = changes.len() == CHANGES;
    let Some(last) = changes.last() else { return Ok(Sent::default()) };
    found.position = last.position;
    let as_of_seq = if more { last.position.seq() } else { head };
    let (mut items, mut removed) = (Vec::new(), Vec::new());
    for change in changes {
        match change.item {
            Some(item) => items.push(item),
            None => removed.push(change.thread_id),
        }
    }
    let subscription_id = SubscriptionId::from_uuid(id);
    push(&Changed { subscription_id, items, removed, counts, as_of_seq }, outbox)?;
    Ok(Sent { any: true, more })
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
