//! `token/*` and `audit/list`.

use rand::TryRngCore;
use uuid::Uuid;
use workroom_protocol::Method;
use workroom_protocol::actor::{Actor, ActorKind, Scope};
use workroom_protocol::audit::{AuditListParams, AuditListResponse};
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::member::MemberRole;
use workroom_protocol::methods::TokenCreate;
use workroom_protocol::token::{
    Token, TokenCreateParams, TokenCreated, TokenListParams, TokenListResponse, TokenRevokeParams,
};

use super::approver::Proof;
use super::error::{Error, Result};
use super::idempotency::once;
use super::{Caller, Cx, cursor, limits, page};
use workroom_domain::access::{self, role_for};
use workroom_domain::handle;
use workroom_domain::secret::Secret;
use workroom_store::{AuditFilter, Read, StoreError, Target, Tx};

// A token for more workrooms than this should have no limit instead.
const MAX_WORKROOMS: usize = 1000;
// Enough for 43 unbiased digits: the chance that 128 bytes give fewer is below 1 in 10^90.
const RANDOM_BYTES: usize = 128;

/// Handles [`TokenCreate`].
pub async fn create(cx: Cx, mut params: TokenCreateParams) -> Result<TokenCreated> {
    // Not part of the body whose digest is kept for retries, because the digest would allow guessing the secret.
    let approver_secret = params.approver_secret.take();
    let key = params.idempotency_key.take();
    let key = cx.idempotency(TokenCreate::NAME, "idempotency_key", key, &params)?;
    let label = params.label.as_deref().map(|label| limits::title("label", label)).transpose()?;
    let handle = limits::member_handle("handle", &params.handle)?;
    let mut bearer = Actor { kind: params.kind, handle };
    check_bearer(&cx, &bearer)?;
    let scopes = scopes(&cx, &bearer, params.scopes)?;
    let workrooms = params.workrooms.map(workrooms).transpose()?;
    if params.expires_at.is_some_and(|at| at <= cx.now()) {
        return Err(Error::invalid("expires_at", "`expires_at` is not in the future"));
    }
    if params.role.is_some() && workrooms.is_none() {
        return Err(Error::invalid("role", "`role` requires `workrooms`"));
    }
    let Caller { author, principal, .. } = cx.caller();
    if workrooms.is_none() && !principal.is_owner() {
        return Err(cx.forbidden("only the local user can create tokens that are not limited to `workrooms`"));
    }
    if !principal.is_owner() && cx.store()?.read(Read::LATEST, |view| view.is_owners_name(&bearer.handle))? {
        return Err(cx.forbidden("only the local user can create tokens for the local user"));
    }
    let role = params.role.unwrap_or_else(|| role_for(&scopes));
    let decides = access::scopes_decide(&scopes);
    let turn = cx.turn().await;
    let proof = Proof::of(&cx, &turn, approver_secret.as_ref()).await?;
    let secret = new_secret(bearer.kind)?;
    cx.app.learn(&secret);

    let kept = secret.clone();
    let mut token = Token {
        token_id: TokenId::from_uuid(cx.new_id()),
        handle: bearer.handle.clone(),
        kind: bearer.kind,
        label,
        scopes,
        workrooms,
        created_at: cx.now(),
        created_by: author.actor.clone(),
        made_with: principal.token().map(TokenId::from_uuid),
        expires_at: params.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    let made = token.token_id.clone();
    let token = cx.write_in(turn, move |tx| {
        once(tx, key.as_ref(), || {
            if decides {
                proof.check(tx)?;
            }
            if let Some(with) = principal.token() {
                within(tx, with, &author.actor, &mut token)?;
            }
            bearer.handle = tx.admit(&bearer, &principal)?;
            token.handle.clone_from(&bearer.handle);
            for room in token.workrooms.iter_mut().flatten() {
                // The workroom may have been merged into this one.
                *room = tx.workroom(room)?.workroom.id;
                belong(tx, &author, room, &bearer, role, proof)?;
            }
            tx.insert_token(&token, kept.expose())?;
            Ok(token)
        })
    });
    let token = token.await?;
    // A retry returns the token that was created before, without the secret, which the first response contained.
    let secret = (token.token_id == made).then(|| secret.expose().to_owned());
    Ok(TokenCreated { token, secret })
}

/// Limits a token that is created with another token: it must not admit anybody whom its maker did not add, and must
/// not outlive the other token.
fn within(tx: &Tx<'_>, with: Uuid, maker: &Actor, token: &mut Token) -> workroom_store::Result<()> {
    let is_own = handle::same(&token.handle, &maker.handle) && token.kind == maker.kind;
    if !is_own && tx.is_of_others(&token.handle, maker)? {
        let message = format!("`{}` was not added by you", token.handle);
        return Err(StoreError::Forbidden(message));
    }
    let Some(last) = tx.token_expiry(with)? else { return Ok(()) };
    if token.expires_at.is_some_and(|at| at > last) {
        let message =
            format!("your token expires at {last}, and a token that you create with it must not outlive it");
        return Err(StoreError::Forbidden(message));
    }
    token.expires_at.get_or_insert(last);
    Ok(())
}

fn check_bearer(cx: &Cx, bearer: &Actor) -> Result<()> {
    if bearer.kind == ActorKind::System {
        return Err(Error::invalid("kind", "a token is for a `human`, an `agent` or a `bridge`"));
    }
    if bearer.kind != ActorKind::Human
        && cx.store()?.read(Read::LATEST, |view| view.is_owners_name(&bearer.handle))?
    {
        return Err(Error::invalid("handle", "`handle` belongs to the local user"));
    }
    Ok(())
}

fn scopes(cx: &Cx, bearer: &Actor, given: Vec<Scope>) -> Result<Vec<Scope>> {
    let own = cx.caller().principal.scopes;
    if given.is_empty() {
        return Err(Error::invalid("scopes", "`scopes` is empty"));
    }
    for (index, scope) in given.iter().enumerate() {
        if !own.contains(scope) {
            let name = scope.name();
            return Err(
                cx.forbidden(format!("a token cannot have the scope `{name}`, which you do not have"))
            );
        }
        if bearer.kind == ActorKind::Agent && matches!(scope, Scope::Approve | Scope::Admin) {
            let message = format!("an agent's token cannot have the scope `{}`", scope.name());
            return Err(Error::invalid(format!("scopes[{index}]"), message));
        }
    }
    // Without duplicates, in the order of the table. Any other scope includes reading.
    let reads = |scope: &Scope| *scope == Scope::Read || given.contains(scope);
    Ok(Scope::ALL.into_iter().filter(reads).collect())
}

fn workrooms(given: Vec<WorkroomId>) -> Result<Vec<WorkroomId>> {
    if given.is_empty() {
        return Err(Error::invalid("workrooms", "`workrooms` is empty"));
    }
    if given.len() > MAX_WORKROOMS {
        return Err(Error::TooLarge { what: "the number of `workrooms`", limit: MAX_WORKROOMS });
    }
    let mut rooms = Vec::with_capacity(given.len());
    for room in given {
        if !rooms.contains(&room) {
            rooms.push(room);
        }
    }
    Ok(rooms)
}

/// Makes the bearer a member of a workroom, unless they already are.
fn belong(
    tx: &Tx<'_>,
    author: &workroom_store::Author,
    room: &WorkroomId,
    bearer: &Actor,
    role: MemberRole,
    proof: Proof,
) -> workroom_store::Result<()> {
    let room = tx.workroom(room)?;
    let known = tx.member(&room, &bearer.handle)?;
    if let Some(known) = &known
        && known.member.kind != bearer.kind
    {
        let message = format!("`{}` is already a member: {}", known.member.handle, known.member.kind.name());
        return Err(StoreError::Conflict(message));
    }
    if known.is_some_and(|known| known.added) {
        return Ok(());
    }
    proof.check_role(tx, bearer.kind, role)?;
    let change = WorkroomEventKind::MemberChanged {
        handle: bearer.handle.clone(),
        member_kind: Some(bearer.kind),
        role: Some(Some(role)),
        display_name: None,
    };
    tx.append(author, Target::Workroom(&room), change, None).map(|_| ())
}

fn new_secret(kind: ActorKind) -> Result<Secret> {
    let mut random = [0; RANDOM_BYTES];
    let filled = rand::rngs::OsRng.try_fill_bytes(&mut random);
    filled.map_err(|error| Error::Internal(format!("no random bytes: {error}")))?;
    Secret::new(kind, random).ok_or_else(|| Error::Internal("too few unbiased random bytes".into()))
}

/// Handles `token/list`.
pub async fn list(cx: Cx, params: TokenListParams) -> Result<TokenListResponse> {
    let limit = limits::page(params.limit, None)?;
    let before = params.cursor.as_deref().map(|cursor| {
        let id = TokenId(cursor.into()).uuid();
        id.ok_or_else(|| Error::invalid("cursor", "`cursor` is not a `next_cursor` of this method"))
    });
    let before = before.transpose()?;
    let found = cx.read(|view| view.tokens(before, params.include_ended, limit + 1)).await?;
    let (tokens, last) = page::cut(found.into_iter().map(|row| (row.id, row.token)), limit, page::size);
    Ok(TokenListResponse { tokens, next_cursor: last.map(|id| TokenId::from_uuid(id).0) })
}

/// Handles `token/revoke`. Revoking twice has the same effect as once.
pub async fn revoke(cx: Cx, params: TokenRevokeParams) -> Result<Token> {
    cx.write(move |tx| {
        let found = tx.managed_token(&params.token_id)?;
        tx.revoke_token(found.id)?;
        Ok(tx.token(&params.token_id)?.token)
    })
    .await
}

/// Handles `audit/list`.
pub async fn audit(cx: Cx, params: AuditListParams) -> Result<AuditListResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let before = cursor::read(&epoch, params.cursor.as_deref())?.unwrap_or(u64::MAX);
    let found = cx
        .read(|view| {
            let workroom = params.workroom_id.as_ref().map(|id| view.workroom(id)).transpose()?;
            let filter = AuditFilter { token: params.token_id, workroom: workroom.map(|room| room.key) };
            view.audit(&filter, before, limit + 1)
        })
        .await?;
    let (entries, last) = page::cut(found.into_iter().map(|row| (row.row, row.entry)), limit, page::size);
    Ok(AuditListResponse { entries, next_cursor: last.map(|row| cursor::write(&epoch, row)) })
}
