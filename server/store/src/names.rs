//! Handles and their holders. A handle belongs to one holder: the owner, somebody with a valid token or an explicit
//! membership, or the agents of one of these.

use rusqlite::{Connection, params};
use workroom_protocol::actor::{Actor, ActorKind};

use super::error::{Result, StoreError};
use super::inbox;
use super::view::View;
use super::writer::Tx;
use workroom_domain::access::Principal;
use workroom_domain::handle::{self, KNOWN_AGENTS, Keys};

/// The holder of a handle that equals, or looks like, a given one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    /// The owner. The handle may be a former one.
    Owner(String),
    /// Somebody with a valid token or an explicit membership, and whether the owner granted it.
    Known { who: Actor, by_owner: bool },
    /// The agents of somebody; `None` is the owner.
    Agents { handle: String, of: Option<Actor> },
}

const ALIKE: &str = "(key IN (?1, ?2) OR shape IN (?1, ?2))";

impl View<'_> {
    fn holders(&self, wanted: &str) -> Result<Vec<Holder>> {
        let mut found = Vec::new();
        let Keys { key, shape } = Keys::of(wanted);
        let values = params![key, shape];
        let mut owners = self.conn.prepare_cached(&format!("SELECT handle FROM owner_name WHERE {ALIKE}"))?;
        for handle in owners.query_map(values, |row| row.get(0))? {
            found.push(Holder::Owner(handle?));
        }
        let mut tokens = self.conn.prepare_cached(&format!(
            "SELECT kind, handle, created_by, made_with IS NULL FROM token WHERE {ALIKE}
               AND revoked_at IS NULL AND expired = 0 AND (expires_at IS NULL OR expires_at > ?3)"
        ))?;
        let now = self.now().millis();
        let mut rows = tokens.query(params![key, shape, now])?;
        while let Some(row) = rows.next()? {
            let (who, by): (Actor, Actor) = (actor(row)?, super::rows::json(row, 2)?);
            let by_owner = row.get::<_, bool>(3)? && self.is_owners_own(&by)?;
            found.push(Holder::Known { who, by_owner });
        }
        let mut members = self.conn.prepare_cached(
            "SELECT a.kind, m.handle, m.added_by FROM member m JOIN actor a ON a.row = m.actor
             WHERE m.added = 1 AND (m.key IN (?1, ?2) OR m.shape IN (?1, ?2))",
        )?;
        let mut rows = members.query(values)?;
        while let Some(row) = rows.next()? {
            let (who, by): (Actor, Actor) = (actor(row)?, super::rows::json(row, 2)?);
            let known = Holder::Known { by_owner: self.is_owners_own(&by)?, who };
            if !found.contains(&known) {
                found.push(known);
            }
        }
        let mut agents =
            self.conn.prepare_cached(&format!("SELECT handle, bearer FROM agent WHERE {ALIKE}"))?;
        let mut rows = agents.query(values)?;
        while let Some(row) = rows.next()? {
            let of: Option<String> = row.get(1)?;
            let of: Option<Actor> = of.map(|json| serde_json::from_str(&json)).transpose()?;
            // A bearer without a valid token or membership reserves no names for their agents.
            if of.as_ref().map_or(Ok(true), |bearer| self.is_there(bearer))? {
                found.push(Holder::Agents { handle: row.get(0)?, of });
            }
        }
        Ok(found)
    }

    /// An actor under their current handle: a former handle of the owner becomes the current one.
    pub fn present(&self, actor: &Actor) -> Result<Actor> {
        match actor.kind == ActorKind::Human && self.is_owners_name(&actor.handle)? {
            true => Ok(Actor { kind: actor.kind, handle: self.owner()? }),
            false => Ok(actor.clone()),
        }
    }

    /// Whether nobody has this handle or one that looks like it.
    pub(super) fn is_free(&self, wanted: &str) -> Result<bool> {
        Ok(self.holders(wanted)?.is_empty())
    }

    /// Whether an actor is the owner, Workroom itself, or an agent of the owner.
    fn is_owners_own(&self, actor: &Actor) -> Result<bool> {
        match actor.kind {
            ActorKind::System => Ok(true),
            ActorKind::Human => self.is_owners_name(&actor.handle),
            ActorKind::Bridge => Ok(false),
            ActorKind::Agent => {
                let mut statement = self
                    .conn
                    .prepare_cached("SELECT 1 FROM agent WHERE handle = ?1 AND bearer IS NOT NULL")?;
                Ok(!statement.exists([&actor.handle])?)
            }
        }
    }

    /// Whether an actor has a valid token or was added to a workroom.
    fn is_there(&self, actor: &Actor) -> Result<bool> {
        let mut statement = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM token WHERE kind = ?1 AND handle = ?2 AND revoked_at IS NULL
                              AND expired = 0 AND (expires_at IS NULL OR expires_at > ?3))
                 OR EXISTS (SELECT 1 FROM member m JOIN actor a ON a.row = m.actor
                            WHERE a.kind = ?1 AND a.handle = ?2 AND m.added = 1)",
        )?;
        let now = self.now().millis();
        Ok(statement.query_row(params![actor.kind.name(), actor.handle, now], |row| row.get(0))?)
    }

    /// Whether agents of a principal may use this handle. Does not check whether one of them already does.
    pub(super) fn may_name(&self, principal: &Principal, wanted: &str) -> Result<bool> {
        let whose = bearer(principal);
        let is_bearers_own = principal.token().is_some()
            && principal.actor.kind == ActorKind::Agent
            && handle::same(&principal.actor.handle, wanted);
        if is_bearers_own {
            return Ok(true);
        }
        let holders = self.holders(wanted)?;
        let is_own = |holder: &Holder| matches!(holder, Holder::Agents { of, .. } if of.as_ref() == whose);
        let has_it = holders.iter().any(is_own);
        for holder in &holders {
            let is_free = match holder {
                Holder::Owner(_) => false,
                // The owner may also have given their agent a token or a role.
                Holder::Known { who, by_owner } => {
                    who.kind == ActorKind::Agent
                        && whose.is_none()
                        && (*by_owner || has_it)
                        && handle::same(&who.handle, wanted)
                }
                Holder::Agents { of, .. } => of.as_ref() == whose,
            };
            if !is_free {
                return Ok(false);
            }
        }
        Ok(has_it || whose.is_none() || !is_reserved(wanted))
    }

    /// Whether an agent of this principal already uses this handle, which an older version allowed and this one would
    /// not.
    pub(super) fn known_agent(&self, principal: &Principal, wanted: &str) -> Result<bool> {
        let bearer = bearer(principal).map(serde_json::to_string).transpose()?;
        let mut statement =
            self.conn.prepare_cached("SELECT 1 FROM agent WHERE handle = ?1 AND bearer IS ?2")?;
        Ok(statement.exists(params![wanted, bearer])?)
    }
}

