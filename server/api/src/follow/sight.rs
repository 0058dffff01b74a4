//! What the notifications of a connection may show, as long as it lasts.
//!
//! Requests look at each call at what their caller may see. Notifications come without a request, so they look whenever
//! somebody has committed, and when the token expires: a revoked token shows nothing from then on.

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
    /// What happens in some workrooms.
    Limited(SeenRooms),
    /// Nothing: the token is not good any more.
    Ended,
}

impl Sight {
    /// Whether what happens in a workroom may be shown.
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

// The clock of the machine may jump, and a timer counts the time that passes: it is looked at once more this often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Keeps what a connection may be shown up to date.
#[derive(Default)]
pub struct Lookout {
    sight: Sight,
    /// Wakes when the token expires.
    expiry: Option<Pin<Box<Sleep>>>,
    looked: bool,
}

impl Lookout {
    /// What may be shown, as of the last look.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Looks when somebody has committed since, or the token may have expired. Says whether there is another sight.
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
                    // It has expired between the look and now.
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

/// The requests of a connection that wait for something which they may lose sight of meanwhile.
#[derive(Debug, Default)]
pub struct Onlookers {
    count: AtomicUsize,
    sight: Notify,
}

impl Onlookers {
    /// Whether anybody waits.
    pub fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// One more that waits, for as long as the result lives.
    pub fn join(&self) -> Onlooker<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Onlooker(self)
    }

    /// Tells them all to look again.
    pub fn tell(&self) {
        self.sight.notify_waiters();
    }
}

/// One that waits.
pub struct Onlooker<'a>(&'a Onlookers);

impl Onlooker<'_> {
    /// Ends when the connection may be shown other things than at the call of this.
    pub fn sight_changed(&self) -> Notified<'_> {
        self.0.sight.notified()
    }
}

impl Drop for Onlooker<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}
