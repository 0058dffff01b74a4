//! Approvals and failures: requests, decisions, waiting and retries.

mod actions;
mod displays;
mod expiry;
mod failures;
mod lifecycle;
mod races;
mod secret;
mod waiting;

use crate::support::Server;
use serde_json::{Value, json};

/// Requests an approval.
#[track_caller]
fn ask(server: &mut Server, thread: &str) -> Value {
    server.ok("approval/request", json!({"thread_id": thread, "tool_name": "shell", "summary": "git push"}))
}

/// The params of a decision on an approval.
fn decision(approval: &Value, decision: &str) -> Value {
    json!({
        "approval_id": approval["approval_id"],
        "action_digest": approval["action_digest"],
        "decision": decision,
    })
}

/// The params of methods that take only the id of an approval.
fn id_of(approval: &Value) -> Value {
    json!({"approval_id": approval["approval_id"]})
}
