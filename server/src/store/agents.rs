//! Whose agents there are. Agents that bear no token are told apart by their handles alone, and what one of them asks
//! for is its own: a handle is that of the agents of one person.

use rusqlite::{OptionalExtension, params};
use workroom_protocol::actor::Actor;

use super::error::{Result, StoreError};
use super::eyes::{Asker, Pass};
use super::view::View;
use super::writer::Tx;

/// Whoever names the agents of a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Principal {
    /// The person at this machine.
    Owner,
    /// Whoever bears a token.
    Bearer(Actor),
}

impl Principal {
    fn of(pass: &Pass) -> Self {
        match pass {
            Pass::Owner(_) | Pass::Agent(_) => Self::Owner,
            Pass::Token(_, bearer) => Self::Bearer(bearer.clone()),
        }
    }
}

impl View<'_> {
    /// Whether agents of somebody else than whoever comes with this pass have written under a handle.
    pub fn is_anothers_agent(&self, handle: &str, pass: &Pass) -> Result<bool> {
        Ok(self.principal(handle)?.is_some_and(|known| known != Principal::of(pass)))
    }

    fn principal(&self, handle: &str) -> Result<Option<Principal>> {
        let mut statement = self.conn.prepare_cached("SELECT bearer FROM agent WHERE handle = ?1")?;
        let found: Option<Option<String>> = statement.query_row([handle], |row| row.get(0)).optional()?;
        let of = |bearer: Option<String>| match bearer {
            Some(bearer) => serde_json::from_str(&bearer).map(Principal::Bearer),
            None => Ok(Principal::Owner),
        };
        Ok(found.map(of).transpose()?)
    }
}

impl Tx<'_> {
    /// Makes the handle of the agent that somebody names theirs. That of somebody else's is refused, but to the person
    /// at this machine, who comes first.
    pub(super) fn claim_agent(&self, asker: &Asker) -> Result<()> {
        let Some(handle) = &asker.agent else { return Ok(()) };
        let claims = Principal::of(&asker.pass);
        match self.principal(handle)? {
            Some(known) if known == claims => return Ok(()),
            Some(_) if claims != Principal::Owner => {
                return Err(StoreError::Forbidden(format!("`{handle}` is somebody else's agent")));
            }
            Some(_) | None => {}
        }
        let bearer = match &claims {
            Principal::Owner => None,
            Principal::Bearer(bearer) => Some(serde_json::to_string(bearer)?),
        };
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO agent (handle, bearer) VALUES (?1, ?2)")?
            .execute(params![handle, bearer])?;
        Ok(())
    }
}
