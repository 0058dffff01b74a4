//! How bytes arrive: each surface carries JSON-RPC to the same router.

pub mod mcp;
pub mod stdio;
