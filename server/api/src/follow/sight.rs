//! What the notifications of a connection may show.
//!
//! Each request checks its caller's access. Notifications have no request, so access is checked again after every
//! commit and when the token expires. A revoked token gets no notifications from then on.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Sleep, sleep};

use workroom_domain::access::{Credential, Principal};
use workroom_store::{Read, Result, RoomKey, SeenRooms, Store, StoreError};

/// What a connection may be shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    #[default]
    Whole,
    /// Events in some workrooms.
    Limited(SeenRooms),
    /// Nothing: the token is no longer valid.
    Ended,
}

impl Sight {
    /// Whether events in a workroom may be shown.
    pub fn shows(&self, workroom: RoomKey) -> bool {
        match self {
            Self::Whole => true,
            Self::Limited(seen) => seen.contains(workroom),
            Self::Ended => false,
        }
    }

    /// The workrooms that it is limited to.
    pub fn seen(&self) -> Option<&SeenRooms> {
        match self {
            Self::Limited(seen) => Some(seen),
            Self::Whole | Self::Ended => None,
        }
    }
}

// How often the time is checked again, because a timer counts elapsed time and the system clock may be set.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Keeps a connection's sight up to date.
#[derive(Default)]
pub struct Lookout {
    sight: Sight,
    /// Wakes the connection when the token expires.
    expiry: Option<Pin<Box<Sleep>>>,
    looked: bool,
}

impl Lookout {
    /// The sight, as of the last check.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Updates the sight if somebody has committed or the token may have expired. Returns whether it changed.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        store: &Store,
        principal: &Principal,
        committed: bool,
    ) -> Result<bool> {
        let Credential::Token(token) = principal.credential else { return Ok(false) };
        let woken = self.expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(cx) == Poll::Ready(()));
        if self.looked && !committed && !woken {
            return Ok(false);
        }
        let bearer = &principal.actor;
        let found = store
            .read(Read::LATEST, |view| Ok((view.rooms_of_token(token, bearer)?, view.token_expiry(token)?)));
        self.expiry = None;
        let sight = match found {
            Ok((seen, expires_at)) => {
                self.expiry = expires_at.map(|at| {
                    let now = store.now();
                    let left = Duration::from_millis(
                        at.millis().saturating_sub(now.millis()).try_into().unwrap_or(0),
                    );
                    Box::pin(sleep(left.min(LOOK_AGAIN)))
                });
                if let Some(expiry) = &mut self.expiry
                    && expiry.as_mut().poll(cx) == Poll::Ready(())
                {
                    // The token expired between the check and now.
                    cx.waker().wake_by_ref();
                }
                Sight::Limited(seen)
            }
            Err(StoreError::Unauthenticated(_)) => Sight::Ended,
            Err(error) => return Err(error),
        };
        self.looked = true;
        let is_other = sight != self.sight;
        self.sight = sight;
        Ok(is_other)
    }
}

/// The pending requests of a connection that may lose access to what they wait for.
#[derive(Debug, Default)]
pub struct Onlookers {
    count: AtomicUsize,
    sight: Notify,
}

impl Onlookers {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Adds a pending request, until the returned value is dropped.
    pub fn join(&self) -> Onlooker<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Onlooker(self)
    }

    /// Notifies all of them to check their access again.
    pub fn tell(&self) {
        self.sight.notify_waiters();
    }
}

/// A pending request.
pub struct Onlooker<'a>(&'a Onlookers);

impl Onlooker<'_> {
    /// Completes when the sight of the connection has changed since this call.
    pub fn sight_changed(&self) -> Notified<'_> {
        self.0.sight.notified()
    }
}

impl Drop for Onlooker<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}
