//! Access tokens, which give callers limited access.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Scope};
use crate::approver::ApproverSecret;
use crate::id::{TokenId, WorkroomId};
use crate::member::MemberRole;
use crate::time::Timestamp;

/// An access token without its secret, which only its bearer has.
///
/// A token gives access to the workrooms that its bearer is a member of, within the token's limits, and to workrooms
/// that are shared with this token by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its id, which is not secret.
    pub token_id: TokenId,
    /// The handle that the bearer acts as.
    pub handle: String,
    /// The kind of actor.
    pub kind: ActorKind,
    /// What the token is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the bearer may do, within their role in each workroom.
    pub scopes: Vec<Scope>,
    /// The workrooms that the token is limited to; absent if it is not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workrooms: Option<Vec<WorkroomId>>,
    /// When the token was created.
    pub created_at: Timestamp,
    /// Who created the token.
    pub created_by: Actor,
    /// The token that was used to create this one, if any. Revoking that token also revokes this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<TokenId>,
    /// When the token expires; absent if it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When the token was revoked; absent if it is not revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When the token was last used for a connection; absent before the first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A token to create.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCreateParams {
    /// The handle that the bearer acts as, with or without the `@`. A caller with a token can create tokens for
    /// themselves, for new handles, and for people and agents that they added themselves. They cannot create one for
    /// anybody else who has a token or was added to a workroom.
    pub handle: String,
    /// The kind of actor: `human`, `agent` or `bridge`.
    pub kind: ActorKind,
    /// What the bearer may do. You cannot give a scope that you do not have. An agent's token cannot have `approve`.
    pub scopes: Vec<Scope>,
    /// The workrooms that the token is limited to. The bearer becomes a member of those that they do not belong to yet.
    /// Without it, the token gives access to every workroom that its bearer belongs to, now or later.
    pub workrooms: Option<Vec<WorkroomId>>,
    /// The role with which the bearer is added to `workrooms`. Default: the lowest role that makes use of the scopes,
    /// which is `viewer` for `read`, `contributor` for `post`, `maintainer` for `approve` and `admin`.
    pub role: Option<MemberRole>,
    /// What the token is for.
    pub label: Option<String>,
    /// When the token expires. If you create it with a token, the default and the maximum is the expiry of your own
    /// token.
    pub expires_at: Option<Timestamp>,
    /// The approver secret. If one is set and this connection has not given it to `approver/unlock`, the local user needs
    /// it to create a token that can decide or manage: one with the scope `approve` or `admin`, or with the role
    /// `maintainer` or `owner`.
    pub approver_secret: Option<ApproverSecret>,
    /// A retry with the same key and the same body returns the same token, but not its secret.
    pub idempotency_key: Option<String>,
}

/// A new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCreated {
    /// The token.
    pub token: Token,
    /// Its secret: `wrk_<kind>_`, 43 letters and digits, `_`, and a checksum of 6 letters and digits. It is returned
    /// once and not stored; absent in the response to a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Filters for a list of tokens.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenListParams {
    /// Include revoked and expired tokens.
    #[serde(default)]
    pub include_ended: bool,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of tokens, newest first. The local user sees all tokens. Others see the tokens that are limited to workrooms
/// which they own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenListResponse {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A token to revoke.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRevokeParams {
    /// Its id.
    pub token_id: TokenId,
}
