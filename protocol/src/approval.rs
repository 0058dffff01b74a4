//! Approvals: an agent requests permission for an action, and a person decides exactly once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::approver::ApproverSecret;
use crate::exact::ExactJson;
use crate::id::{ApprovalId, EventId, SessionId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// The state of an approval. `pending` changes once into one of the other states, which are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody has decided yet.
    Pending,
    /// The action is allowed.
    Approved,
    /// The action is not allowed.
    Denied,
    /// The request expired before anybody decided.
    Expired,
    /// The requester, or a member who may decide, withdrew the request.
    Cancelled,
    /// The requester replaced it with a new request.
    Superseded,
}

impl ApprovalState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Approved, Self::Denied, Self::Expired, Self::Cancelled, Self::Superseded];

    /// The state's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
        }
    }
}

/// A decision about an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalDecision {
    /// The action is allowed.
    Approved,
    /// The action is not allowed.
    Denied,
}

impl From<ApprovalDecision> for ApprovalState {
    fn from(decision: ApprovalDecision) -> Self {
        match decision {
            ApprovalDecision::Approved => Self::Approved,
            ApprovalDecision::Denied => Self::Denied,
        }
    }
}

/// How much harm the action could do, as the requester rates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalRisk {
    /// No harm that matters.
    Low,
    /// Harm that can be undone.
    Medium,
    /// Harm that is hard to undo.
    High,
    /// Harm that cannot be undone.
    Critical,
}

impl ApprovalRisk {
    /// The risk's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// An action that needs permission, and the decision about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// Its id.
    pub approval_id: ApprovalId,
    /// The workroom of its thread.
    pub workroom_id: WorkroomId,
    /// The thread of the request.
    pub thread_id: ThreadId,
    /// The `approval_request` event.
    pub event_id: EventId,
    /// The position of that event in the log.
    pub seq: u64,
    /// The requester, who cannot decide this approval.
    pub requested_by: Actor,
    /// The requesting agent and its model; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The requester's agent session; absent for people, and in requests of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// When the approval was requested.
    pub requested_at: Timestamp,
    /// The tool to be used.
    pub tool_name: String,
    /// What the action does, and why.
    pub summary: String,
    /// How much harm the action could do: the requester's rating, raised to at least `high` when parts of the action
    /// are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<ApprovalRisk>,
    /// The requester's rating; present only when it differs from `risk`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_risk: Option<ApprovalRisk>,
    /// The arguments for the tool. Numbers keep every digit that the requester wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<ExactJson>,
    /// The parts of the action that are not shown here because they were redacted as secrets. They are still part of
    /// the action when it is approved. Absent when everything is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<HiddenParts>,
    /// Identifies the action as the requester sent it, including hidden parts. The value is opaque: `hmac-sha256:` and
    /// an HMAC in hex, whose key never leaves the store. For approvals of earlier versions this is their
    /// `shown_digest`.
    pub action_digest: String,
    /// Identifies the action as it is shown here: `sha256:` and a SHA-256 in hex. It is the digest of a JSON object
    /// with the members `arguments`, `risk`, `summary`, `thread_id` and `tool_name` with the values shown here, `null`
    /// for absent ones. The JSON has no white space, and the members of every object are sorted by the UTF-8 bytes of
    /// their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_digest: Option<String>,
    /// The values of a decision's `scope` that the requester supports, in its own words, such as `once` or `session`.
    /// Empty when it supports none.
    #[serde(default)]
    pub options: Vec<String>,
    /// The current state.
    pub state: ApprovalState,
    /// When the approval expires; absent when it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who decided or cancelled it. When it expired, this is the system actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Actor>,
    /// The program that was used for the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_via: Option<String>,
    /// How the decision was made, as observed by the server. Absent without a decision, and for decisions of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_how: Option<DecisionRecord>,
    /// When it reached its final state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// The decision; absent while pending, and when it ended without a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<ApprovalDecision>,
    /// The reason, in the decider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How far the decision reaches: one of `options`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// How a decision was made. The server records it; a request cannot set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRecord {
    /// The interface that the decision came through, such as `app-server` or `cli`.
    pub surface: String,
    /// Whether a person answered at a terminal. Only the command line can detect this; it is false for all other
    /// interfaces.
    pub terminal: bool,
    /// The coding agent that ran the deciding program, such as `claude-code`, as detected from environment variables
    /// and ancestor processes. It is also set for the built-in terminal of an editor, and for a shell that a person
    /// uses inside an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_host: Option<String>,
    /// Whether the decider gave the approver secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approver_secret: bool,
}

