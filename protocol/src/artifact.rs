//! Artifacts: files in the workroom's folder that are linked to a thread. Their contents are never stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::id::{ArtifactId, EventId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// A file that is linked to a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// Its id.
    pub artifact_id: ArtifactId,
    /// The thread that the file is linked to.
    pub thread_id: ThreadId,
    /// The workroom of the thread.
    pub workroom_id: WorkroomId,
    /// The event that linked it.
    pub event_id: EventId,
    /// The position of that event in the log.
    pub seq: u64,
    /// The file's path. It is relative to the workroom's folder if the file is inside.
    pub path: String,
    /// The kind of file, such as `patch`, `report` or `log`.
    pub kind: String,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The size in bytes when the file was linked; absent if it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The media type, derived from the file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The SHA-256 of the contents when the file was linked, in hex; absent if it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why `size` is present without `sha256`: `too_large` for files over 256 MiB, which are not hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_absent: Option<String>,
    /// When the file was linked.
    pub linked_at: Timestamp,
    /// Who linked the file.
    pub linked_by: Actor,
    /// The agent and the model that linked the file; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// Whether the artifact was imported from another log. If so, that log is the only source for who linked it and
    /// when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// A file to link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactLinkParams {
    /// The thread to link the file to.
    pub thread_id: ThreadId,
    /// The file's path: relative to the workroom's folder, or absolute and inside it.
    pub path: String,
    /// The kind of file, such as `patch`, `report` or `log`.
    pub kind: String,
    /// The title.
    pub label: Option<String>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Filters for a list of artifacts.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactListParams {
    /// Return only artifacts in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Return only artifacts in this thread.
    pub thread_id: Option<ThreadId>,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of artifacts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactListResponse {
    /// The artifacts.
    pub artifacts: Vec<Artifact>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The part of a file to read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactReadParams {
    /// The artifact.
    pub artifact_id: ArtifactId,
    /// The offset of the first byte. Default: 0.
    pub offset: Option<u64>,
    /// The maximum number of bytes, 1 to 1 MiB. Default: 64 KiB.
    pub max_bytes: Option<u64>,
}

/// The encoding of `content`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentEncoding {
    /// UTF-8 text.
    Utf8,
    /// Standard base64 with padding.
    Base64,
}

/// A part of a file, as it is on disk now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactReadResponse {
    /// The artifact.
    pub artifact: Artifact,
    /// The content, encoded according to `encoding`.
    pub content: String,
    /// The encoding of `content`: `utf8` if the part is text that ends after a whole character.
    pub encoding: ContentEncoding,
    /// The offset of the first byte of this part.
    pub offset: u64,
    /// The offset of the next part; absent at the end of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// The current size of the file in bytes.
    pub size: u64,
    /// Whether the file changed since it was linked. Absent if the server cannot know: the file was not measured when
    /// it was linked, or it is too large to hash and has the same size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}
