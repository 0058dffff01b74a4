//! The notifications of a subscription: all of them, or only that there are new ones.

use std::marker::PhantomData;

use tokio::sync::{mpsc, watch};
use workroom_protocol::event::SubscriptionEnded as Ended;
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::methods::{EventSubscribe, EventUnsubscribe, InboxSubscribe, InboxUnsubscribe};
use workroom_protocol::notifications::{EventAppended, InboxChanged, SubscriptionEnded};
use workroom_protocol::{Method, Notification};

use super::routes::Note;
use super::{Link, Peer};

/// A method that subscribes: its result and its notifications name the subscription as `subscription_id`.
pub trait Subscribes: Method {
    /// What the subscription sends.
    type Note: Notification;
    /// The method that ends it.
    type End: Method;
}

impl Subscribes for EventSubscribe {
    type Note = EventAppended;
    type End = EventUnsubscribe;
}

impl Subscribes for InboxSubscribe {
    type Note = InboxChanged;
    type End = InboxUnsubscribe;
}

/// Why a subscription has no next notification.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The other side has ended it.
    #[error("the subscription has ended: {}", .0.reason.name())]
    Ended(Ended),
    /// The notification does not have the shape of its method.
    #[error("the notification could not be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// The notifications of a subscription, and its connection.
#[derive(Debug)]
pub struct Subscription<M> {
    notes: mpsc::Receiver<Note>,
    _peer: Peer,
    of: PhantomData<fn() -> M>,
}

impl<M: Subscribes> Subscription<M> {
    pub(super) fn new(notes: mpsc::Receiver<Note>, peer: Peer) -> Self {
        Self { notes, _peer: peer, of: PhantomData }
    }

    /// Waits for the next notification; `None` when the connection has ended.
    ///
    /// # Errors
    /// See [`FollowError`].
    pub async fn next(&mut self) -> Result<Option<<M::Note as Notification>::Params>, FollowError> {
        loop {
            let Some(Note { method, params }) = self.notes.recv().await else { return Ok(None) };
            if method == M::Note::NAME {
                return Ok(Some(serde_json::from_str(params.get())?));
            }
            if method == SubscriptionEnded::NAME {
                return Err(FollowError::Ended(serde_json::from_str(params.get())?));
            }
            tracing::debug!(method, "a notification of another kind than the subscription's");
        }
    }
}

/// Reports that a subscription has new notifications. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Watch {
    changes: watch::Receiver<()>,
    id: SubscriptionId,
    end: &'static str,
    link: Link,
}

impl Watch {
    pub(super) fn new<M: Subscribes>(changes: watch::Receiver<()>, id: SubscriptionId, link: Link) -> Self {
        Self { changes, id, end: M::End::NAME, link }
    }

    /// Waits for the next notification, and returns whether there can be more.
    pub async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.link.unsubscribe(self.end, &self.id);
    }
}
