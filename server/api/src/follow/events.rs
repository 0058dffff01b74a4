//! Subscriptions to events: cursors into the log.
//!
//! A subscription is either *live*, at the same position as all live ones, or *behind*, at a position of its own.
//! One read of the log serves all live ones; those behind read their own pages until they have caught up.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use uuid::Uuid;
use workroom_protocol::Notification;
use workroom_protocol::event::{EventSubscribeParams, EventSubscribeResponse};
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::notifications::EventAppended;

use super::MAX_WAITING_BYTES;
use super::sight::Sight;
use super::turns::{Limited, Turns};
use crate::client::Client;
use crate::error::Result;
use crate::events::{check_epoch, scope};
use crate::{Cx, limits};
use workroom_rpc::call::Call;
use workroom_rpc::outbox::Outbox;
use workroom_store::{
    self as store, EventFilter, KindSet, PageSize, Read, RoomKey, Scope, Store, StoredEvent, View,
};

/// The notification of an event.
pub(super) const NOTIFICATION: &str = EventAppended::NAME;

// The maximum number of events of one read for the live subscriptions, and of one turn of a subscription that is
// behind.
const LIVE_PAGE: PageSize = PageSize { limit: 256, max_bytes: 256 * 1024 };
const CATCH_UP_PAGE: PageSize = PageSize { limit: 64, max_bytes: 64 * 1024 };

/// The subscriptions of one connection to events.
#[derive(Default)]
pub(super) struct EventSubscriptions {
    turns: Turns<Subscription>,
    /// The live ones, by what they follow.
    live: HashMap<Scope, BTreeMap<Uuid, KindSet>>,
    /// The position of the live ones.
    position: u64,
}

pub(super) struct Subscription {
    pub(super) filter: EventFilter,
    /// The workroom that it is limited to.
    pub(super) workroom: Option<RoomKey>,
    /// Its position in the log, while it is behind.
    pub(super) position: u64,
}

impl Limited for Subscription {
    fn room(&self) -> Option<RoomKey> {
        self.workroom
    }
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

/// The events after the position of the live ones: one page, and the position at its end.
#[derive(Default)]
pub(super) struct News {
    events: Vec<StoredEvent>,
    head: u64,
}

/// A page of events, and whether there are more.
type Page = (Vec<StoredEvent>, bool);

impl EventSubscriptions {
    pub(super) fn len(&self) -> usize {
        self.turns.len()
    }

