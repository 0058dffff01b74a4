//! Events: what happened in a thread, and who caused it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::external_ref::ExternalThreadRef;
use crate::id::{ApprovalId, ArtifactId, EventId, SubscriptionId, ThreadId, WorkroomId};
use crate::json::Json;
use crate::patch::{self, Patch};
use crate::strict::Strict;
use crate::thread::WorkroomThreadKind;
use crate::time::Timestamp;
use crate::workroom::{RepoRef, WorkroomChange, WorkroomVisibility};

/// Something that happened, at one position of the log. Events never change and are never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomEvent {
    /// Its position in the log: increasing in commit order, without gaps.
    #[serde(default)]
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// The thread it belongs to; absent when it is about the workroom as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The workroom it belongs to.
    pub workroom_id: WorkroomId,
    /// When it was written.
    pub timestamp: Timestamp,
    /// What happened.
    pub kind: WorkroomEventKind,
    /// Who caused it.
    #[serde(default = "Actor::unknown")]
    pub actor: Actor,
    /// Which agent and model produced it, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The event of the same thread that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// How many secrets of each kind were taken out before it was stored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redactions: BTreeMap<String, u64>,
}

/// What happened. The first group is for clients to append; the second the server writes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WorkroomEventKind {
    /// Somebody said something.
    Message {
        /// What was said, in Markdown.
        content: String,
    },
    /// Somebody was asked to look.
    Mention {
        /// The handle of who is meant.
        mentioned_user: String,
    },
    /// An agent began to use a tool.
    ToolCall {
        /// The tool.
        tool_name: String,
        /// What it is used for, in a line.
        summary: String,
        /// The agent's own id of the call, which its result repeats.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
    },
    /// A tool came back.
    ToolResult {
        /// The tool.
        tool_name: String,
        /// Whether it did what it was used for.
        success: bool,
        /// What came out, in a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
        /// The agent's own id of the call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
    },
    /// An agent asks for leave to use a tool.
    ApprovalRequest {
        /// The tool.
        tool_name: String,
        /// What it would be used for, in a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },
    /// A file was made that others will want.
    ArtifactLinked {
        /// Its path in the workroom's folder.
        path: String,
        /// What it is, such as `patch`, `report` or `log`.
        kind: String,
        /// Its id; the server sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        artifact_id: Option<ArtifactId>,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// Its size in bytes when it was linked; the server measures it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
        /// Its media type; the server derives it from the name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
        /// The SHA-256 of its contents when it was linked, in hex; the server measures it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
    },
    /// A piece of work was done.
    Receipt {
        /// What was done, for whoever goes on from here.
        summary: String,
    },
    /// A piece of work failed.
    Failure {
        /// What went wrong.
        error: String,
    },
    /// An agent cannot go on without a person.
    NeedsHuman {
        /// What it needs to know or have done.
        reason: String,
    },
    /// Work goes on after a wait.
    Resumed {},
    /// An agent began to work.
    WorkerStarted {
        /// On what, in a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },

    /// An approval was decided. Written by the server.
    ApprovalDecided {
        /// The approval.
        approval_id: ApprovalId,
        /// The event that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_event_id: Option<EventId>,
        /// How it ended: `approved`, `denied`, `expired`, `cancelled` or `superseded`.
        decision: String,
        /// Why, in the decider's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A reference was attached to the thread. Written by the server.
    RefAttached {
        /// What was attached.
        #[serde(rename = "ref")]
        target: ExternalThreadRef,
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Whether the thread is about it.
        primary: bool,
    },
    /// A reference was taken off the thread. Written by the server.
    RefDetached {
        /// What was taken off.
        #[serde(rename = "ref")]
        target: ExternalThreadRef,
    },
    /// The workroom was created. Written by the server.
    WorkroomCreated {
        /// What people call it.
        title: String,
        /// Who created it.
        owner: String,
        /// The folder that the work is on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workspace: Option<String>,
        /// The repository that the work is on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repo_identity: Option<RepoRef>,
        /// The branch that the work is on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// Who may see it.
        visibility: WorkroomVisibility,
    },
    /// The workroom was changed, archived or taken out of the archive. Written by the server.
    WorkroomUpdated {
        /// What changed.
        change: WorkroomChange,
    },
    /// The thread was created. Written by the server.
    ThreadCreated {
        /// What people call it.
        title: String,
        /// What kind of thread it is. (`kind` would do, but is the word for the event's own kind.)
        thread_kind: WorkroomThreadKind,
        /// The handles of those it is for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        participants: Vec<String>,
    },
    /// The thread was changed, archived or taken out of the archive. Written by the server.
    ThreadUpdated {
        /// The new title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The new participants.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        participants: Option<Vec<String>>,
        /// Whether it was archived or taken out of the archive.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archived: Option<bool>,
    },
    /// A member of the workroom was added, changed or removed. Written by the server.
    MemberChanged {
        /// The member's handle.
        handle: String,
        /// The member's role from now on; `null` when removed.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
        role: Patch<String>,
    },
    /// A failure was set aside. Written by the server.
    FailureDismissed {
        /// The failure.
        failure_event_id: EventId,
        /// Why, in the words of whoever dismissed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Another attempt was asked for after a failure. Written by the server.
    RetryRequested {
        /// The failure.
        failure_event_id: EventId,
    },
}

/// The wire name of every event kind, in the order of [`WorkroomEventKind`], and whether clients may append it.
pub const EVENT_KINDS: &[(&str, bool)] = &[
    ("message", true),
    ("mention", true),
    ("tool_call", true),
    ("tool_result", true),
    ("approval_request", true),
    ("artifact_linked", true),
    ("receipt", true),
    ("failure", true),
    ("needs_human", true),
    ("resumed", true),
    ("worker_started", true),
    ("approval_decided", false),
    ("ref_attached", false),
    ("ref_detached", false),
    ("workroom_created", false),
    ("workroom_updated", false),
    ("thread_created", false),
    ("thread_updated", false),
    ("member_changed", false),
    ("failure_dismissed", false),
    ("retry_requested", false),
];

impl WorkroomEventKind {
    /// The position of the kind in [`EVENT_KINDS`].
    fn index(&self) -> usize {
        match self {
            Self::Message { .. } => 0,
            Self::Mention { .. } => 1,
            Self::ToolCall { .. } => 2,
            Self::ToolResult { .. } => 3,
            Self::ApprovalRequest { .. } => 4,
            Self::ArtifactLinked { .. } => 5,
            Self::Receipt { .. } => 6,
            Self::Failure { .. } => 7,
            Self::NeedsHuman { .. } => 8,
            Self::Resumed {} => 9,
            Self::WorkerStarted { .. } => 10,
            Self::ApprovalDecided { .. } => 11,
            Self::RefAttached { .. } => 12,
            Self::RefDetached { .. } => 13,
            Self::WorkroomCreated { .. } => 14,
            Self::WorkroomUpdated { .. } => 15,
            Self::ThreadCreated { .. } => 16,
            Self::ThreadUpdated { .. } => 17,
            Self::MemberChanged { .. } => 18,
            Self::FailureDismissed { .. } => 19,
            Self::RetryRequested { .. } => 20,
        }
    }

    /// The name of the kind on the wire.
    pub fn name(&self) -> &'static str {
        EVENT_KINDS[self.index()].0
    }

    /// Whether clients may append the kind; the server writes the others itself.
    pub fn is_for_clients(&self) -> bool {
        EVENT_KINDS[self.index()].1
    }
}

/// An event to append.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAppendParams {
    /// The thread to append to.
    pub thread_id: ThreadId,
    /// What happened. Kinds that the server writes itself are refused.
    pub kind: Strict<WorkroomEventKind>,
    /// The event of the same thread that this one answers.
    pub reply_to: Option<EventId>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Events to append together: all or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAppendBatchParams {
    /// The events, 1 to 1,000, in order.
    pub events: Vec<EventAppendParams>,
    /// A retry of the whole batch with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// One event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventResponse {
    /// The event.
    pub event: Json<WorkroomEvent>,
}

/// Several events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventsResponse {
    /// The events, in the order given.
    pub events: Vec<Json<WorkroomEvent>>,
}

/// Which event is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventReadParams {
    /// The event.
    pub event_id: EventId,
}

