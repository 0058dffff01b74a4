//! The scheduler of subscriptions: gives turns, round-robin, to those with something to send.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;
use workroom_protocol::ErrorKind;
use workroom_rpc::call::Call;
use workroom_rpc::outbox::Outbox;

use super::push_ended;
use super::sight::Sight;
use crate::client::Client;
use workroom_store::RoomKey;

// How many subscriptions get a turn before finished calls are collected again.
const TURNS: usize = 64;

/// The subscriptions of one connection to one source. `T` is the source's data for each.
pub struct Turns<T> {
    all: HashMap<Uuid, Entry<T>>,
    /// Those that may have something to send.
    behind: BTreeSet<Uuid>,
    next: Uuid,
}

struct Entry<T> {
    subscription: T,
    /// The call that subscribed, until it is answered: notifications must follow the response.
    call: Option<Arc<Call<Client>>>,
}

/// What the scheduler needs from a subscription.
pub trait Limited {
    /// The workroom that the subscription is limited to.
    fn room(&self) -> Option<RoomKey>;
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { all: HashMap::new(), behind: BTreeSet::new(), next: Uuid::nil() }
    }
}

impl<T: Limited> Turns<T> {
    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds a subscription, which is behind. Its first turn comes once the call that created it is answered.
    pub fn add(&mut self, id: Uuid, subscription: T, call: Option<Arc<Call<Client>>>) {
        self.all.insert(id, Entry { subscription, call });
        self.behind.insert(id);
    }

    pub fn remove(&mut self, id: Uuid) -> Option<T> {
        self.behind.remove(&id);
        self.all.remove(&id).map(|entry| entry.subscription)
    }

    pub fn get_mut(&mut self, id: Uuid) -> Option<&mut T> {
        self.all.get_mut(&id).map(|entry| &mut entry.subscription)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.all.values_mut().map(|entry| &mut entry.subscription)
    }

    pub fn fall_behind(&mut self, id: Uuid) {
        self.behind.insert(id);
    }

    pub fn all_fall_behind(&mut self) {
        self.behind.extend(self.all.keys());
    }

    pub fn catch_up(&mut self, id: Uuid) {
        self.behind.remove(&id);
    }

    /// Up to [`TURNS`] subscriptions, in turn, that are behind, whose call is answered, and that are `ready`.
    pub fn next(&mut self, ready: impl Fn(&T) -> bool) -> Vec<Uuid> {
        let round = self.behind.range(self.next..).chain(self.behind.range(..self.next));
        let ready = |id: &Uuid| {
            self.all.get(id).is_some_and(|entry| {
                entry.call.as_ref().is_none_or(|call| call.is_answered()) && ready(&entry.subscription)
            })
        };
        let turns: Vec<_> = round.copied().filter(ready).take(TURNS).collect();
        if let Some(last) = turns.last() {
            self.next = Uuid::from_u128(last.as_u128().wrapping_add(1));
        }
        for id in &turns {
            if let Some(entry) = self.all.get_mut(id) {
                entry.call = None;
            }
        }
        turns
    }

    /// Ends the subscriptions whose workroom the caller no longer sees, sends the client the reason, and returns them.
    pub fn end_unseen(&mut self, sight: &Sight, outbox: &mut Outbox) -> Vec<(Uuid, T)> {
        let reason = match sight {
            Sight::Whole => return Vec::new(),
            Sight::Limited(_) => ErrorKind::NotFound,
            Sight::Ended => ErrorKind::Unauthenticated,
        };
        let unseen = |entry: &Entry<T>| match sight {
            Sight::Ended => true,
            sight => entry.subscription.room().is_some_and(|room| !sight.shows(room)),
        };
        let ended: Vec<_> = self.all.iter().filter(|(_, entry)| unseen(entry)).map(|(id, _)| *id).collect();
        ended
            .into_iter()
            .filter_map(|id| {
                push_ended(id, reason, outbox);
                self.remove(id).map(|subscription| (id, subscription))
            })
            .collect()
    }
}
