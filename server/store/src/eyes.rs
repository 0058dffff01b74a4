//! Whose eyes a view has: what it sees, and what may be done with what it sees.
//!
//! Every lookup by an id that a caller gave goes through [`View::enter`]: what the caller may not see is not found,
//! what they may see but not do is forbidden.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::member::MemberRole;

use super::error::{Result, StoreError};
use super::event_row::StoredEvent;
use super::pages::{EventFilter, PageSize};
use super::rows::blob;
use super::sessions::SessionLock;
use super::view::View;

/// Who asks, and what for.
#[derive(Debug, Clone)]
pub struct Asker {
    /// What lets them in.
    pub pass: Pass,
    /// The method that they call.
    pub method: &'static str,
    /// The least role that it takes in each workroom that it leads to.
    pub role: Option<MemberRole>,
    /// Whether what it changes goes into the audit trail, whoever asks.
    pub audited: bool,
    /// What keeps the handle of the agent's session.
    pub lock: Option<Arc<SessionLock>>,
}

/// What lets a caller in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass {
    /// The person at this machine, whose file the store is.
    Owner(Actor),
    /// An agent that this person runs: it sees what they see, in the role of a contributor unless it has another.
    Agent(Actor),
    /// A token, and who bears it: sees the workrooms that they were added to, within what the token grants.
    Token(Uuid, Actor),
}

/// What is seen, resolved against one state of the store.
#[derive(Debug, Clone)]
pub(super) enum Eyes {
    /// Everything, and all may be done: the owner, and the program itself.
    Whole,
    /// Everything, in the role that a local agent has in each workroom.
    Agent { actor: Actor, need: Option<MemberRole> },
    /// The workrooms of these rows, in these roles.
    Rooms { seen: Seen, need: Option<MemberRole> },
}

/// The workrooms that a token shows, by their rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    roles: BTreeMap<i64, MemberRole>,
    /// Those of them that lists are about, as a JSON array, for SQL.
    list: String,
}

impl Seen {
    fn new(roles: BTreeMap<i64, MemberRole>) -> Self {
        Self { roles, list: String::new() }.listing(MemberRole::Viewer)
    }

    /// The same, with only those in the list in which the role is high enough.
    fn listing(self, need: MemberRole) -> Self {
        let rows = self.roles.iter().filter(|(_, role)| **role >= need);
        let rows: Vec<_> = rows.map(|(row, _)| row.to_string()).collect();
        Self { list: format!("[{}]", rows.join(",")), ..self }
    }

    /// Whether the workroom of this row is among them.
    pub fn contains(&self, workroom: i64) -> bool {
        self.roles.contains_key(&workroom)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = i64> + '_ {
        self.roles.keys().copied()
    }
}

/// The role of those who take part without having been added.
const ROLE_OF_GUESTS: MemberRole = MemberRole::Contributor;

impl Eyes {
    /// The eyes of whoever asks, as of now. A token that is no longer good is `unauthenticated`.
    pub(super) fn of(view: View<'_>, asker: &Asker) -> Result<Self> {
        match &asker.pass {
            Pass::Owner(_) => Ok(Self::Whole),
            Pass::Agent(actor) => Ok(Self::Agent { actor: actor.clone(), need: asker.role }),
            Pass::Token(token, actor) => {
                let seen = view.seen_by(*token, actor)?;
                let seen = match asker.role {
                    Some(need) => seen.listing(need),
                    None => seen,
                };
                Ok(Self::Rooms { seen, need: asker.role })
            }
        }
    }
}

impl<'c> View<'c> {
    /// The events of some workrooms only, or all that the view shows.
    pub fn events_after_in(
        &self,
        seen: Option<&Seen>,
        filter: &EventFilter,
        (after, upto): (u64, u64),
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        let Some(seen) = seen else { return self.events_after(filter, after, upto, size) };
        let eyes = Eyes::Rooms { seen: seen.clone(), need: None };
        View { eyes: &eyes, ..*self }.events_after(filter, after, upto, size)
    }

