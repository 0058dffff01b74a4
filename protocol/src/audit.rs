//! The audit trail, which records who did what and with which token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::approval::DecisionRecord;
use crate::id::{TokenId, WorkroomId};
use crate::time::Timestamp;

/// An action that was performed or refused. The trail records every write with a token, every connection made with a
/// token, every refusal, every decision, and every change to members, tokens and the approver secret by anybody. It
/// does not record reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When it happened.
    pub at: Timestamp,
    /// The token that was used; absent for the local user and their agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<TokenId>,
    /// Who did it.
    pub actor: Actor,
    /// The method that was called.
    pub method: String,
    /// The outcome: `ok`, or the kind of the error.
    pub outcome: String,
    /// The token that was created or revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_token_id: Option<TokenId>,
    /// The workroom of the events that the action wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workroom_id: Option<WorkroomId>,
    /// The position of the first event that the action wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seq: Option<u64>,
    /// The position of the last event that the action wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<u64>,
    /// For a decision: how it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_how: Option<DecisionRecord>,
}

/// Filters for the audit trail.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditListParams {
    /// Return only actions with this token, or on this token.
    pub token_id: Option<TokenId>,
    /// Return only actions that wrote events to this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of the audit trail, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditListResponse {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
