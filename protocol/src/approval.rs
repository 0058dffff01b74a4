//! Approvals: an agent asks for leave, and somebody decides, exactly once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::approver::ApproverSecret;
use crate::exact::ExactJson;
use crate::id::{ApprovalId, EventId, SessionId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// How an approval stands. `pending` ends in one of the others, which are for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody has decided yet.
    Pending,
    /// The action may be done.
    Approved,
    /// The action must not be done.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// The requester, or somebody who may decide, took it back.
    Cancelled,
    /// The requester asked anew.
    Superseded,
}

impl ApprovalState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Approved, Self::Denied, Self::Expired, Self::Cancelled, Self::Superseded];

    /// The name of the state on the wire.
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

/// What a decider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalDecision {
    /// The action may be done.
    Approved,
    /// The action must not be done.
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

/// How much could go wrong, in the requester's judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalRisk {
    /// Nothing that matters.
    Low,
    /// Something that can be undone.
    Medium,
    /// Something that is hard to undo.
    High,
    /// Something that cannot be undone.
    Critical,
}

impl ApprovalRisk {
    /// The name of the risk on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// An action that somebody asks leave for, and what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// Its id.
    pub approval_id: ApprovalId,
    /// The workroom of its thread.
    pub workroom_id: WorkroomId,
    /// The thread that it was asked for in.
    pub thread_id: ThreadId,
    /// The `approval_request` event.
    pub event_id: EventId,
    /// The position of that event.
    pub seq: u64,
    /// Who asks. They cannot decide.
    pub requested_by: Actor,
    /// Which agent and model asks, when an agent does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The session of the agent that asks; absent for people, and in requests of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The tool that would be used.
    pub tool_name: String,
    /// What for.
    pub summary: String,
    /// How much could go wrong: what the requester says, and at least `high` when parts of the action are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<ApprovalRisk>,
    /// What the requester says of the risk, where `risk` is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_risk: Option<ApprovalRisk>,
    /// What the tool would be called with. Numbers keep every digit that the requester wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<ExactJson>,
    /// What is not shown here of the action, and will be done nevertheless when it is approved: secrets that were
    /// taken out. Absent when everything is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<HiddenParts>,
    /// Identifies the action as its requester sent it, hidden parts included. It is opaque: `hmac-sha256:` and an
    /// HMAC, in hex, with a key that never leaves the store. Approvals of earlier versions have their `shown_digest`
    /// here.
    pub action_digest: String,
    /// Identifies the action as it is shown here: `sha256:` and the SHA-256, in hex, of the JSON object with the
    /// members `arguments`, `risk`, `summary`, `thread_id` and `tool_name` as they stand here, `null` for those that
    /// are absent, without white space, with the members of every object sorted by their names' UTF-8 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_digest: Option<String>,
    /// What `scope` of a decision the requester can honour, in its own words, such as `once` or `session`.
    /// Empty when it knows none.
    #[serde(default)]
    pub options: Vec<String>,
    /// How it stands.
    pub state: ApprovalState,
    /// When it expires by itself; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who ended it: who decided or took it back; Workroom itself when it expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Actor>,
    /// The program that they used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_via: Option<String>,
    /// How the decision was made, as the server saw it. Absent when nobody decided, and for decisions of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_how: Option<DecisionRecord>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// What was decided; absent while it is pending, and when it ended without a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<ApprovalDecision>,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How far the decision reaches: one of `options`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// How a decision was made. The server records it; no field of a request sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRecord {
    /// The surface that the decision came through, such as `app-server` or `cli`.
    pub surface: String,
    /// Whether a person answered at a terminal. The command line sees that; no other surface does.
    pub terminal: bool,
    /// The coding agent that ran the deciding program, such as `claude-code`, as far as its environment and its
    /// ancestor processes show. An editor's terminal has one too, and so has a person's shell inside an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_host: Option<String>,
    /// Whether the approver secret was given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approver_secret: bool,
}

/// What the display of an action leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HiddenParts {
    /// In how many places.
    pub parts: u32,
    /// How many characters in all.
    pub characters: u64,
    /// What they seem to be, such as `token`, each kind once.
    pub kinds: Vec<String>,
}

/// An action to ask leave for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequestParams {
    /// The thread to ask in.
    pub thread_id: ThreadId,
    /// The tool that would be used.
    pub tool_name: String,
    /// What for: what whoever decides needs to know.
    pub summary: String,
    /// How much could go wrong.
    pub risk: Option<ApprovalRisk>,
    /// What the tool would be called with: any JSON, at most 64 KiB of it.
    pub arguments: Option<ExactJson>,
    /// What `scope` of a decision the requester can honour, in its own words, such as `once` or `session`.
    pub options: Option<Vec<String>>,
    /// When it expires by itself. Default: never.
    pub expires_at: Option<Timestamp>,
    /// A pending approval of the same requester in the same thread that this one takes the place of.
    pub supersedes: Option<ApprovalId>,
    /// A retry with the same key and the same body returns the first result: the approval as it was asked for.
    pub idempotency_key: Option<String>,
}

/// Which approval is meant.
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

/// Which approvals to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalListParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only those of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those that stand so. Default: all.
    pub states: Option<Vec<ApprovalState>>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of approvals, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalListResponse {
    /// The approvals.
    pub approvals: Vec<Approval>,
    /// Go on from here; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An approval to wait for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalWaitParams {
    /// The approval.
    pub approval_id: ApprovalId,
    /// Answer after this many milliseconds at the latest, with the approval as it then stands. Without it the wait
    /// lasts until the approval ends, the request is cancelled, or the connection's input ends.
    pub timeout_ms: Option<u64>,
    /// The same as in `approval/read`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_requester: bool,
}

/// A decision.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalDecideParams {
    /// The approval.
    pub approval_id: ApprovalId,
    /// What is decided.
    pub decision: ApprovalDecision,
    /// The `action_digest` of the approval that the decider saw; another one is a `conflict`.
    pub action_digest: String,
    /// The `shown_digest` of what the decider saw, for a client that computes it from what it has displayed; another
    /// one is a `conflict`.
    pub shown_digest: Option<String>,
    /// The approver secret, where one is set and this connection has not given it to `approver/unlock`.
    pub approver_secret: Option<ApproverSecret>,
    /// Why.
    pub reason: Option<String>,
    /// How far the decision reaches: one of the approval's `options`.
    pub scope: Option<String>,
}

/// An approval to take back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalCancelParams {
    /// The approval.
    pub approval_id: ApprovalId,
    /// Why.
    pub reason: Option<String>,
}
