//! The source of notifications.

use std::task::Context;

use super::outbox::Outbox;

/// A source of notifications for one connection.
pub trait Pump {
    /// Puts notifications into the outbox while it has room, and returns whether it put any.
    ///
    /// If it put none, it has arranged for `cx` to be woken when there are some. It remembers what did not fit as a
    /// position from which to continue, never as a queue.
    fn poll_pump(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> bool;

    /// Called after every request received so far had its turn.
    fn turn_ended(&mut self) {}
}
