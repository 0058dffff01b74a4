//! The wire protocol between Workroom and its clients.
//!
//! The two tables, [`methods`] and [`notifications`], are the source of everything else: the server's dispatch, the
//! JSON Schemas, the OpenRPC document, the TypeScript types and the method reference. The types keep the JSON of the
//! published crate `codewhale-protocol` 0.8.62, module `workroom`.
//!
//! This crate does no I/O.

#![cfg_attr(test, allow(clippy::expect_used, reason = "a test fails by panicking"))]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod actor;
pub mod approval;
pub mod approver;
pub mod artifact;
pub mod audit;
pub mod error;
pub mod event;
pub mod event_kind;
pub mod exact;
mod exact_kind;
pub mod external_ref;
pub mod failure;
pub mod id;
pub mod inbox;
pub mod json;
pub mod link;
pub mod member;
pub mod method;
pub mod methods;
pub mod notifications;
pub mod owner;
pub mod pasted;
pub mod patch;
pub mod presence;
pub mod resolve;
pub mod schema;
pub mod search;
pub mod server;
pub mod session;
pub mod strict;
pub mod thread;
pub mod time;
pub mod token;
pub mod workroom;

pub use error::ErrorKind;
pub use json::Json;
pub use link::WorkroomLink;
pub use method::{Method, Notification};
pub use time::Timestamp;