    /// The rows of the workrooms that a list is limited to, those in which the caller's role is high enough, as a
    /// JSON array; `None` when it is not limited.
    pub(super) fn limit(&self) -> Option<&'c str> {
        match self.eyes {
            Eyes::Rooms { seen, .. } => Some(&seen.list),
            Eyes::Whole | Eyes::Agent { .. } => None,
        }
    }

    /// The workrooms that the view is limited to.
    pub(super) fn seen(&self) -> Option<&'c Seen> {
        match self.eyes {
            Eyes::Rooms { seen, .. } => Some(seen),
            Eyes::Whole | Eyes::Agent { .. } => None,
        }
    }

    /// Whether the workroom of this row is seen.
    pub fn sees(&self, workroom: i64) -> bool {
        self.seen().is_none_or(|seen| seen.contains(workroom))
    }

    /// Lets the caller at something in the workroom of this row, or refuses.
    pub(super) fn enter(&self, workroom: i64, what: &'static str, id: impl ToString) -> Result<()> {
        let need = match self.eyes {
            Eyes::Whole => return Ok(()),
            Eyes::Agent { need, .. } | Eyes::Rooms { need, .. } => need,
        };
        if !self.sees(workroom) {
            return Err(StoreError::NotFound { what, id: id.to_string() });
        }
        let Some(need) = need.filter(|need| *need > MemberRole::Viewer) else { return Ok(()) };
        self.must_be(workroom, need)
    }

    /// Whether the caller manages what is limited to these workrooms: they own them all.
    pub(super) fn manages(&self, workrooms: Option<&[WorkroomId]>) -> Result<bool> {
        if matches!(self.eyes, Eyes::Whole) {
            return Ok(true);
        }
        for id in workrooms.unwrap_or_default() {
            let mut statement = self.conn.prepare_cached("SELECT row FROM workroom WHERE id = ?1")?;
            let row: Option<i64> = statement.query_row([blob(id.uuid())], |row| row.get(0)).optional()?;
            let Some(row) = row.filter(|row| self.sees(*row)) else { return Ok(false) };
            if self.role_in(row)? < MemberRole::Owner {
                return Ok(false);
            }
        }
        Ok(workrooms.is_some())
    }

    /// Refuses a caller whose role in a workroom is below `need`.
    pub fn must_be(&self, workroom: i64, need: MemberRole) -> Result<()> {
        let role = self.role_in(workroom)?;
        if role >= need {
            return Ok(());
        }
        let message =
            format!("it takes the role `{}` in this workroom, and yours is `{}`", need.name(), role.name());
        Err(StoreError::Forbidden(message))
    }

    /// The role of the caller in a workroom that they see.
    pub fn role_in(&self, workroom: i64) -> Result<MemberRole> {
        match self.eyes {
            Eyes::Whole => Ok(MemberRole::Owner),
            Eyes::Agent { actor, .. } => Ok(self.added_role(workroom, actor)?.unwrap_or(ROLE_OF_GUESTS)),
            Eyes::Rooms { seen, .. } => Ok(seen.roles.get(&workroom).copied().unwrap_or(MemberRole::Viewer)),
        }
    }

    fn added_role(&self, workroom: i64, actor: &Actor) -> Result<Option<MemberRole>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT m.role FROM member m JOIN actor a ON a.row = m.actor
             WHERE m.workroom = (SELECT coalesce(merged_into, row) FROM workroom WHERE row = ?1)
               AND a.kind = ?2 AND a.handle = ?3",
        )?;
        let mut rows = statement.query(params![workroom, actor.kind.name(), actor.handle])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(MemberRole::of_name(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?))
    }

    /// The workrooms that a token shows to whoever bears it. One that is no longer good is `unauthenticated`.
    pub fn seen_by(&self, token: Uuid, actor: &Actor) -> Result<Seen> {
        let grants = self.good_token(token)?;
        let actor = self.present(actor)?;
        let granted = |room: &Uuid| grants.as_ref().is_none_or(|rooms| rooms.contains(room));
        let mut roles = BTreeMap::new();
        let mut shared = self.conn.prepare_cached(
            "SELECT w.row, w.id FROM workroom w WHERE w.visibility <> '\"private\"'
               AND EXISTS (SELECT 1 FROM json_each(w.visibility, '$.shared.allowed_tokens') WHERE value = ?1)",
        )?;
        let mut rows = shared.query([TokenId::from_uuid(token).0])?;
        while let Some(row) = rows.next()? {
            // Shared with this very token: that is a grant by itself.
            roles.insert(row.get(0)?, ROLE_OF_GUESTS);
        }
        let mut added = self.conn.prepare_cached(
            "SELECT m.workroom, w.id, m.role FROM actor a JOIN member m ON m.actor = a.row
               JOIN workroom w ON w.row = m.workroom
             WHERE a.kind = ?1 AND a.handle = ?2 AND m.added = 1",
        )?;
        let mut rows = added.query(params![actor.kind.name(), actor.handle])?;
        while let Some(row) = rows.next()? {
            let role = MemberRole::of_name(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?);
            if granted(&super::rows::uuid(row, 1)?) {
                roles.insert(row.get(0)?, role.unwrap_or(MemberRole::Viewer));
            }
        }
        // Whoever sees a workroom sees the events of those that were joined to it.
        let mut merged = self
            .conn
            .prepare_cached("SELECT row, merged_into FROM workroom WHERE merged_into IS NOT NULL")?;
        let mut rows = merged.query([])?;
        while let Some(row) = rows.next()? {
            match roles.get(&row.get(1)?).copied() {
                Some(role) => roles.insert(row.get(0)?, role),
                None => roles.remove(&row.get(0)?),
            };
        }
        Ok(Seen::new(roles))
    }
}

impl Asker {
    /// Whoever the audit trail takes note of.
    pub fn noting(pass: Pass, method: &'static str) -> Self {
        Self { pass, method, role: None, audited: true, lock: None }
    }

    /// Whether what they change goes into the audit trail.
    pub(super) fn is_audited(&self) -> bool {
        self.audited || self.pass.token().is_some()
    }
}

impl Pass {
    /// Who bears it.
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Owner(actor) | Self::Agent(actor) | Self::Token(_, actor) => actor,
        }
    }

    /// Whether it is a token's.
    pub fn token(&self) -> Option<Uuid> {
        match self {
            Self::Token(token, _) => Some(*token),
            Self::Owner(_) | Self::Agent(_) => None,
        }
    }

    /// Whether it is the person at this machine.
    pub fn is_owner(&self) -> bool {
        matches!(self, Self::Owner(Actor { kind: ActorKind::Human, .. }))
    }
}
