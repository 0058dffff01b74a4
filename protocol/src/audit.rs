//! The audit trail: who did what with which token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::approval::DecisionRecord;
use crate::id::{TokenId, WorkroomId};
use crate::time::Timestamp;

/// Something that was done, or refused. The trail has every write of every token's bearer, every connection made with
/// a token, every refusal, every decision, and everything done about members, tokens and the approver secret by anybody.
/// What was read is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// With which token; absent for the person at this machine and their agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<TokenId>,
    /// By whom.
    pub actor: Actor,
    /// The method that was called.
    pub method: String,
    /// What came of it: `ok`, or the kind of the error.
    pub outcome: String,
    /// The token that was made or revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_token_id: Option<TokenId>,
    /// The workroom of the events that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workroom_id: Option<WorkroomId>,
    /// The position of the first event that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seq: Option<u64>,
    /// The position of the last event that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<u64>,
    /// How the decision was made, when it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_how: Option<DecisionRecord>,
}

/// Which entries to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditListParams {
    /// Only what was done with this token, or to it.
    pub token_id: Option<TokenId>,
    /// Only what wrote events into this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of the trail, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditListResponse {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Go on from here; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
