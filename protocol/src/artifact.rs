//! Artifacts: files of the workroom's folder that a thread points at. Their contents are never stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::id::{ArtifactId, EventId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// A file that a thread points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// Its id.
    pub artifact_id: ArtifactId,
    /// The thread that points at it.
    pub thread_id: ThreadId,
    /// The workroom of the thread.
    pub workroom_id: WorkroomId,
    /// The event that linked it.
    pub event_id: EventId,
    /// The position of that event.
    pub seq: u64,
    /// Its path, relative to the workroom's folder when it is inside.
    pub path: String,
    /// What it is, such as `patch`, `report` or `log`.
    pub kind: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its size in bytes when it was linked; absent when it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its media type, derived from its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The SHA-256 of its contents when it was linked, in hex; absent when it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why there is a size and no `sha256`: `too_large` for files of more than 256 MiB, which are not read through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_absent: Option<String>,
    /// When it was linked.
    pub linked_at: Timestamp,
    /// Who linked it.
    pub linked_by: Actor,
    /// Which agent and model linked it, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// Whether it was imported from another log, whose word it is who linked it and when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// A file to link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactLinkParams {
    /// The thread that shall point at it.
    pub thread_id: ThreadId,
    /// Its path: relative to the workroom's folder, or absolute inside it.
    pub path: String,
    /// What it is, such as `patch`, `report` or `log`.
    pub kind: String,
    /// What to call it.
    pub label: Option<String>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Which artifacts to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactListParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only those of this thread.
    pub thread_id: Option<ThreadId>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of artifacts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactListResponse {
    /// The artifacts.
    pub artifacts: Vec<Artifact>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which part of a file to read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactReadParams {
    /// The artifact.
    pub artifact_id: ArtifactId,
    /// The byte to begin at. Default: 0.
    pub offset: Option<u64>,
    /// How many bytes at most, 1 to 1 MiB. Default: 64 KiB.
    pub max_bytes: Option<u64>,
}

/// How `content` carries bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentEncoding {
    /// As they are.
    Utf8,
    /// In standard base64 with padding.
    Base64,
}

/// A part of a file as it is on disk now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactReadResponse {
    /// The artifact.
    pub artifact: Artifact,
    /// The part, `encoding` says how.
    pub content: String,
    /// How `content` carries bytes: `utf8` when the part is text that ends at whole characters.
    pub encoding: ContentEncoding,
    /// The byte the part begins at.
    pub offset: u64,
    /// Where the next part begins; absent at the end of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// The size of the file now, in bytes.
    pub size: u64,
    /// Whether the file differs from what was linked; absent when that cannot be told: it was not measured then, or it
    /// is too large to be read through and its size is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}