/// The parts that are left out where an action is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HiddenParts {
    /// The number of hidden parts.
    pub parts: u32,
    /// The total number of hidden characters.
    pub characters: u64,
    /// What the hidden parts seem to be, such as `token`. Each kind is listed once.
    pub kinds: Vec<String>,
}

/// An action that needs permission.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequestParams {
    /// The thread for the request.
    pub thread_id: ThreadId,
    /// The tool to be used.
    pub tool_name: String,
    /// What the action does, and why: what the decider needs to know.
    pub summary: String,
    /// How much harm the action could do.
    pub risk: Option<ApprovalRisk>,
    /// The arguments for the tool: any JSON, up to 64 KiB.
    pub arguments: Option<ExactJson>,
    /// The values of a decision's `scope` that the requester supports, in its own words, such as `once` or `session`.
    pub options: Option<Vec<String>>,
    /// When the approval expires. Default: never.
    pub expires_at: Option<Timestamp>,
    /// A pending approval of the same requester in the same thread, which this request replaces.
    pub supersedes: Option<ApprovalId>,
    /// A retry with the same key and the same body returns the first result: the approval as it was requested.
    pub idempotency_key: Option<String>,
}

/// The approval to act on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalIdParams {
    /// The approval.
    pub approval_id: ApprovalId,
    /// Refuse as `forbidden` unless the approval permits something to this caller: they requested it, or an earlier
    /// session of the same agent did, which has ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_requester: bool,
}

/// Filters for a list of approvals.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalListParams {
    /// Return only approvals in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Return only approvals in this thread.
    pub thread_id: Option<ThreadId>,
    /// Return only approvals in these states. Default: all states.
    pub states: Option<Vec<ApprovalState>>,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of approvals, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalListResponse {
    /// The approvals.
    pub approvals: Vec<Approval>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An approval to wait for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalWaitParams {
    /// The approval to wait for.
    pub approval_id: ApprovalId,
    /// The longest wait in milliseconds. When it has passed, the response is the approval in its current state. Without
    /// it, the wait lasts until the approval has a final state, the request is cancelled, or the connection's input
    /// ends.
    pub timeout_ms: Option<u64>,
    /// Refuse as `forbidden` unless the approval permits something to this caller, as in `approval/read`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_requester: bool,
}

/// A decision to record.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalDecideParams {
    /// The approval.
    pub approval_id: ApprovalId,
    /// The decision.
    pub decision: ApprovalDecision,
    /// The `action_digest` of the approval that the decider saw. If it does not match, the error is `conflict`.
    pub action_digest: String,
    /// The `shown_digest` of what the decider saw, for clients that compute it from what they displayed. If it does not
    /// match, the error is `conflict`.
    pub shown_digest: Option<String>,
    /// The approver secret. Required when one is set and this connection has not called `approver/unlock`.
    pub approver_secret: Option<ApproverSecret>,
    /// The reason.
    pub reason: Option<String>,
    /// How far the decision reaches: one of the approval's `options`.
    pub scope: Option<String>,
}

/// An approval to cancel.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalCancelParams {
    /// The approval.
    pub approval_id: ApprovalId,
    /// The reason.
    pub reason: Option<String>,
}
