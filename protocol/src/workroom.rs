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
    /// What people call it.
    pub title: String,
    /// The absolute path of the folder that the work is on.
    pub workspace: Option<String>,
    /// The GitHub repository that the work is on.
    pub repo_identity: Option<RepoRef>,
    /// The branch that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The handle of whoever created it.
    pub owner: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last event in it happened.
    pub updated_at: Timestamp,
    /// Who may see it.
    pub visibility: WorkroomVisibility,
    /// When it was archived; absent while it is in use.
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
    /// The host it is on; absent for github.com.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// Who may see a workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkroomVisibility {
    /// Only the local user.
    Private,
    /// Also callers who bear one of the listed tokens.
    Shared {
        /// Ids of tokens (`tok_…`), never their secrets.
        allowed_tokens: Vec<String>,
    },
}

/// A workroom in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomSummary {
    /// Its id.
    pub id: WorkroomId,
    /// What people call it.
    pub title: String,
    /// When the last event in it happened.
    pub updated_at: Timestamp,
    /// How many of its threads are active, waiting or failed.
    pub active_threads: usize,
    /// The folder that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The GitHub repository that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo_identity: Option<RepoRef>,
    /// The branch that the work is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// When it was archived; absent while it is in use.
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
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What changed about a workroom. A field that is absent did not change; `null` cleared it.
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
    /// Whether it was archived or taken out of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The workroom that this one was joined to: its threads are there from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<WorkroomId>,
    /// The workroom that was joined to this one: its threads are here from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<WorkroomId>,
}

/// What a new workroom is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomCreateParams {
    /// What people call it. Default: the repository's name, else the folder's.
    pub title: Option<String>,
    /// The absolute path of the folder that the work is on.
    /// When it is in a git checkout, repository, branch and title default from it.
    pub workspace: Option<String>,
    /// The repository that the work is on.
    pub repo_identity: Option<Strict<RepoRef>>,
    /// The branch that the work is on.
    pub branch: Option<String>,
    /// Who may see it. Default: `private`.
    pub visibility: Option<Strict<WorkroomVisibility>>,
    /// Create one although the repository or folder of `workspace` has a workroom. Without it that is a `conflict`, whose
    /// `data.existing` names the workroom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another: Option<bool>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Which repository's workroom to open.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomOpenParams {
    /// The absolute path of a folder: any folder of a git checkout stands for its repository, with all its worktrees; a
    /// folder without git stands for itself.
    pub workspace: String,
    /// What people call the workroom, if one is created. Default: the repository's name, else the folder's.
    pub title: Option<String>,
    /// Whether to create the workroom when there is none. Default: true. Without one, `false` answers `not_found`.
    pub create: Option<bool>,
}

/// The workroom of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomOpened {
    /// The workroom.
    pub workroom: Workroom,
    /// Whether it was created by this call.
    pub created: bool,
    /// The branch that is checked out in the folder, for `thread/create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Further workrooms of the same repository, which older versions or `another` made. `workroom/merge` joins them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<WorkroomName>,
}

/// A workroom, as far as it takes to find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomName {
    /// Its id.
    pub id: WorkroomId,
    /// What people call it.
    pub title: String,
    /// Its link.
    pub link: String,
}

/// Which workrooms to join.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomMergeParams {
    /// The workroom whose threads move. Its id and links lead to the other one from then on.
    pub workroom_id: WorkroomId,
    /// The workroom that they move to.
    pub into: WorkroomId,
}

/// Which workrooms to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomListParams {
    /// Only those whose title, repository, branch or folder contains this text; case does not matter.
    pub query: Option<String>,
    /// Only those on this folder.
    pub workspace: Option<String>,
    /// Only those on this repository, `owner/name`.
    pub repo: Option<String>,
    /// Also those in the archive.
    #[serde(default)]
    pub include_archived: bool,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which workroom is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomIdParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
}

/// What to change about a workroom. A field that is absent stays; `null` clears it.
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
    /// The new repository.
    #[serde(default, deserialize_with = "patch::deserialize", skip_serializing_if = "Option::is_none")]
    pub repo_identity: Patch<Strict<RepoRef>>,
    /// The new branch.
    #[serde(default, deserialize_with = "patch::deserialize", skip_serializing_if = "Option::is_none")]
    pub branch: Patch<String>,
    /// Who may see it from now on.
    pub visibility: Option<Strict<WorkroomVisibility>>,
}

/// What to link to.
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

/// A link, ready to be handed to a person or an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkText {
    /// The link itself, `codewhale://workroom/…`.
    pub url: String,
    /// The same as a Markdown link with its title.
    pub markdown: String,
}
