//! End-to-end tests, which drive the real binary like a client. Each area has its module.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

#[cfg(unix)]
mod agents;
mod approvals;
mod architecture;
#[cfg(unix)]
mod capture;
mod cli;
mod context;
mod documents;
mod durability;
mod editors;
mod english;
mod every_method;
mod flood;
mod flow;
mod framing;
mod hooks;
mod hosts;
mod inbox;
mod initialize;
mod jsonrpc;
mod mcp;
mod params;
mod people;
mod projections;
mod proof;
mod rooms;
mod secrets;
mod several_processes;
mod stdio;
mod subscriptions;
#[cfg(unix)]
mod transcripts;
mod typescript;
