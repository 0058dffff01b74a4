//! The order of one connection's requests.
//!
//! Writes commit in the order in which they were sent, and a read sees every write that was sent before it. So a script
//! can send its requests without waiting for responses. Writes still share commits: only reads wait for them.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The writes of a connection that are in progress.
#[derive(Debug, Default)]
pub struct Order {
    open: Mutex<Open>,
    closed: Notify,
    /// Held while a write is prepared and queued. Waiters get it in the order in which they requested it.
    lane: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    writes: BTreeSet<u64>,
}

/// A write in progress, until it is dropped.
#[derive(Debug)]
pub struct Ticket<'a> {
    order: &'a Order,
    number: u64,
}

/// A write whose turn it is: all earlier ones are queued, and no later one is.
#[derive(Debug)]
pub struct Turn<'a> {
    ticket: Ticket<'a>,
    lane: tokio::sync::MutexGuard<'a, ()>,
}

impl Order {
    /// Begins a write. Must be called when the request is first polled, which happens in the order of the lines.
    pub fn begin(&self) -> Ticket<'_> {
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        open.writes.insert(number);
        Ticket { order: self, number }
    }

    /// Waits until every write that began before this call is done.
    pub async fn settled(&self) {
        let next = {
            let open = self.open();
            if open.writes.is_empty() {
                return;
            }
            open.next
        };
        self.settled_before(next).await;
    }

    async fn settled_before(&self, number: u64) {
        loop {
            let closed = self.closed.notified();
            if self.open().writes.first().is_none_or(|first| *first >= number) {
                return;
            }
            closed.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Ticket<'a> {
    /// Waits until earlier writes are queued, and blocks later ones while the turn lasts.
    pub async fn turn(self) -> Turn<'a> {
        let lane = self.order.lane.lock().await;
        Turn { ticket: self, lane }
    }
}

impl<'a> Turn<'a> {
    /// Waits until every write before this one is done.
    pub async fn settled(&self) {
        self.ticket.order.settled_before(self.ticket.number).await;
    }

    /// Lets later writes be queued. This write stays in progress for as long as the ticket lives.
    pub fn queued(self) -> Ticket<'a> {
        drop(self.lane);
        self.ticket
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.order.open().writes.remove(&self.number);
        self.order.closed.notify_waiters();
    }
}
