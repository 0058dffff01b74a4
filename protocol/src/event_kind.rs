//! The kinds of events that can happen in a thread.

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

/// What happened. Clients can append the kinds of the first group; only the server writes those of the second group.
// Read and written by `exact_kind`, which keeps the numbers of `arguments`: serde reads a tagged union through a buffer
// that rounds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", tag = "event", rename_all = "snake_case")]
#[schemars(rename = "WorkroomEventKind")]
pub enum WorkroomEventKind {
    /// Somebody posted a message.
    Message {
        /// The text, in Markdown.
        content: String,
    },
    /// Somebody was mentioned.
    Mention {
        /// The handle of the person or agent mentioned.
        mentioned_user: String,
    },
    /// An agent started to use a tool.
    ToolCall {
        /// The tool.
        tool_name: String,
        /// What the tool is used for, in one line.
        summary: String,
        /// The agent's own id of the call, which its result repeats.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
    },
    /// A tool call finished.
    ToolResult {
        /// The tool.
        tool_name: String,
        /// Whether the call succeeded.
        success: bool,
        /// The result, in one line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
        /// The agent's own id of the call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
    },
    /// An agent requested permission to use a tool.
    ApprovalRequest {
        /// The tool.
        tool_name: String,
        /// What the tool is to be used for, in one line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
        /// The approval's id; set by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval_id: Option<ApprovalId>,
        /// How much harm the action could do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        risk: Option<ApprovalRisk>,
        /// The arguments for the tool.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<ExactJson>,
        /// Identifies the action as it was requested, see [`crate::approval::Approval::action_digest`]; set by the
        /// server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action_digest: Option<String>,
        /// The parts that are left out where the action is shown; set by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hidden: Option<HiddenParts>,
        /// The values of a decision's `scope` that the requester supports.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
        /// When the approval expires.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// An agent or a person linked a file for others to use.
    ArtifactLinked {
        /// The file's path in the workroom's folder.
        path: String,
        /// The kind of file, such as `patch`, `report` or `log`.
        kind: String,
        /// The artifact's id; set by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        artifact_id: Option<ArtifactId>,
        /// The title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// The size in bytes when the file was linked; measured by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
        /// The media type; derived by the server from the file name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
        /// The SHA-256 of the contents when the file was linked, in hex; measured by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
    },
    /// A task was completed.
    Receipt {
        /// What was done, for the person or agent that continues the work.
        summary: String,
        /// The `retry_requested` event that requested this attempt; set by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_of: Option<EventId>,
    },
    /// A task failed.
    Failure {
        /// What went wrong.
        error: String,
        /// The `retry_requested` event that requested this attempt; set by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_of: Option<EventId>,
        /// The number of this attempt, from 2 on; set by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
    },
    /// An agent cannot continue without a person.
    NeedsHuman {
        /// What the agent needs to know, or what a person needs to do.
        reason: String,
    },
    /// Work continued after a wait.
    Resumed {},
    /// An agent started to work.
    WorkerStarted {
        /// What it works on, in one line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },

    /// An approval reached its final state. Written by the server.
    ApprovalDecided {
        /// The approval.
        approval_id: ApprovalId,
        /// The event that requested it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_event_id: Option<EventId>,
        /// The final state.
        decision: ApprovalState,
        /// The reason, in the decider's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// How far the decision reaches, in the requester's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
        /// The program that the decider used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided_via: Option<String>,
        /// How the decision was made, as observed by the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided_how: Option<DecisionRecord>,
    },
    /// A reference was attached to the thread. Written by the server.
    RefAttached {
        /// The reference.
        #[serde(rename = "ref")]
        target: ExternalThreadRef,
        /// The label of the reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Whether this is the thread's primary reference.
        primary: bool,
    },
    /// A reference was detached from the thread. Written by the server.
    RefDetached {
        /// The reference.
        #[serde(rename = "ref")]
        target: ExternalThreadRef,
    },
    /// The workroom was created. Written by the server.
    WorkroomCreated {
        /// The title.
        title: String,
        /// Who created it.
        owner: String,
        /// The path of the folder with the files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workspace: Option<String>,
        /// The repository.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repo_identity: Option<RepoRef>,
        /// The branch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// Who may see it.
        visibility: WorkroomVisibility,
    },
    /// The workroom was changed, archived or unarchived. Written by the server.
    WorkroomUpdated {
        /// What changed.
        change: WorkroomChange,
    },
    /// The thread was created. Written by the server.
    ThreadCreated {
        /// The title.
        title: String,
        /// The kind of thread. (The name `kind` is taken by the event's own kind.)
        thread_kind: WorkroomThreadKind,
        /// The handles of the participants.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        participants: Vec<String>,
        /// The branch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
    /// The thread was changed, archived or unarchived. Written by the server.
    ThreadUpdated {
        /// The new title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The new participants.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        participants: Option<Vec<String>>,
        /// Whether the thread was archived (`true`) or unarchived (`false`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archived: Option<bool>,
    },
    /// A member of the workroom was added, changed or removed. Written by the server.
    MemberChanged {
        /// The member's handle.
        handle: String,
        /// The kind of actor; present when the member was added.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_kind: Option<ActorKind>,
        /// The member's new role; `null` if removed.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
        role: Patch<MemberRole>,
        /// The member's new display name.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
        display_name: Patch<String>,
    },
    /// A failure was dismissed. Written by the server.
    FailureDismissed {
        /// The failure.
        failure_event_id: EventId,
        /// The reason, in the words of the person or agent that dismissed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A retry was requested after a failure. Written by the server.
    RetryRequested {
        /// The failure.
        failure_event_id: EventId,
        /// The number of the attempt, from 2 on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// What to do differently, in the requester's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

/// The name of every event kind in JSON, in the order of [`WorkroomEventKind`], and whether clients can append it.
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

    /// A receipt without the fields that the server sets.
    pub fn receipt(summary: impl Into<String>) -> Self {
        Self::Receipt { summary: summary.into(), retry_of: None }
    }

    /// A failure without the fields that the server sets.
    pub fn failure(error: impl Into<String>) -> Self {
        Self::Failure { error: error.into(), retry_of: None, attempt: None }
    }

    /// An approval request without the fields that the server sets.
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

    /// The kind's name in JSON.
    pub fn name(&self) -> &'static str {
        EVENT_KINDS[self.index()].0
    }

    /// Whether clients can append this kind. The server writes the others itself.
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
