//! Where notifications come from.

use std::task::Context;

use super::outbox::Outbox;

/// A source of notifications for one connection.
pub trait Pump {
    /// Puts notifications into the outbox while it has room, and says whether it put any.
    ///
    /// When it put none, it has arranged for `cx` to be woken once there is something.
    /// It keeps what does not fit as a position to go on from, never as a queue.
    fn poll_pump(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> bool;

    /// Hears that all requests that were received so far had their turn.
    fn turn_ended(&mut self) {}
}
