//! What the rest of the server may ask of a store, and what it may rely on.
//!
//! Another arrangement of the same store, such as one with a shared log behind it, has to keep this contract.
//! `tests/contract.rs` checks it for every arrangement.
//!
//! # Reading
//!
//! [`Store::read`] runs a function on one consistent state and returns what the function returns. A [`Read`] says which
//! state, and for whom:
//!
//! * [`Read::LATEST`] sees everything that any process was told is committed before the read began.
//! * [`Read::shared`] may reuse the state of an earlier read of the same turn. It sees everything that was committed
//!   before the turn began, and everything that this process has committed since.
//! * [`Read::seen_by`] limits the read to what a caller sees, as of that same state. A token that is revoked or expired
//!   by then is [`StoreError::Unauthenticated`].
//!
//! A read that fails or panics leaves nothing open, and no read changes the store.
//!
//! # Writing
//!
//! [`Store::submit`] queues a job, and [`Submitted::committed`] waits until it is on disk. Jobs run in the order in which
//! they were queued. A job is kept as a whole or not at all, whatever becomes of the jobs that share its commit. A job
//! that is cancelled before it begins is not done. [`Tx::append`] gives each event the next position of the log: positions
//! have no gaps, and their order is the order of commits in every process.
//!
//! # Access
//!
//! Each lookup by an id that a caller gave enters with that caller: [`View::workroom`], [`View::thread`],
//! [`View::thread_place`], [`View::event`], [`View::event_place`], [`View::event_at`], [`View::approval`] and
//! [`View::artifact`]. What the caller does not see is [`StoreError::NotFound`], word for word like what does not exist.
//! What they see without the role that the method needs is [`StoreError::Forbidden`]. Lists leave out what the caller
//! does not see. `workroom_domain::access` decides both.
//!
//! A [`RoomKey`], a [`ThreadKey`] and an [`EventKey`] come from such a lookup or from a list. Functions that take one
//! therefore do not look at access again. Keys name nothing outside the process, and are not kept.
//!
//! # The log
//!
//! [`View::events_after`] and [`View::events_before`] return events as they were written. A page leaves out nothing that
//! its [`EventFilter`] asks for; a store that cannot promise that returns [`StoreError::Storage`]. Everything else that a
//! view returns is derived from the log in the transaction that appended to it, except what members did to their
//! inboxes, tokens, the audit trail, idempotency keys and the approver secret.
//!
//! # Following
//!
//! [`Store::follow`] reports every commit of every process, after the process that committed was answered. It reports
//! that something changed and not what: whoever follows reads on from the position that they have reached.

#[cfg(doc)]
use super::{EventFilter, EventKey, Read, RoomKey, Store, StoreError, Submitted, ThreadKey, Tx, View};
