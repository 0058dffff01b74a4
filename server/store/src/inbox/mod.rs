//! Inboxes in the store.
//!
//! Invariant: an item is a function of the log and of its member's state for the thread, and is never updated
//! incrementally. A change to either rebuilds the item in the same transaction. So `workroom check` can rebuild all of
//! them and compare.

mod actions;
mod item;
mod lists;
mod notices;
mod state;
mod tally;

pub use self::actions::Snooze;
pub(super) use self::actions::leave_nothing;
pub use self::lists::{InboxChange, InboxFilter, InboxPage, InboxPosition};
pub(super) use self::notices::{Effect, came, left, moved, observe, uncalled};
pub(super) use self::state::{
    SCHEMA as STATE_SCHEMA, copy as copy_state, is_known, level_of_workroom, rename, set_levels,
};

/// When something in an inbox changed: the head of the log, and a number that distinguishes changes at the same head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    changed: u64,
    turn: i64,
}

impl Mark {
    /// The mark of a change that an event makes.
    pub(super) fn of_event(seq: u64) -> Self {
        Self { changed: seq, turn: 0 }
    }
}
