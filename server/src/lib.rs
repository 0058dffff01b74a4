//! Workroom's server: the rules, the store and the surfaces behind the `workroom` binary.

pub mod agent_host;
pub mod api;
pub mod checkout;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod redact;
pub mod rpc;
pub mod store;
pub mod surface;
#[cfg(unix)]
mod watched_fd;
pub mod workspace;
