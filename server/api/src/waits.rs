//! Requests that wait for an approval to end, and approvals that end by expiring.
//!
//! Regardless of the number of waiters, each commit costs one read of what it ended, and wakes only the waiters for
//! that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::approval::Approval;
use workroom_protocol::id::ApprovalId;
use workroom_protocol::time::Timestamp;

use workroom_store::{self as store, EventFilter, KindSet, PageSize, Read, Scope, Store, ended_by};

/// The waiters, by approval and by their own numbers.
type Waiting = HashMap<Uuid, HashMap<u64, oneshot::Sender<Arc<Approval>>>>;

/// All requests in this process that wait for an approval to end.
#[derive(Default)]
pub struct Waits {
    waiting: Mutex<Waiting>,
    next: AtomicU64,
    following: AtomicBool,
    timed: AtomicBool,
}

/// A request that waits.
pub struct Waiter {
    waits: Arc<Waits>,
    approval: Uuid,
    number: u64,
    ended: oneshot::Receiver<Arc<Approval>>,
}

impl Waiter {
    /// Waits until the approval has ended, and returns its final state.
    pub async fn ended(&mut self) -> Arc<Approval> {
        match (&mut self.ended).await {
            Ok(approval) => approval,
            // The sender is dropped only when the process ends.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.waits.lock();
        if let Some(waiters) = waiting.get_mut(&self.approval) {
            waiters.remove(&self.number);
            if waiters.is_empty() {
                waiting.remove(&self.approval);
            }
        }
    }
}

impl Waits {
    /// Adds a waiter for an approval. The approval may have ended before.
    pub fn add(self: &Arc<Self>, store: &Arc<Store>, approval: Uuid) -> store::Result<Waiter> {
        if !self.following.swap(true, Ordering::AcqRel) {
            let position = store.read(Read::LATEST, |view| view.head_seq())?;
            tokio::spawn(follow(self.clone(), store.clone(), position));
        }
        let (ends, ended) = oneshot::channel();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().entry(approval).or_default().insert(number, ends);
        Ok(Waiter { waits: self.clone(), approval, number, ended })
    }

    /// From now on, records expiries when they happen, even without requests. Costs nothing while nothing can expire.
    pub fn keep_time(&self, store: &Arc<Store>) {
        if !self.timed.swap(true, Ordering::AcqRel) {
            tokio::spawn(keep_time(store.clone()));
        }
    }

    /// Notifies the waiters for an approval that it has ended. One read serves them all.
    fn wake(&self, store: &Store, id: Uuid) -> store::Result<()> {
        if !self.lock().contains_key(&id) {
            return Ok(());
        }
        let approval =
            Arc::new(store.read(Read::LATEST, |view| view.approval(&ApprovalId::from_uuid(id)))?.approval);
        for (_, ends) in self.lock().remove(&id).into_iter().flatten() {
            // The receiver no longer exists if the waiter has given up.
            let _ = ends.send(approval.clone());
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PAGE: PageSize = PageSize { limit: 256, max_bytes: 1024 * 1024 };
// How long to wait after an error, which the next attempt may not meet.
const TRY_AGAIN: Duration = Duration::from_secs(1);

async fn follow(waits: Arc<Waits>, store: Arc<Store>, mut position: u64) {
    let mut news = store.follow();
    loop {
        match wake_ended(&waits, &store, position) {
            Ok((upto, more)) => {
                position = upto;
                if more {
                    tokio::task::yield_now().await;
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "ended approvals cannot be read");
                tokio::time::sleep(TRY_AGAIN).await;
                continue;
            }
        }
        if news.changed().await.is_err() {
            return;
        }
    }
}

/// Wakes the waiters for everything that has ended after a position. Returns the position reached, and whether there is
/// more.
fn wake_ended(waits: &Waits, store: &Store, position: u64) -> store::Result<(u64, bool)> {
    let kinds = KindSet::of_names(["approval_decided"]).unwrap_or(KindSet::ALL);
    let filter = EventFilter { scope: Scope::All, kinds };
    let (events, more, head) = store.read(Read::LATEST, |view| {
        let head = view.head_seq()?;
        let (events, more) = view.events_after(&filter, position, head, PAGE)?;
        Ok((events, more, head))
    })?;
    for event in &events {
        if let Some(approval) = ended_by(&event.json.read()?) {
            waits.wake(store, approval)?;
        }
    }
    Ok((events.last().filter(|_| more).map_or(head, |last| last.seq), more))
}

// How often the time is checked, because a timer counts elapsed time and the system clock may be set.
const LOOK_EVERY: Duration = Duration::from_secs(1);

// The minimum time between checks after a write, which may have set an earlier expiry. Many writes cost one check,
// which delays none of them.
const LOOK_AFTER: Duration = Duration::from_millis(50);

async fn keep_time(store: Arc<Store>) {
    let mut news = store.follow();
    loop {
        let next = match store.read(Read::LATEST, |view| view.next_expiry()) {
            Ok(Some(next)) => next,
            Ok(None) => match news.changed().await {
                Ok(()) => {
                    tokio::time::sleep(LOOK_AFTER).await;
                    continue;
                }
                Err(_) => return,
            },
            Err(error) => {
                tracing::warn!(%error, "the next expiry cannot be read");
                tokio::time::sleep(TRY_AGAIN).await;
                continue;
            }
        };
        let left = left_until(&store, next);
        if !left.is_zero() {
            if tokio::time::timeout(left.min(LOOK_EVERY), news.changed()).await.is_ok() {
                tokio::time::sleep(left.min(LOOK_AFTER)).await;
            }
        } else if let Err(error) = expire(&store).await {
            // Another process may hold the lock for long, or the disk is full.
            tracing::warn!(%error, "expired approvals cannot be recorded");
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}

/// Records expiries, so that later reads do not depend on the clock.
pub async fn settle(store: &Store) -> store::Result<()> {
    match store.read(Read::LATEST.one_statement(), |view| view.next_expiry())? {
        Some(next) if left_until(store, next).is_zero() => expire(store).await,
        _ => Ok(()),
    }
}

// How long a read waits for the write that records expiries, because another process may hold the lock for long.
const MAX_SETTLING: Duration = Duration::from_secs(1);

/// Records expiries if that can be written soon. Readers continue either way: a store on a full disk is read as if the
/// expiries had been recorded.
pub async fn settle_or_go_on(store: &Store) {
    match tokio::time::timeout(MAX_SETTLING, expire(store)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "expired approvals cannot be recorded"),
        Err(_) => tracing::warn!("expired approvals are not recorded yet: the store is busy"),
    }
}

async fn expire(store: &Store) -> store::Result<()> {
    let more = |tx: &store::Tx<'_>| tx.expire_approvals();
    while store.submit(None, CancellationToken::new(), more).await?.committed().await? {}
    Ok(())
}

fn left_until(store: &Store, time: Timestamp) -> Duration {
    Duration::from_millis(time.millis().saturating_sub(store.now().millis()).try_into().unwrap_or(0))
}