impl Tx<'_> {
    /// Checks a handle under which `maker` adds somebody, and returns it as it is already spelled if the holder exists.
    /// A handle that belongs to somebody else, or that looks like one that does, is a `conflict`.
    pub fn admit(&self, wanted: &Actor, maker: &Principal) -> Result<String> {
        let mut spelt = None;
        let mut taken = None;
        for holder in self.holders(&wanted.handle)? {
            match holder {
                Holder::Owner(handle) => {
                    let is_owner = wanted.kind == ActorKind::Human && maker.is_owner();
                    if !is_owner || !self.is_owners_name(&wanted.handle)? {
                        return Err(taken_by(&handle, &wanted.handle, "the owner of this store"));
                    }
                    spelt = Some(handle);
                }
                Holder::Known { who, .. } => {
                    match who.kind == wanted.kind && handle::same(&who.handle, &wanted.handle) {
                        true => spelt = Some(who.handle),
                        false => taken = Some(taken_by(&who.handle, &wanted.handle, "somebody else")),
                    }
                }
                Holder::Agents { handle, of } => {
                    let is_theirs = match &of {
                        None => maker.is_owner(),
                        Some(bearer) => maker.token().is_some() && maker.actor == *bearer,
                    };
                    let is_same = wanted.kind == ActorKind::Agent && handle::same(&handle, &wanted.handle);
                    // The bearer of an agent's token is that agent.
                    let is_itself =
                        of.is_some_and(|of| of.kind == wanted.kind && handle::same(&of.handle, &handle));
                    if !is_same || !(is_theirs || is_itself) {
                        // A new entry must not conflict with handles that exist.
                        return Err(taken_by(&handle, &wanted.handle, "an agent that works here"));
                    }
                }
            }
        }
        if let Some(spelt) = spelt {
            // A former handle of the owner leads to the owner's current handle.
            return Ok(self.present(&Actor { kind: wanted.kind, handle: spelt })?.handle);
        }
        if let Some(taken) = taken {
            return Err(taken);
        }
        if !maker.is_owner() && is_reserved(&wanted.handle) {
            let message =
                format!("`{}` is reserved for agents of the owner; choose another handle", wanted.handle);
            return Err(StoreError::Conflict(message));
        }
        handle::check(&wanted.handle).map_err(|why| {
            StoreError::Conflict(format!("`{}` is not a valid handle: {why}", wanted.handle))
        })?;
        // A former holder's inbox must not pass to the new holder.
        inbox::leave_nothing(self.conn, wanted)?;
        Ok(wanted.handle.clone())
    }
}

/// Records that agents of somebody use this handle.
pub(super) fn keep_agent(conn: &Connection, principal: &Principal, name: &str) -> Result<()> {
    let bearer = bearer(principal).map(serde_json::to_string).transpose()?;
    let Keys { key, shape } = Keys::of(name);
    conn.prepare_cached("INSERT OR REPLACE INTO agent (handle, bearer, key, shape) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![name, bearer, key, shape])?;
    Ok(())
}

/// The error for a handle that is taken.
fn taken_by(handle: &str, wanted: &str, whose: &str) -> StoreError {
    let like = if handle::same(handle, wanted) { "" } else { ", which looks the same," };
    StoreError::Conflict(format!("`{handle}`{like} is already the handle of {whose}; choose another"))
}

/// The bearer whose agents these are; `None` is the owner.
fn bearer(principal: &Principal) -> Option<&Actor> {
    principal.token().map(|_| &principal.actor)
}

fn is_reserved(wanted: &str) -> bool {
    KNOWN_AGENTS.iter().any(|known| handle::alike(known, wanted))
}

fn actor(row: &rusqlite::Row<'_>) -> rusqlite::Result<Actor> {
    let kind = ActorKind::of_name(row.get_ref(0)?.as_str()?).unwrap_or(ActorKind::System);
    Ok(Actor { kind, handle: row.get(1)? })
}

/// Computes the comparison keys of handles that older versions stored without them.
pub(super) fn fill_in(conn: &Connection) -> Result<()> {
    for table in ["token", "agent"] {
        let mut select = conn.prepare(&format!("SELECT DISTINCT handle FROM {table}"))?;
        let handles = select.query_map([], |row| row.get::<_, String>(0))?;
        for handle in handles.collect::<rusqlite::Result<Vec<_>>>()? {
            let Keys { key, shape } = Keys::of(&handle);
            conn.execute(
                &format!("UPDATE {table} SET key = ?2, shape = ?3 WHERE handle = ?1"),
                params![handle, key, shape],
            )?;
        }
    }
    Ok(())
}
