//! Tokens: what lets callers in, with less than everything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Scope};
use crate::approver::ApproverSecret;
use crate::id::{TokenId, WorkroomId};
use crate::member::MemberRole;
use crate::time::Timestamp;

/// What lets a caller in, without its secret, which nobody has but they.
///
/// A token shows the workrooms that its bearer was added to as a member, within what it is limited to, and those that
/// are shared with this very token by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Its id, which may be told to anybody.
    pub token_id: TokenId,
    /// Whom its bearer acts as.
    pub handle: String,
    /// What kind of being they are.
    pub kind: ActorKind,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What its bearer may do, within their role in each workroom.
    pub scopes: Vec<Scope>,
    /// The workrooms that it is limited to; absent when it is limited to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workrooms: Option<Vec<WorkroomId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// The token that it was made with, when its maker came with one: revoking that one revokes this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<TokenId>,
    /// When it ends by itself; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked; absent while it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When a connection was last made with it; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A token to make.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCreateParams {
    /// Whom its bearer acts as, with or without the `@`. Who comes with a token makes tokens for themselves and for
    /// those whom they have brought in, for nobody else who bears a token or was added to a workroom.
    pub handle: String,
    /// What kind of being they are: `human`, `agent` or `bridge`.
    pub kind: ActorKind,
    /// What its bearer may do: not more than whoever makes it may. An agent's token cannot have `approve`.
    pub scopes: Vec<Scope>,
    /// The workrooms that it is limited to. Its bearer is added as a member to those that they do not belong to.
    /// Without it, the token shows every workroom that its bearer belongs to, also from later on.
    pub workrooms: Option<Vec<WorkroomId>>,
    /// The role in which its bearer is added to `workrooms`. Default: the least that its scopes are of use in, which
    /// is `viewer` for `read`, `contributor` for `post`, `maintainer` for `approve` and `admin`.
    pub role: Option<MemberRole>,
    /// What it is for.
    pub label: Option<String>,
    /// When it ends by itself: at the latest when the token does that it is made with, which is the default.
    pub expires_at: Option<Timestamp>,
    /// The approver secret. The local owner needs it, where one is set and this connection has not given it to
    /// `approver/unlock`, for a token that can decide or manage: with the scope `approve` or `admin`, or with the role
    /// `maintainer` or `owner`.
    pub approver_secret: Option<ApproverSecret>,
    /// A retry with the same key and the same body returns the same token, but not its secret once more.
    pub idempotency_key: Option<String>,
}

/// A new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCreated {
    /// The token.
    pub token: Token,
    /// Its secret, `wrk_<kind>_` + 43 letters and digits + `_` + 6 letters and digits that check them. Told this
    /// once and kept nowhere; absent in the answer to a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Which tokens to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenListParams {
    /// Also those that were revoked or have expired.
    #[serde(default)]
    pub include_ended: bool,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of tokens, newest first. The person at this machine sees all; others those that are limited to workrooms
/// which they own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenListResponse {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// Go on from here; absent on the last page.
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
