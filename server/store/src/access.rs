//! The caller: what they were granted in one state of the store, and what they may do there.
//!
//! The store loads grants, and `domain::access` decides. Every lookup by an id that a caller gave goes through
//! [`View::enter`].

use std::sync::Arc;

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;
use workroom_domain::access::{Access, Credential, Grants, Refusal, Rooms, Standing, TokenGrants};
use workroom_protocol::actor::Actor;
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::member::MemberRole;
use workroom_protocol::method::Needs;

use super::error::{Result, StoreError};
use super::event_row::StoredEvent;
use super::keys::RoomKey;
use super::pages::{EventFilter, PageSize};
use super::rows::blob;
use super::sessions::SessionLock;
use super::view::View;

/// The workrooms that a token can see.
pub type SeenRooms = Rooms<RoomKey>;

/// The caller of a write.
#[derive(Debug, Clone)]
pub struct WriteAccess {
    /// The caller and the method they call.
    pub access: Access,
    /// The lock of the agent's session. A session whose lock file was deleted cannot write.
    pub session: Option<Arc<SessionLock>>,
}

impl From<Access> for WriteAccess {
    fn from(access: Access) -> Self {
        Self { access, session: None }
    }
}

/// What a caller was granted in one state of the store.
#[derive(Debug, Clone)]
pub(super) struct Granted<'a> {
    /// The caller and the method they call; absent for the program itself.
    access: Option<&'a Access>,
    grants: Grants<RoomKey>,
    /// The workrooms that lists are limited to, as a JSON array for SQL: those where the caller's role is high enough.
    list: String,
}

impl<'a> Granted<'a> {
    /// Full access, for the program itself.
    pub(super) const WHOLE: &'static Granted<'static> =
        &Granted { access: None, grants: Grants::Owner, list: String::new() };

    /// Loads what a caller is granted now. A token that is no longer valid is `unauthenticated`.
    pub(super) fn load(view: View<'_>, access: &'a Access) -> Result<Self> {
        let Access { principal, needs, .. } = access;
        let grants = match principal.credential {
            Credential::Owner => Grants::Owner,
            Credential::LocalAgent => Grants::LocalAgent,
            Credential::Token(token) => Grants::Rooms(view.rooms_of_token(token, &principal.actor)?),
        };
        Ok(Self::of(Some(access), grants, needs.role))
    }

    fn of(access: Option<&'a Access>, grants: Grants<RoomKey>, need: Option<MemberRole>) -> Self {
        let list = match &grants {
            Grants::Rooms(rooms) => {
                let rows = rooms.with_role(need.unwrap_or(MemberRole::Viewer));
                let rows: Vec<_> = rows.map(|room| room.row().to_string()).collect();
                format!("[{}]", rows.join(","))
            }
            Grants::Owner | Grants::LocalAgent => String::new(),
        };
        Self { access, grants, list }
    }
}

impl<'c> View<'c> {
    /// Limits the events to some workrooms, or to all that the view shows.
    pub fn events_after_in(
        &self,
        seen: Option<&SeenRooms>,
        filter: &EventFilter,
        (after, upto): (u64, u64),
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        let Some(seen) = seen else { return self.events_after(filter, after, upto, size) };
        let granted = Granted::of(None, Grants::Rooms(seen.clone()), None);
        View { granted: &granted, ..*self }.events_after(filter, after, upto, size)
    }

