//! What the rest of the server may request from a store, and what it may rely on.
//!
//! Any other arrangement of the store, such as one with a shared log behind it, must keep this contract.
//! `tests/contract.rs` checks it for every arrangement.
//!
//! # Reading
//!
//! [`Store::read`] runs a function on one consistent state and returns the function's result. A [`Read`] selects the
//! state and the caller:
//!
//! * [`Read::LATEST`] sees every commit that any process was informed of before the read began.
//! * [`Read::shared`] may reuse the state of an earlier read of the same turn. It sees everything that was committed
//!   before the turn began, and everything that this process has committed since.
//! * [`Read::seen_by`] limits the read to what a caller sees in that same state. If the caller's token is revoked or
//!   expired by then, the read fails with [`StoreError::Unauthenticated`].
//!
//! A read that fails or panics leaves no transaction open, and no read changes the store.
//!
//! # Writing
//!
//! [`Store::submit`] queues a job, and [`Submitted::committed`] waits until it is on disk. Jobs run in the order in
//! which they were queued. A job is committed as a whole or not at all, even if other jobs in the same commit fail. A
//! job that is cancelled before it begins does not run. [`Tx::append`] gives each event the next position of the log:
//! positions have no gaps, and every process commits in their order.
//!
//! # Access
//!
//! Each lookup by an id that a caller gave checks that caller's access: [`View::workroom`], [`View::thread`],
//! [`View::thread_place`], [`View::event`], [`View::event_place`], [`View::event_at`], [`View::approval`] and
//! [`View::artifact`]. If the caller does not see the object, the error is [`StoreError::NotFound`], with the same text
//! as for an object that does not exist. If they see it without the role that the method requires, the error is
//! [`StoreError::Forbidden`]. Lists omit what the caller does not see. `workroom_domain::access` decides both.
//!
//! A [`RoomKey`], a [`ThreadKey`] and an [`EventKey`] come from such a lookup or from a list. Functions that take a key
//! therefore do not check access again. Keys have no meaning outside the process and are not stored.
//!
//! # The log
//!
//! [`View::events_after`] and [`View::events_before`] return events as they were written. A page omits nothing that its
//! [`EventFilter`] selects; a store that cannot guarantee that returns [`StoreError::Storage`]. Everything else that a
//! view returns is derived from the log in the transaction that appended to it. The exceptions are members' changes to
//! their inboxes, tokens, the audit trail, idempotency keys and the approver secret.
//!
//! # Following
//!
//! [`Store::follow`] reports every commit of every process, after the committing process has answered its callers. It
//! reports that something changed, not what: a follower reads on from its own position.

#[cfg(doc)]
use super::{EventFilter, EventKey, Read, RoomKey, Store, StoreError, Submitted, ThreadKey, Tx, View};