/// Which events to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventListParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only those of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// Only those after this position. Default: 0, from the beginning.
    pub after_seq: Option<u64>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// How many bytes of events at most, but at least one event. Default and most: 1 MiB.
    pub max_bytes: Option<u64>,
    /// The `epoch` that `after_seq` belongs to; another store's answers `cursor_expired`.
    pub epoch: Option<String>,
}

/// A page of events, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventListResponse {
    /// The events.
    pub events: Vec<Json<WorkroomEvent>>,
    /// The last position of the log when the page was read. When `more` is false, go on from here.
    pub head_seq: u64,
    /// Whether there are further events; go on with the last one's `seq`.
    pub more: bool,
}

/// Which events to be told of.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSubscribeParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only those of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// First those after this position, then live ones. Default: live ones only.
    pub after_seq: Option<u64>,
    /// The `epoch` that `after_seq` belongs to; another store's answers `cursor_expired`.
    pub epoch: Option<String>,
}

/// A subscription that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSubscribeResponse {
    /// What `event/appended` and `event/unsubscribe` call it.
    pub subscription_id: SubscriptionId,
    /// Names the store that positions belong to.
    pub epoch: String,
    /// The last position of the log when the subscription began.
    pub head_seq: u64,
}

/// Which subscription is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventUnsubscribeParams {
    /// The subscription.
    pub subscription_id: SubscriptionId,
}

/// An event that a subscription is about.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventAppended {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The event.
    pub event: Json<WorkroomEvent>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_kinds_is_that_of_the_type() {
        let schema = schemars::schema_for!(WorkroomEventKind);
        let variants = schema.as_value()["oneOf"].as_array().expect("a union");
        let names: Vec<_> =
            variants.iter().map(|v| v["properties"]["event"]["const"].as_str().expect("a tag")).collect();
        assert_eq!(names, EVENT_KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
