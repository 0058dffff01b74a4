//! The `workroom` program: the command line, and the servers for JSON-RPC and MCP.

pub mod cli;
pub mod config;
pub mod surface;
