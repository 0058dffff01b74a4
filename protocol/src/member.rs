//! Members: who belongs to a workroom, and what they may do in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind};
use crate::approver::ApproverSecret;
use crate::id::WorkroomId;
use crate::patch::{self, Patch};
use crate::time::Timestamp;

/// What a member may do in a workroom. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Reads.
    Viewer,
    /// Creates threads and appends events.
    Contributor,
    /// Decides approvals, changes the workroom, adds members.
    Maintainer,
    /// Says who may see the workroom, and who else owns it.
    Owner,
}

impl MemberRole {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Contributor, Self::Maintainer, Self::Owner];

    /// The name of the role on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Contributor => "contributor",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Somebody who belongs to a workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// What they are mentioned by, without the `@`. Upper and lower case do not make two handles.
    pub handle: String,
    /// What kind of being they are.
    pub kind: ActorKind,
    /// What they may do.
    pub role: MemberRole,
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// When they came.
    pub added_at: Timestamp,
    /// Who let them in: themselves for whoever created the workroom, and for an agent that came with the person at
    /// this machine.
    pub added_by: Actor,
}

/// Whose members to list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberListParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of members, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberListResponse {
    /// The members.
    pub members: Vec<Member>,
    /// Go on from here; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A member to add.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberAddParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// What they are mentioned by, with or without the `@`.
    pub handle: String,
    /// What kind of being they are: `human`, `agent` or `bridge`.
    pub kind: ActorKind,
    /// What they may do: not more than whoever adds them may.
    pub role: MemberRole,
    /// What people call them.
    pub display_name: Option<String>,
    /// The approver secret. The local owner needs it, where one is set and this connection has not given it to
    /// `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
    pub approver_secret: Option<ApproverSecret>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// What to change of a member.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberUpdateParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The member.
    pub handle: String,
    /// What they may do from now on.
    pub role: Option<MemberRole>,
    /// What people call them from now on; `null` for nothing but their handle.
    #[serde(default, deserialize_with = "patch::deserialize", skip_serializing_if = "Option::is_none")]
    pub display_name: Patch<String>,
    /// The approver secret. The local owner needs it, where one is set and this connection has not given it to
    /// `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
    pub approver_secret: Option<ApproverSecret>,
}

/// A member to remove.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRemoveParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The member.
    pub handle: String,
}
