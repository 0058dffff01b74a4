//! JSON-RPC 2.0 over any byte stream. Knows nothing of workrooms.
//!
//! `framing` finds messages in bytes, `envelope` says what a message is, `router` calls its handler, `answer` is what comes of it,
//! `connection` holds it all together, `outbox` is what waits to be written; `repair` reads JSON as others write it.
//! `peer` is the client of such a connection.

pub mod answer;
pub mod batch;
pub mod call;
pub mod calls;
pub mod connection;
pub mod envelope;
pub mod error;
pub mod framing;
pub mod outbox;
pub mod params;
pub mod parking;
pub mod peer;
pub mod pump;
pub mod repair;
pub mod router;
