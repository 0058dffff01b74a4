//! Workrooms: the rooms that people and agents share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{EventId, ThreadId, WorkroomId};
use crate::patch::{self, Patch};
use crate::strict::Strict;
use crate::time::Timestamp;

/// A durable room of threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Workroom {
    /// Its id.
    pub id: WorkroomId,
    /// The title.
    pub title: String,
    /// The absolute path of the folder with the files.
    pub workspace: Option<String>,
    /// The GitHub repository.
    pub repo_identity: Option<RepoRef>,
    /// The branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The handle of its creator.
    pub owner: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last event in it happened.
    pub updated_at: Timestamp,
    /// Who may see it.
    pub visibility: WorkroomVisibility,
    /// When it was archived; absent if it is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Its link, `codewhale://workroom/wr_…`.
    #[serde(default)]
    pub link: String,
    /// The position in the log of the last event in it.
    #[serde(default)]
    pub head_seq: u64,
}

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RepoRef {
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The host; absent for github.com.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// Who may see a workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkroomVisibility {
    /// Only the local user.
    Private,
    /// Also callers with one of the listed tokens.
    Shared {
        /// The ids of tokens (`tok_…`), never their secrets.
        allowed_tokens: Vec<String>,
    },
}

/// A workroom in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomSummary {
    /// Its id.
    pub id: WorkroomId,
    /// The title.
    pub title: String,
    /// When the last event in it happened.
    pub updated_at: Timestamp,
    /// How many of its threads are active, waiting or failed.
    pub active_threads: usize,
    /// The absolute path of the folder with the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The GitHub repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo_identity: Option<RepoRef>,
    /// The branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// When it was archived; absent if it is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Its link.
    #[serde(default)]
    pub link: String,
    /// The position in the log of the last event in it.
    #[serde(default)]
    pub head_seq: u64,
}

/// A page of workrooms, newest activity first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomListResponse {
    /// The workrooms.
    pub workrooms: Vec<WorkroomSummary>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Changes to a workroom. An absent field did not change; `null` means that it was cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomChange {
    /// The new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The new folder.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
    pub workspace: Patch<String>,
    /// The new repository.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
    pub repo_identity: Patch<RepoRef>,
    /// The new branch.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::deserialize")]
    pub branch: Patch<String>,
    /// The new visibility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<WorkroomVisibility>,
    /// Whether the workroom was archived (`true`) or unarchived (`false`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The workroom that this one was merged into, and that now has its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<WorkroomId>,
    /// The workroom that was merged into this one, which now has its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<WorkroomId>,
}

/// A new workroom.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomCreateParams {
    /// The title. Default: the name of the repository, otherwise the name of the folder.
    pub title: Option<String>,
    /// The absolute path of the folder with the files. In a git checkout, it provides the defaults for repository,
    /// branch and title. Symbolic links in the path are resolved once, during this call. Everyone who can read the room
    /// can read the folder's files.
    pub workspace: Option<String>,
    /// Allow a `workspace` that is `/`, your home folder, or a folder that contains it. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_any_workspace: Option<bool>,
    /// The repository.
    pub repo_identity: Option<Strict<RepoRef>>,
    /// The branch.
    pub branch: Option<String>,
    /// Who may see it. Default: `private`.
    pub visibility: Option<Strict<WorkroomVisibility>>,
    /// Create a workroom even if the repository or folder of `workspace` already has one. Otherwise that is a
    /// `conflict`, and `data.existing` names the existing workroom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another: Option<bool>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// The repository or folder whose workroom to open.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomOpenParams {
    /// The absolute path of a folder. Any folder in a git checkout stands for its repository, including all worktrees;
    /// a folder without git stands for itself.
    pub workspace: String,
    /// The title for a new workroom. Default: the name of the repository, otherwise the name of the folder.
    pub title: Option<String>,
    /// Whether to create a missing workroom. Default: true. If `false` and there is no workroom, the error is
    /// `not_found`.
    pub create: Option<bool>,
    /// Create a workroom even for `/`, your home folder, or a folder that contains it. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_any_workspace: Option<bool>,
}

/// The workroom of a repository or folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomOpened {
    /// The workroom.
    pub workroom: Workroom,
    /// Whether this call created the workroom.
    pub created: bool,
    /// The branch that is checked out in the folder, for `thread/create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Other workrooms of the same repository, created by older versions or with `another`. `workroom/merge` merges
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<WorkroomName>,
}

/// The identity of a workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomName {
    /// Its id.
    pub id: WorkroomId,
    /// The title.
    pub title: String,
    /// Its link.
    pub link: String,
}

/// Workrooms to merge.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomMergeParams {
    /// The workroom whose threads move. From then on, its id and links refer to the other workroom.
    pub workroom_id: WorkroomId,
    /// The workroom that receives the threads.
    pub into: WorkroomId,
}

/// Filters for a list of workrooms.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomListParams {
    /// Return only workrooms whose title, repository, branch or folder contains this text, ignoring case.
    pub query: Option<String>,
    /// Return only workrooms with this folder.
    pub workspace: Option<String>,
    /// Return only workrooms with this repository, `owner/name`.
    pub repo: Option<String>,
    /// Include archived workrooms.
    #[serde(default)]
    pub include_archived: bool,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// The workroom to act on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomIdParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
}

/// Changes to a workroom. Absent fields stay unchanged; `null` clears a field.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomUpdateParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The new title.
    pub title: Option<String>,
    /// The new folder, an absolute path.
    #[serde(default, deserialize_with = "patch::deserialize", skip_serializing_if = "Option::is_none")]
    pub workspace: Patch<String>,
    /// Allow a `workspace` that is `/`, your home folder, or a folder that contains it. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_any_workspace: Option<bool>,
    /// The new repository.
    #[serde(default, deserialize_with = "patch::deserialize", skip_serializing_if = "Option::is_none")]
    pub repo_identity: Patch<Strict<RepoRef>>,
    /// The new branch.
    #[serde(default, deserialize_with = "patch::deserialize", skip_serializing_if = "Option::is_none")]
    pub branch: Patch<String>,
    /// Who may see it.
    pub visibility: Option<Strict<WorkroomVisibility>>,
}

/// The target of a link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomLinkParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// A thread in it.
    pub thread_id: Option<ThreadId>,
    /// An event in it.
    pub event_id: Option<EventId>,
}

/// A link for a person or an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkText {
    /// The link itself, `codewhale://workroom/…`.
    pub url: String,
    /// A Markdown link with the target's title.
    pub markdown: String,
}
