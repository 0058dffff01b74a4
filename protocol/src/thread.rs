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
    /// What people call it.
    pub title: String,
    /// What kind of thread it is.
    pub kind: WorkroomThreadKind,
    /// What it is about: the primary one of its references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<ExternalThreadRef>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last event in it happened.
    #[serde(default = "epoch_start")]
    pub updated_at: Timestamp,
    /// What state it is in; follows from its events.
    #[serde(default)]
    pub status: ThreadStatus,
    /// When it was archived; absent while it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Its link, `codewhale://workroom/wr_…/thread/thr_…`.
    #[serde(default)]
    pub link: String,
    /// Everything it refers to, in the order attached.
    #[serde(default)]
    pub external_refs: Vec<AttachedRef>,
    /// The handles of those it is for, as given when it was created or updated.
    #[serde(default)]
    pub participants: Vec<String>,
    /// The position in the log of the last event in it.
    #[serde(default)]
    pub head_seq: u64,
    /// The branch that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

fn epoch_start() -> Timestamp {
    Timestamp::from_millis(0)
}

/// What kind of thread it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkroomThreadKind {
    /// An open conversation.
    Channel,
    /// A conversation between a few.
    DirectMessage,
    /// A task that an agent works on.
    AgentTask,
    /// A place where approvals wait.
    ApprovalQueue,
    /// A place where receipts are kept.
    ReceiptLog,
}

/// What state a thread is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadStatus {
    /// Nothing was said or done yet.
    #[default]
    Idle,
    /// Somebody said or does something.
    Active,
    /// An approval or a question is open.
    Waiting,
    /// A failure is open, and no work has begun since.
    Failed,
    /// The last piece of work ended with a receipt.
    Completed,
    /// It was archived.
    Archived,
}

impl ThreadStatus {
    /// Whether the thread counts as active in lists: something is going on, waits or went wrong.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Active | Self::Waiting | Self::Failed)
    }
}

/// What a new thread is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadCreateParams {
    /// The workroom to create it in.
    pub workroom_id: WorkroomId,
    /// What people call it.
    pub title: String,
    /// What kind of thread it is.
    pub kind: WorkroomThreadKind,
    /// What it is about; becomes its primary reference.
    pub external_ref: Option<Strict<ExternalThreadRef>>,
    /// The handles of those it is for.
    pub participants: Option<Vec<String>>,
    /// The branch that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Which threads to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadListParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// `true`: only those that are active, waiting or failed. `false`: only the others.
    /// Absent: all but those in the archive.
    pub active: Option<bool>,
    /// Only those of these kinds.
    pub kinds: Option<Vec<WorkroomThreadKind>>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of threads, newest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadListResponse {
    /// The threads.
    pub threads: Vec<WorkroomThread>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which thread, and which part of it, to read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadReadParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The events before this position: the newest of them that fit. Not together with `after_seq`.
    pub before_seq: Option<u64>,
    /// The events after this position: the oldest of them that fit. Not together with `before_seq`.
    pub after_seq: Option<u64>,
    /// How many events at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// How many bytes of events at most, but at least one event. Default and most: 1 MiB.
    pub max_bytes: Option<u64>,
}

/// A thread and a page of its events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ThreadReadResponse {
    /// The thread.
    pub thread: WorkroomThread,
    /// The events, oldest first: the newest ones unless `after_seq` was given.
    pub events: Vec<Json<WorkroomEvent>>,
    /// The last position of the log when the page was read.
    pub head_seq: u64,
    /// Whether there are further events beyond the page, in the direction read.
    pub more: bool,
}

/// What to change about a thread. A field that is absent stays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadUpdateParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The new title.
    pub title: Option<String>,
    /// The handles of those it is for from now on.
    pub participants: Option<Vec<String>>,
}

/// Which thread is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadIdParams {
    /// The thread.
    pub thread_id: ThreadId,
}

/// What to attach to a thread. Exactly one of `ref` and `url` is given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadAttachRefParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// A reference, or what a person would paste: a GitHub URL, `owner/repo#12`, `owner/repo@sha`, `#12`.
    #[serde(rename = "ref")]
    pub target: Option<RefInput>,
    /// What a person would paste, in particular a URL.
    pub url: Option<String>,
    /// What to call it.
    pub title: Option<String>,
    /// Whether the thread is about it. Default: only when it is the thread's first.
    pub primary: Option<bool>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// A reference as a client gives it: typed, or a string that a person would paste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RefInput {
    /// What a person would paste.
    Text(String),
    /// A typed reference.
    Typed(Strict<ExternalThreadRef>),
}

// By hand, because an untagged derive would say "did not match any variant" and not which field is wrong.
impl<'de> Deserialize<'de> for RefInput {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self::Text(text)),
            value => Strict::deserialize(value).map(Self::Typed).map_err(serde::de::Error::custom),
        }
    }
}

/// What to take off a thread. Exactly one of `ref` and `url` is given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadDetachRefParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The reference, or what a person would paste for it.
    #[serde(rename = "ref")]
    pub target: Option<RefInput>,
    /// What a person would paste for it, in particular a URL.
    pub url: Option<String>,
}
