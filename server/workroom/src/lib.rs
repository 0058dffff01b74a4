//! Workroom's server: the rules, the store and the surfaces behind the `workroom` binary.

pub mod cli;
pub mod config;
pub mod surface;
