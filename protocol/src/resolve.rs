//! Bounded context: what an agent needs to continue the work when it has only a link.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, AgentAttribution};
use crate::approval::ApprovalRisk;
use crate::artifact::Artifact;
use crate::event::WorkroomEvent;
use crate::external_ref::{AttachedRef, ExternalThreadRef};
use crate::id::{ApprovalId, EventId, ThreadId};
use crate::link::WorkroomLink;
use crate::thread::{ThreadStatus, WorkroomThread};
use crate::time::Timestamp;
use crate::workroom::Workroom;

/// A link, and a budget for its context.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveParams {
    /// `codewhale://workroom/…`, `workroom://…`, the Markdown link of `workroom/link`, or the id of a workroom, thread
    /// or event. Text marks around it, such as quotes, are ignored.
    pub link: String,
    /// The budget for the whole response in tokens, 200 to 100,000. Default: 2,000. A token is estimated as four ASCII
    /// characters, or one character of any other script.
    pub max_tokens: Option<u32>,
    /// The maximum number of recent events, 0 to 200. Default: as many as fit.
    pub max_events: Option<u32>,
    /// The format of the context. Default: `both`.
    pub format: Option<ResolveFormat>,
}

/// The format of the context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolveFormat {
    /// The fields without `markdown`.
    Json,
    /// Only `markdown`; the other sections are empty.
    Markdown,
    /// The fields and `markdown`. Both together stay within the budget.
    #[default]
    Both,
}

/// The context of a link, within a budget: everything that an agent needs to continue the work.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The target of the link.
    pub link: WorkroomLink,
    /// The link as text.
    #[serde(default)]
    pub url: String,
    /// The workroom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workroom: Option<Workroom>,
    /// The title of the thread, if the link names a thread or an event in one.
    pub thread_title: Option<String>,
    /// The thread, if the link names a thread or an event in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<WorkroomThread>,
    /// The thread's primary reference.
    pub external_ref: Option<ExternalThreadRef>,
    /// All references of the thread.
    #[serde(default)]
    pub external_refs: Vec<AttachedRef>,
    /// The threads of the workroom, newest activity first, if the link names no thread.
    #[serde(default)]
    pub threads: Vec<ThreadBrief>,
    /// The participants, most recent first.
    #[serde(default)]
    pub participants: Vec<Participant>,
    /// The pending approvals. Never truncated.
    #[serde(default)]
    pub pending_approvals: Vec<OpenItem>,
    /// The open questions for a person. Never truncated.
    #[serde(default)]
    pub needs_human: Vec<OpenItem>,
    /// The failures that were neither resolved nor dismissed. Never truncated.
    #[serde(default)]
    pub open_failures: Vec<OpenItem>,
    /// The decisions on approvals, newest first.
    #[serde(default)]
    pub decisions: Vec<OpenItem>,
    /// The artifacts, newest first.
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
    /// The receipts, newest first.
    #[serde(default)]
    pub receipts: Vec<OpenItem>,
    /// The most recent events, oldest first; if the link names an event, the events around it. It has only the kinds of
    /// the published vocabulary, from `message` to `resumed`, and the event that the link names. Long texts are
    /// shortened in the middle.
    pub recent_events: Vec<WorkroomEvent>,
    /// The last position of the log when the context was read.
    #[serde(default)]
    pub head_seq: u64,
    /// How many entries were left out, by section.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub truncated: BTreeMap<String, u64>,
    /// The context as Markdown, to paste into a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
}

/// A thread in the context of its workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadBrief {
    /// Its id.
    pub id: ThreadId,
    /// The title.
    pub title: String,
    /// The state.
    pub status: ThreadStatus,
    /// When the last event in it happened.
    pub updated_at: Timestamp,
}

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    /// The handle.
    pub handle: String,
    /// The kind of actor.
    pub kind: ActorKind,
    /// The agent and its model; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// How many events they caused.
    pub events: u64,
    /// The position of the last one.
    pub last_seq: u64,
    /// Whether they took part in another log, from which these events were imported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// An event that matters for the next steps: a question, a failure, a decision or a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenItem {
    /// The event.
    pub event_id: EventId,
    /// Its position in the log.
    pub seq: u64,
    /// Its thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// When it was written.
    pub timestamp: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The agent and the model that produced it; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The tool that needs approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// The approval that it requests or decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// How much harm the action could do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<ApprovalRisk>,
    /// When the approval expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The number of the failed attempt, from 2 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Whether it was imported from another log. If so, that log is the only source for who caused it and when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// The text, shortened in the middle if it is long.
    pub text: String,
}
