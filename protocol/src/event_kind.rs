//! What can happen in a thread: the kinds of events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::ActorKind;
use crate::approval::{ApprovalRisk, ApprovalState, DecisionRecord, HiddenParts};
use crate::exact::ExactJson;
use crate::external_ref::ExternalThreadRef;
use crate::id::{ApprovalId, ArtifactId, EventId};
use crate::member::MemberRole;
use crate::patch::{self, Patch};
use crate::thread::WorkroomThreadKind;
use crate::time::Timestamp;
use crate::workroom::{RepoRef, WorkroomChange, WorkroomVisibility};

/// What happened. The first group is for clients to append; the second the server writes itself.
// Read and written by `exact_kind`, which keeps the numbers of `arguments`: serde reads a tagged union through a buffer
// that rounds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", tag = "event", rename_all = "snake_case")]
#[schemars(rename = "WorkroomEventKind")]
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
        /// The approval; the server sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval_id: Option<ApprovalId>,
        /// How much could go wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        risk: Option<ApprovalRisk>,
        /// What the tool would be called with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<ExactJson>,
        /// Identifies the action as it was asked for, see [`crate::approval::Approval::action_digest`]; the server
        /// sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action_digest: Option<String>,
        /// What the display of the action leaves out; the server sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hidden: Option<HiddenParts>,
        /// What `scope` of a decision the requester can honour.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
        /// When it expires by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
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
        /// The `retry_requested` event that asked for this attempt; the server sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_of: Option<EventId>,
    },
    /// A piece of work failed.
    Failure {
        /// What went wrong.
        error: String,
        /// The `retry_requested` event that asked for this attempt; the server sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_of: Option<EventId>,
        /// Which attempt this was, from 2 on; the server sets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
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
        /// How it ended.
        decision: ApprovalState,
        /// Why, in the decider's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// How far the decision reaches, in the requester's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
        /// The program that the decider used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided_via: Option<String>,
        /// How the decision was made, as the server saw it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided_how: Option<DecisionRecord>,
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
        /// The branch that the work is on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
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
        /// What kind of being they are, when they were added.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_kind: Option<ActorKind>,
        /// The member's role from now on; `null` when removed.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
        role: Patch<MemberRole>,
        /// What people call them from now on.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
        display_name: Patch<String>,
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
        /// Which attempt it is, from 2 on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// What to do differently, in the words of whoever asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
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

    /// A receipt as a client appends it.
    pub fn receipt(summary: impl Into<String>) -> Self {
        Self::Receipt { summary: summary.into(), retry_of: None }
    }

    /// A failure as a client appends it.
    pub fn failure(error: impl Into<String>) -> Self {
        Self::Failure { error: error.into(), retry_of: None, attempt: None }
    }

    /// A request for approval as a client appends it.
    pub fn approval_request(tool_name: impl Into<String>, summary: Option<String>) -> Self {
        Self::ApprovalRequest {
            tool_name: tool_name.into(),
            summary,
            approval_id: None,
            risk: None,
            arguments: None,
            action_digest: None,
            hidden: None,
            options: Vec::new(),
            expires_at: None,
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
