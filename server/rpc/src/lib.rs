//! JSON-RPC 2.0 over any byte stream. Independent of workrooms.
//!
//! `framing` splits bytes into messages, `envelope` parses a message, `router` calls its handler, `answer` is the
//! resulting response, `connection` connects these parts, and `outbox` holds what is to be written. `repair` reads
//! JSON as other programs write it. `peer` is the client.

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