    pub(super) fn add(&mut self, id: Uuid, subscription: Subscription, call: Option<Arc<Call<Client>>>) {
        self.turns.add(id, subscription, call);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> bool {
        let Some(subscription) = self.turns.remove(id) else { return false };
        self.leave(id, subscription.filter.scope);
        true
    }

    fn join(&mut self, id: Uuid) {
        self.turns.catch_up(id);
        if let Some(subscription) = self.turns.get_mut(id) {
            let EventFilter { scope, kinds } = subscription.filter;
            self.live.entry(scope).or_default().insert(id, kinds);
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

    /// Moves subscriptions to one workroom to the workroom that it was merged into.
    fn follow_merge(&mut self, from: RoomKey, into: RoomKey) {
        for subscription in self.turns.values_mut() {
            subscription.move_to(from, into);
        }
        if let Some(live) = self.live.remove(&Scope::Workroom(from)) {
            self.live.entry(Scope::Workroom(into)).or_default().extend(live);
        }
    }

    /// Ends the subscriptions whose workroom the caller no longer sees, and returns whether there were any.
    pub(super) fn end_unseen(&mut self, sight: &Sight, outbox: &mut Outbox) -> bool {
        let ended = self.turns.end_unseen(sight, outbox);
        for (id, subscription) in &ended {
            self.leave(*id, subscription.filter.scope);
        }
        !ended.is_empty()
    }

    /// Reads from the position of the live ones.
    pub(super) fn read_live(&self, store: &Store, wanted: bool) -> store::Result<News> {
        if self.live.is_empty() || !wanted {
            return Ok(News { events: Vec::new(), head: store.read(Read::LATEST, |view| view.head_seq())? });
        }
        let all = EventFilter { scope: Scope::All, kinds: KindSet::ALL };
        let position = self.position;
        let (events, _) =
            store.read(Read::LATEST, |view| view.events_after(&all, position, i64::MAX as u64, LIVE_PAGE))?;
        let head = events.last().map_or(position, |last| last.seq);
        Ok(News { events, head })
    }

    /// Sends new events to the live ones, and returns whether their position moved.
    pub(super) fn tell_live(
        &mut self,
        store: &Store,
        news: &News,
        sight: &Sight,
        outbox: &mut Outbox,
    ) -> store::Result<bool> {
        for event in &news.events {
            self.tell(event, sight, outbox);
            if let Some(into) = merged(store, event)? {
                self.follow_merge(event.workroom, into);
            }
        }
        let moved = news.head > self.position;
        self.position = self.position.max(news.head);
        Ok(moved)
    }

    /// Sends one event to the live ones. Those for which the outbox has no room fall behind.
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
            if let Some(subscription) = self.turns.get_mut(id) {
                subscription.position = event.seq - 1;
                self.turns.fall_behind(id);
            }
        }
    }

    /// Gives a turn to subscriptions that are behind, and returns whether any moved.
    pub(super) fn catch_up(
        &mut self,
        store: &Store,
        sight: &Sight,
        wanted: bool,
        outbox: &mut Outbox,
    ) -> store::Result<bool> {
        let mut moved = false;
        let upto = self.position;
        // Subscriptions that fell behind together have the same position, and often the same filter.
        let mut last: Option<(EventFilter, u64, Page)> = None;
        // A subscription whose position is ahead of the live ones waits until these reach it.
        for id in self.turns.next(|subscription| subscription.position <= upto) {
            if outbox.bytes() >= MAX_WAITING_BYTES {
                break;
            }
            moved = true;
            let Some(subscription) = self.turns.get_mut(id) else { continue };
            if let Scope::Workroom(row) = subscription.filter.scope {
                // The workroom may have been merged into another while this subscription was behind.
                let into = store.read(Read::LATEST, |view| view.current_workroom(row))?;
                subscription.move_to(row, into);
            }
            let (filter, position) = (subscription.filter, subscription.position);
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
                Some(last) if *more => subscription.position = last.seq,
                _ => self.join(id),
            }
        }
        Ok(moved)
    }
}

fn push(id: Uuid, event: &StoredEvent, outbox: &mut Outbox) {
    // Prepared once, because every event is sent to every subscription.
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

/// Handles `event/subscribe`.
pub async fn subscribe(cx: Cx, params: EventSubscribeParams) -> Result<EventSubscribeResponse> {
    let kinds = limits::kinds(params.kinds.as_deref())?;
    let epoch = cx.store()?.epoch().to_owned();
    // Runs in turn, like a write: a live subscription begins between the writes sent before it and those sent after it.
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
    let mut follows = cx.follows();
    follows.check_room()?;
    let id = cx.new_id();
    follows.events.add(id, Subscription { filter, workroom, position }, Some(cx.call.clone()));
    Ok(EventSubscribeResponse { subscription_id: SubscriptionId::from_uuid(id), epoch, head_seq })
}

/// The workroom that this event's workroom was merged into, if the event is a merge.
fn merged(store: &Store, event: &StoredEvent) -> store::Result<Option<RoomKey>> {
    if event.kind != KindSet::of_names(["workroom_updated"]).unwrap_or(KindSet::ALL)
        || !event.json.text().contains("\"merged_into\"")
    {
        return Ok(None);
    }
    let into = store.read(Read::LATEST, |view| view.current_workroom(event.workroom))?;
    Ok(Some(into).filter(|into| *into != event.workroom))
}
