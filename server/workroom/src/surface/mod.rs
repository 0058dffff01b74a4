//! The surfaces, which carry JSON-RPC or MCP messages to the same router.

pub mod mcp;
pub mod stdio;