    /// The rows of the workrooms that a list is limited to, as a JSON array: those where the caller's role is high
    /// enough. `None` when the list is not limited.
    pub(super) fn limit(&self) -> Option<&'c str> {
        self.seen().map(|_| &*self.granted.list)
    }

    /// The workrooms that the view is limited to.
    pub(super) fn seen(&self) -> Option<&'c SeenRooms> {
        match &self.granted.grants {
            Grants::Rooms(rooms) => Some(rooms),
            Grants::Owner | Grants::LocalAgent => None,
        }
    }

    /// Whether the caller sees a workroom.
    pub fn sees(&self, workroom: RoomKey) -> bool {
        self.seen().is_none_or(|seen| seen.contains(workroom))
    }

    /// Admits the caller to an object in a workroom, or refuses.
    pub(super) fn enter(&self, workroom: RoomKey, what: &'static str, id: impl ToString) -> Result<()> {
        let need = self.granted.access.and_then(|access| access.needs.role);
        let standing = match &self.granted.grants {
            Grants::Owner => return Ok(()),
            // A local agent sees every workroom. Only methods that require more than the viewer role need its own role.
            Grants::LocalAgent if need.is_none_or(|need| need == MemberRole::Viewer) => return Ok(()),
            Grants::LocalAgent | Grants::Rooms(_) => self.standing_in(workroom)?,
        };
        standing.admit(need).map_err(|refusal| refused(refusal, what, id))
    }

    /// Refuses a caller who lacks what an object in a workroom requires beyond the requirements of the method.
    pub fn authorize(&self, workroom: RoomKey, needs: Needs) -> Result<()> {
        let Some(access) = self.granted.access else { return Ok(()) };
        let standing = self.standing_in(workroom)?;
        let allowed = workroom_domain::access::authorize(&access.principal, needs, Some(standing));
        allowed.map_err(|refusal| refused(refusal, "workroom", ""))
    }

    /// Whether the caller owns all of these workrooms, and so may manage what is limited to them.
    pub(super) fn manages(&self, workrooms: Option<&[WorkroomId]>) -> Result<bool> {
        if self.granted.grants == Grants::Owner {
            return Ok(true);
        }
        for id in workrooms.unwrap_or_default() {
            let mut statement = self.conn.prepare_cached("SELECT row FROM workroom WHERE id = ?1")?;
            let room: Option<RoomKey> =
                statement.query_row([blob(id.uuid())], |row| row.get(0)).optional()?;
            let standing = room.map_or(Ok(Standing::Hidden), |room| self.standing_in(room))?;
            if standing < Standing::Role(MemberRole::Owner) {
                return Ok(false);
            }
        }
        Ok(workrooms.is_some())
    }

    /// The caller's role in a workroom that they see.
    pub fn role_in(&self, workroom: RoomKey) -> Result<MemberRole> {
        match self.standing_in(workroom)? {
            Standing::Role(role) => Ok(role),
            Standing::Hidden => Ok(MemberRole::Viewer),
        }
    }

    fn standing_in(&self, workroom: RoomKey) -> Result<Standing> {
        match &self.granted.grants {
            Grants::Owner => Ok(Standing::Role(MemberRole::Owner)),
            Grants::LocalAgent => {
                let agent = self.granted.access.map(|access| &access.principal.actor);
                let given = agent.map(|agent| self.added_role(workroom, agent)).transpose()?.flatten();
                Ok(Standing::of_local_agent(given))
            }
            Grants::Rooms(rooms) => Ok(rooms.standing(workroom)),
        }
    }

    fn added_role(&self, workroom: RoomKey, actor: &Actor) -> Result<Option<MemberRole>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.role FROM member m JOIN actor a ON a.row = m.actor
             WHERE m.workroom = (SELECT coalesce(merged_into, row) FROM workroom WHERE row = ?1)
               AND a.kind = ?2 AND a.handle = ?3",
        )?;
        let mut rows = statement.query(params![workroom, actor.kind.name(), actor.handle])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(MemberRole::of_name(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?))
    }

    /// The workrooms that a token's bearer sees. A token that is no longer valid is `unauthenticated`.
    pub fn rooms_of_token(&self, token: Uuid, bearer: &Actor) -> Result<SeenRooms> {
        let limit = self.good_token(token)?;
        let bearer = self.present(bearer)?;
        let mut statement = self.conn.prepare_cached(
            "SELECT w.row FROM workroom w WHERE w.visibility <> '\"private\"'
               AND EXISTS (SELECT 1 FROM json_each(w.visibility, '$.shared.allowed_tokens') WHERE value = ?1)",
        )?;
        let shared = statement.query_map([TokenId::from_uuid(token).0], |row| row.get(0))?;
        let shared = shared.collect::<rusqlite::Result<_>>()?;
        let mut statement = self.conn.prepare_cached(
            "SELECT m.workroom, w.id, m.role FROM actor a JOIN member m ON m.actor = a.row
               JOIN workroom w ON w.row = m.workroom
             WHERE a.kind = ?1 AND a.handle = ?2 AND m.added = 1",
        )?;
        let added = statement.query_map(params![bearer.kind.name(), bearer.handle], |row| {
            let role = MemberRole::of_name(row.get_ref(2)?.as_str()?);
            Ok((row.get(0)?, super::rows::uuid(row, 1)?, role.unwrap_or(MemberRole::Viewer)))
        })?;
        let added = added.collect::<rusqlite::Result<_>>()?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT row, merged_into FROM workroom WHERE merged_into IS NOT NULL")?;
        let joined = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let joined = joined.collect::<rusqlite::Result<_>>()?;
        Ok(Rooms::of_token(TokenGrants { limit, shared, added, joined }))
    }
}

fn refused(refusal: Refusal, what: &'static str, id: impl ToString) -> StoreError {
    match refusal {
        Refusal::Hidden => StoreError::NotFound { what, id: id.to_string() },
        other => other.into(),
    }
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        Self::Forbidden(refusal.to_string())
    }
}
