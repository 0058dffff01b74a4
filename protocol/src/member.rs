//! Members: the people and agents that belong to a workroom, and their roles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind};
use crate::approver::ApproverSecret;
use crate::id::WorkroomId;
use crate::patch::{self, Patch};
use crate::time::Timestamp;

/// The role of a member in a workroom. Each role includes the rights of the roles before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Can read.
    Viewer,
    /// Can create threads and append events.
    Contributor,
    /// Can decide approvals, change the workroom and add members.
    Maintainer,
    /// Can choose who may see the workroom and who else owns it.
    Owner,
}

impl MemberRole {
    /// Every role, the least powerful first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Contributor, Self::Maintainer, Self::Owner];

    /// The role's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Contributor => "contributor",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
        }
    }

    /// Returns the role with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A member of a workroom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The handle, which is the name used in mentions, without the `@`. Handles are case-insensitive.
    pub handle: String,
    /// The kind of actor.
    pub kind: ActorKind,
    /// The role.
    pub role: MemberRole,
    /// The display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// When the member was added.
    pub added_at: Timestamp,
    /// Who added the member. The creator of the workroom, and an agent of the local user that joined by itself, are
    /// their own inviters.
    pub added_by: Actor,
}

/// The workroom whose members to list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberListParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of members, in the order in which they joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberListResponse {
    /// The members.
    pub members: Vec<Member>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A member to add.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberAddParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The handle, with or without the `@`.
    pub handle: String,
    /// The kind of actor: `human`, `agent` or `bridge`.
    pub kind: ActorKind,
    /// The role. You cannot give a role higher than your own.
    pub role: MemberRole,
    /// The display name.
    pub display_name: Option<String>,
    /// The approver secret. The local owner needs it, where one is set and this connection has not given it to
    /// `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
    pub approver_secret: Option<ApproverSecret>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Changes to a member.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberUpdateParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The member.
    pub handle: String,
    /// The new role.
    pub role: Option<MemberRole>,
    /// The new display name; `null` removes it.
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
