//! `member/*`.

use workroom_protocol::Method;
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::member::{
    Member, MemberAddParams, MemberListParams, MemberListResponse, MemberRemoveParams, MemberRole,
    MemberUpdateParams,
};
use workroom_protocol::methods::MemberAdd;
use workroom_protocol::server::Empty;

use super::approver::Proof;
use super::error::{Error, Result};
use super::idempotency::once;
use super::{Caller, Cx, cursor, limits, page};
use workroom_domain::access;
use workroom_store::{MemberRow, StoreError, Target, Tx, WorkroomRow};

/// How many members a workroom may have. Every event may concern the inbox of each of them.
pub const MAX_MEMBERS: usize = 1000;

/// Handles `member/list`.
pub async fn list(cx: Cx, params: MemberListParams) -> Result<MemberListResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let after = cursor::read(&epoch, params.cursor.as_deref())?.unwrap_or(0);
    let found = cx.read(|view| view.members(&view.workroom(&params.workroom_id)?, after, limit + 1)).await?;
    let (members, last) =
        page::cut(found.into_iter().map(|row| (row.position, row.member)), limit, page::size);
    let next_cursor = last.map(|position| cursor::write(&epoch, position));
    Ok(MemberListResponse { members, next_cursor })
}

/// Handles [`MemberAdd`].
pub async fn add(cx: Cx, mut params: MemberAddParams) -> Result<Member> {
    // Not part of the body whose digest is kept for retries, because the digest would allow guessing the secret.
    let approver_secret = params.approver_secret.take();
    let key = params.idempotency_key.take();
    let key = cx.idempotency(MemberAdd::NAME, "idempotency_key", key, &params)?;
    let handle = limits::member_handle("handle", &params.handle)?;
    let name = params.display_name.as_deref().map(|name| limits::title("display_name", name)).transpose()?;
    if params.kind == ActorKind::System {
        return Err(Error::invalid("kind", "a member is a `human`, an `agent` or a `bridge`"));
    }
    let Caller { author, principal, .. } = cx.caller();
    let turn = cx.turn().await;
    let proof = Proof::of(&cx, &turn, approver_secret.as_ref()).await?;
    cx.write_in(turn, move |tx| {
        once(tx, key.as_ref(), || {
            let room = tx.workroom(&params.workroom_id)?;
            let mut added = Actor { kind: params.kind, handle };
            let known = tx.member(&room, &added.handle)?;
            if let Some(known) = known.filter(|known| known.added || known.member.kind != added.kind) {
                let Member { handle, kind, role, .. } = known.member;
                let message = format!("`{handle}` is already a member: {}, {}", kind.name(), role.name());
                return Err(conflict(message));
            }
            if tx.count_members(&room)?.0 >= MAX_MEMBERS {
                return Err(conflict(format!("the workroom already has {MAX_MEMBERS} members")));
            }
            may_give(tx, &room, params.role)?;
            proof.check_role(tx, params.kind, params.role)?;
            added.handle = tx.admit(&added, &principal)?;
            // The owner has one membership, whichever of their handles is used to add them.
            if let Some(known) = tx.member(&room, &added.handle)?.filter(|known| known.added) {
                return Err(conflict(format!("`{}` is already a member", known.member.handle)));
            }
            let handle = added.handle.clone();
            let change = WorkroomEventKind::MemberChanged {
                handle: added.handle,
                member_kind: Some(added.kind),
                role: Some(Some(params.role)),
                display_name: name.map(Some),
            };
            tx.append(&author, Target::Workroom(&room), change, None)?;
            Ok(tx.known_member(&room, &handle)?.member)
        })
    })
    .await
}

/// Handles `member/update`.
pub async fn update(cx: Cx, params: MemberUpdateParams) -> Result<Member> {
    let name = match params.display_name {
        Some(Some(name)) => Some(Some(limits::title("display_name", &name)?)),
        other => other,
    };
    let author = cx.caller().author;
    let turn = cx.turn().await;
    let proof = Proof::of(&cx, &turn, params.approver_secret.as_ref()).await?;
    cx.write_in(turn, move |tx| {
        let room = tx.workroom(&params.workroom_id)?;
        let found = tx.known_member(&room, handle(&params.handle))?;
        let role = params.role.filter(|role| *role != found.member.role || !found.added);
        let name = name.filter(|name| *name != found.member.display_name);
        if role.is_none() && name.is_none() {
            return Ok(found.member);
        }
        if let Some(role) = role {
            may_change(tx, &room, &found, Some(role))?;
            may_give(tx, &room, role)?;
            proof.check_role(tx, found.member.kind, role)?;
        }
        let handle = found.member.handle;
        let change = WorkroomEventKind::MemberChanged {
            handle: handle.clone(),
            member_kind: None,
            role: role.map(Some),
            display_name: name,
        };
        tx.append(&author, Target::Workroom(&room), change, None)?;
        Ok(tx.known_member(&room, &handle)?.member)
    })
    .await
}

/// Handles `member/remove`.
pub async fn remove(cx: Cx, params: MemberRemoveParams) -> Result<Empty> {
    let author = cx.caller().author;
    cx.write(move |tx| {
        let room = tx.workroom(&params.workroom_id)?;
        let found = tx.known_member(&room, handle(&params.handle))?;
        may_change(tx, &room, &found, None)?;
        let change = WorkroomEventKind::MemberChanged {
            handle: found.member.handle,
            member_kind: None,
            role: Some(None),
            display_name: None,
        };
        tx.append(&author, Target::Workroom(&room), change, None)?;
        Ok(Empty {})
    })
    .await
}

fn handle(given: &str) -> &str {
    given.strip_prefix('@').unwrap_or(given)
}

/// Refuses to grant a role above the caller's own.
fn may_give(tx: &Tx<'_>, room: &WorkroomRow, role: MemberRole) -> workroom_store::Result<()> {
    let own = tx.role_in(room.key)?;
    Ok(access::may_give(own, role)?)
}

/// Refuses to change a member with a role above the caller's. Also refuses to remove the local user as an owner, whose
/// inbox would lose the workroom, and to leave the workroom without a person who owns it.
fn may_change(
    tx: &Tx<'_>,
    room: &WorkroomRow,
    found: &MemberRow,
    role: Option<MemberRole>,
) -> workroom_store::Result<()> {
    let (own, theirs) = (tx.role_in(room.key)?, found.member.role);
    access::may_change(own, theirs)?;
    let is_human = found.member.kind == ActorKind::Human;
    let gives_up = is_human && theirs == MemberRole::Owner && role != Some(MemberRole::Owner);
    if gives_up && found.member.handle.eq_ignore_ascii_case(&tx.owner()?) {
        let owner = &found.member.handle;
        return Err(conflict(format!("`{owner}` is the owner of this store and must own every workroom")));
    }
    if gives_up && tx.count_members(room)?.1 == 1 {
        return Err(conflict(format!("`{}` is the only owner of the workroom", found.member.handle)));
    }
    Ok(())
}

fn conflict(message: String) -> StoreError {
    StoreError::Conflict(message)
}
