//! Threads: the conversations of a workroom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::WorkroomEvent;
use crate::external_ref::{AttachedRef, ExternalThreadRef};
use crate::id::{ThreadId, WorkroomId};
use crate::json::Json;
use crate::strict::Strict;
use crate::time::Timestamp;

/// A conversation in a workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomThread {
    /// Its id.
    pub id: ThreadId,
    /// The workroom it belongs to.
    pub workroom_id: WorkroomId,
    /// The title.
    pub title: String,
    /// The kind of thread.
    pub kind: WorkroomThreadKind,
    /// The primary reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<ExternalThreadRef>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last event in it happened.
    #[serde(default = "epoch_start")]
    pub updated_at: Timestamp,
    /// The state, which follows from its events.
    #[serde(default)]
    pub status: ThreadStatus,
    /// When it was archived; absent if it is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Its link, `codewhale://workroom/wr_…/thread/thr_…`.
    #[serde(default)]
    pub link: String,
    /// All references, in the order in which they were attached.
    #[serde(default)]
    pub external_refs: Vec<AttachedRef>,
    /// The handles of the participants, as given when the thread was created or updated.
    #[serde(default)]
    pub participants: Vec<String>,
    /// The position in the log of the last event in it.
    #[serde(default)]
    pub head_seq: u64,
    /// The branch of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

fn epoch_start() -> Timestamp {
    Timestamp::from_millis(0)
}

/// The kind of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkroomThreadKind {
    /// A conversation that is open to all members.
    Channel,
    /// A direct conversation between a few members.
    DirectMessage,
    /// A task that an agent works on.
    AgentTask,
    /// A place for pending approvals.
    ApprovalQueue,
    /// A place for receipts.
    ReceiptLog,
}

/// The state of a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadStatus {
    /// The thread has no activity yet.
    #[default]
    Idle,
    /// Work or a conversation is in progress.
    Active,
    /// There is a pending approval or an open question.
    Waiting,
    /// There is an open failure, and no work has started since.
    Failed,
    /// The last task ended with a receipt.
    Completed,
    /// The thread was archived.
    Archived,
}

impl ThreadStatus {
    /// Whether lists count the thread as active: it is in progress, waiting or failed.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Active | Self::Waiting | Self::Failed)
    }
}

/// A new thread.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadCreateParams {
    /// The workroom to create it in.
    pub workroom_id: WorkroomId,
    /// The title.
    pub title: String,
    /// The kind of thread.
    pub kind: WorkroomThreadKind,
    /// The primary reference.
    pub external_ref: Option<Strict<ExternalThreadRef>>,
    /// The handles of the participants.
    pub participants: Option<Vec<String>>,
    /// The branch of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Filters for a list of threads.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadListParams {
    /// Return only threads in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// `true`: only threads that are active, waiting or failed. `false`: only the other threads. Absent: all threads
    /// that are not archived.
    pub active: Option<bool>,
    /// Return only threads of these kinds.
    pub kinds: Option<Vec<WorkroomThreadKind>>,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of threads, newest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadListResponse {
    /// The threads.
    pub threads: Vec<WorkroomThread>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The thread to read, and the part of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadReadParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// Return the newest events before this position that fit on the page. Cannot be combined with `after_seq`.
    pub before_seq: Option<u64>,
    /// Return the oldest events after this position that fit on the page. Cannot be combined with `before_seq`.
    pub after_seq: Option<u64>,
    /// The maximum number of events, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The maximum size of the events in bytes; a page has at least one event. Default and maximum: 1 MiB.
    pub max_bytes: Option<u64>,
}

/// A thread and a page of its events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ThreadReadResponse {
    /// The thread.
    pub thread: WorkroomThread,
    /// The events, oldest first. These are the newest events unless `after_seq` was given.
    pub events: Vec<Json<WorkroomEvent>>,
    /// The last position of the log when the page was read.
    pub head_seq: u64,
    /// Whether there are more events past the page, in the direction of reading.
    pub more: bool,
}

/// Changes to a thread. Absent fields stay unchanged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadUpdateParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The new title.
    pub title: Option<String>,
    /// The handles of the new participants.
    pub participants: Option<Vec<String>>,
}

/// The thread to act on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadIdParams {
    /// The thread.
    pub thread_id: ThreadId,
}

/// A reference to attach to a thread. Give exactly one of `ref` and `url`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadAttachRefParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The reference, or text that refers to it: a GitHub URL, `owner/repo#12`, `owner/repo@sha`, `#12`.
    #[serde(rename = "ref")]
    pub target: Option<RefInput>,
    /// Text that refers to it, usually a URL.
    pub url: Option<String>,
    /// The label.
    pub title: Option<String>,
    /// Whether this becomes the thread's primary reference. Default: only for the thread's first reference.
    pub primary: Option<bool>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// A reference as a client gives it: an object, or text to parse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RefInput {
    /// Text to parse, as a person would paste it.
    Text(String),
    /// A typed reference.
    Typed(Strict<ExternalThreadRef>),
}

// Written by hand, because a derived untagged enum reports "did not match any variant" instead of the invalid field.
impl<'de> Deserialize<'de> for RefInput {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self::Text(text)),
            value => Strict::deserialize(value).map(Self::Typed).map_err(serde::de::Error::custom),
        }
    }
}

/// A reference to detach from a thread. Give exactly one of `ref` and `url`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadDetachRefParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The reference, or text that refers to it.
    #[serde(rename = "ref")]
    pub target: Option<RefInput>,
    /// Text that refers to it, usually a URL.
    pub url: Option<String>,
}
