//! The participants of a thread.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use workroom_protocol::actor::{Actor, AgentAttribution};
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::id::SessionId;
use workroom_protocol::resolve::Participant;

use super::error::Result;
use super::log::Author;
use super::view::{Scope, View};
use workroom_domain::open_items;

/// An actor together with its agent and model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Who {
    actor: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<AgentAttribution>,
    /// Whether they took part in another log. Somebody with the same name here is a different participant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
    #[serde(skip)]
    session_id: Option<SessionId>,
}

impl Who {
    pub(super) fn of_author(author: &Author) -> Self {
        Self {
            actor: author.actor.clone(),
            agent: author.agent.clone(),
            imported: false,
            session_id: author.session_id.clone(),
        }
    }

    pub(super) fn of(event: &WorkroomEvent) -> Self {
        Self {
            actor: event.actor.clone(),
            agent: event.agent.clone(),
            imported: event.imported.is_some(),
            session_id: event.session_id.clone(),
        }
    }

    /// The key of the actor, independent of the model: an agent may fix its own failure with another model. What a
    /// session began stays with that session.
    pub(super) fn key(&self) -> String {
        if let Some(SessionId(session)) = &self.session_id {
            return session.clone();
        }
        format!("{:?}:{}", self.actor.kind, self.actor.handle)
    }

    /// Counts one event by this participant, and returns their number of events in the thread.
    pub(super) fn count(&self, conn: &Connection, workroom: i64, thread: i64, seq: u64) -> Result<u64> {
        Ok(conn
            .prepare_cached(
                "INSERT INTO participant (thread, who, workroom, events, last_seq) VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT DO UPDATE SET events = events + 1, last_seq = excluded.last_seq RETURNING events",
            )?
            .query_row(params![thread, serde_json::to_string(self)?, workroom, seq], |row| row.get(0))?)
    }
}

/// The prefix of the key of an imported event's actor.
pub(super) const IMPORTED: &str = "imported:";

/// The key of an event's actor. The actor of an imported event differs from an actor with the same name here, or in
/// another log.
pub(super) fn key_of(event: &WorkroomEvent) -> String {
    let key = Who::of(event).key();
    match reach(event) {
        Some(reach) => reach + &key,
        None => key,
    }
}

/// The prefix of the keys that an event reaches, see `open_items::reaches`; `None` if it reaches all.
pub(super) fn reach(event: &WorkroomEvent) -> Option<String> {
    // Quoted, so that no origin is a prefix of another one.
    open_items::origin(event).map(|origin| format!("{IMPORTED}{origin:?}:"))
}

impl View<'_> {
    /// The participants, most recent first, and how many there are beyond the first `limit`.
    pub fn participants(&self, scope: Scope, limit: usize) -> Result<(Vec<Participant>, u64)> {
        let (column, row) = scope.column();
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT who, sum(events), max(last_seq) FROM participant WHERE {column} = ?1 GROUP BY who
             ORDER BY max(last_seq) DESC"
        ))?;
        let mut rows = statement.query([row])?;
        let mut participants = Vec::new();
        let mut omitted = 0;
        while let Some(row) = rows.next()? {
            if participants.len() >= limit {
                omitted += 1;
                continue;
            }
            let who: Who = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            participants.push(Participant {
                handle: who.actor.handle,
                kind: who.actor.kind,
                agent: who.agent,
                imported: who.imported,
                events: row.get(1)?,
                last_seq: row.get(2)?,
            });
        }
        Ok((participants, omitted))
    }
}
