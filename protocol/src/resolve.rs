//! Bounded context: what an agent that was only handed a link needs to go on.

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

/// A link, and how much context it may cost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveParams {
    /// `codewhale://workroom/…`, the same with `workroom://`, the Markdown link of `workroom/link`, or the bare id of a
    /// workroom, thread or event; with or without what a text has around it.
    pub link: String,
    /// What the whole answer may cost, 200 to 100,000 tokens. Default: 2,000.
    /// A token is estimated as four ASCII characters, or as one character of any other script.
    pub max_tokens: Option<u32>,
    /// How many recent events at most, 0 to 200. Default: as many as fit.
    pub max_events: Option<u32>,
    /// In which form. Default: `both`.
    pub format: Option<ResolveFormat>,
}

/// In which form context is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolveFormat {
    /// The fields, without `markdown`.
    Json,
    /// `markdown`, with the other sections left empty.
    Markdown,
    /// The fields and `markdown`; together they keep within the budget.
    #[default]
    Both,
}

/// Everything that an agent which was only handed the link needs to go on, within a budget.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// What was linked to.
    pub link: WorkroomLink,
    /// The same as text.
    #[serde(default)]
    pub url: String,
    /// The workroom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workroom: Option<Workroom>,
    /// The title of the thread, when the link names one or an event of one.
    pub thread_title: Option<String>,
    /// The thread, when the link names one or an event of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<WorkroomThread>,
    /// What the thread is about.
    pub external_ref: Option<ExternalThreadRef>,
    /// Everything the thread refers to.
    #[serde(default)]
    pub external_refs: Vec<AttachedRef>,
    /// The threads of the workroom, newest activity first, when the link names no thread.
    #[serde(default)]
    pub threads: Vec<ThreadBrief>,
    /// Who took part, most recent first.
    #[serde(default)]
    pub participants: Vec<Participant>,
    /// What waits for a decision. Never cut.
    #[serde(default)]
    pub pending_approvals: Vec<OpenItem>,
    /// What waits for an answer of a person. Never cut.
    #[serde(default)]
    pub needs_human: Vec<OpenItem>,
    /// What failed and was neither done since nor dismissed. Never cut.
    #[serde(default)]
    pub open_failures: Vec<OpenItem>,
    /// How approvals were decided, newest first.
    #[serde(default)]
    pub decisions: Vec<OpenItem>,
    /// What was made, newest first.
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
    /// What was done, newest first.
    #[serde(default)]
    pub receipts: Vec<OpenItem>,
    /// The last things said and done, oldest first; around the event when the link names one.
    /// Only kinds of the published vocabulary, from `message` to `resumed`, besides the event that the link names.
    /// Long texts are clipped in the middle.
    pub recent_events: Vec<WorkroomEvent>,
    /// The last position of the log when the context was read.
    #[serde(default)]
    pub head_seq: u64,
    /// How many entries of a section were left out, by section.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub truncated: BTreeMap<String, u64>,
    /// The context as Markdown, to be pasted into a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
}

/// A thread in the context of its workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadBrief {
    /// Its id.
    pub id: ThreadId,
    /// What people call it.
    pub title: String,
    /// What state it is in.
    pub status: ThreadStatus,
    /// When the last event in it happened.
    pub updated_at: Timestamp,
}

/// Somebody who took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    /// Their handle.
    pub handle: String,
    /// What kind of being they are.
    pub kind: ActorKind,
    /// Which agent and model, when it is an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// How many events they caused.
    pub events: u64,
    /// The position of the last one.
    pub last_seq: u64,
}

/// An event that something follows from: a question, a failure, a decision, a receipt.
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
    /// Which agent and model produced it, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The tool that an approval is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// The approval that it asks for or decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// How much could go wrong with what is to be approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<ApprovalRisk>,
    /// When an approval expires by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Which attempt failed, from 2 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What it says, clipped in the middle when long.
    pub text: String,
}
