//! Retries: the same key with the same body returns the first result.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use workroom_protocol::id::WorkroomId;

use super::error::{Result, StoreError};
use super::keys::RoomKey;
use super::rows::uuid;
use super::view::View;
use super::writer::Tx;

/// The idempotency key of a write.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// The owner of the key. Different callers may use equal keys.
    pub owner: KeyOwner,
    /// The key.
    pub key: String,
    /// A digest of the method and its params, without the key.
    pub body: [u8; 32],
}

/// The owner of a key. It is a list of strings, so that no choice of names can make two callers equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOwner {
    /// The caller.
    now: String,
    /// The caller as recorded before agents had sessions.
    before: Option<String>,
}

impl KeyOwner {
    /// The owner of the store.
    pub fn owner() -> Self {
        Self { now: list(&["owner"]), before: None }
    }

    /// The bearer of a token.
    pub fn token(token: Uuid) -> Self {
        Self { now: list(&["token", &hex(token)]), before: None }
    }

    /// A session of an agent, which authenticated with a token or belongs to the local owner.
    pub fn session(id: &str, token: Option<Uuid>, agent: &str) -> Self {
        let agent = agent.to_lowercase();
        let before = match token {
            Some(token) => list(&["token", &hex(token), "agent", &agent]),
            None => list(&["agent", &agent]),
        };
        Self { now: list(&["session", id]), before: Some(before) }
    }
}

fn list(parts: &[&str]) -> String {
    Value::from(parts.to_vec()).to_string()
}

fn hex(token: Uuid) -> String {
    token.simple().to_string()
}

impl IdempotencyKey {
    /// The key of a write whose body is `parts`.
    pub fn new(owner: KeyOwner, key: String, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self { owner, key, body: digest.finalize().into() }
    }
}

impl View<'_> {
    /// The result of the first write with this key, if there is one and the caller may still see its workrooms. A
    /// different body is a conflict.
    pub fn first_result(&self, key: &IdempotencyKey) -> Result<Option<String>> {
        let KeyOwner { now, before } = &key.owner;
        let mut found = self.result_of(now, &key.key)?;
        if let (None, Some(before)) = (&found, before) {
            found = self.result_of(before, &key.key)?;
        }
        let Some((body, result, rooms)) = found else { return Ok(None) };
        for room in serde_json::from_str::<Vec<i64>>(&rooms)? {
            // The caller may no longer see a workroom of the result. The result is withheld, and the repeated write is
            // refused like any other.
            let room = self.current_workroom(RoomKey::of_row(room))?;
            if self.enter(room, "workroom", "").is_err() {
                return Ok(None);
            }
        }
        if body != key.body {
            return Err(StoreError::Conflict(format!(
                "idempotency key `{}` was used with another body",
                key.key
            )));
        }
        Ok(Some(result))
    }

    fn result_of(&self, owner: &str, key: &str) -> Result<Option<(Vec<u8>, String, String)>> {
        Ok(self
            .conn
            .prepare_cached("SELECT body, result, rooms FROM idempotency WHERE caller = ?1 AND key = ?2")?
            .query_row([owner, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?)
    }
}

impl Tx<'_> {
    /// Stores the result for retries, and the workrooms in which it was written.
    pub fn keep_result(&self, key: &IdempotencyKey, result: &str, rooms: &BTreeSet<RoomKey>) -> Result<()> {
        let rooms: Vec<_> = rooms.iter().map(|room| room.row()).collect();
        let rooms = serde_json::to_string(&rooms)?;
        let kept = self
            .conn
            .prepare_cached(
                "INSERT INTO idempotency (caller, key, body, result, rooms) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![key.owner.now, key.key, key.body, result, rooms])?;
        match kept {
            1 => Ok(()),
            // The first result is about a workroom that the caller no longer sees.
            _ => Err(StoreError::NotFound { what: "workroom", id: "of this idempotency key".into() }),
        }
    }
}

/// Migrates the keys of a version that distinguished callers by strings that clients could choose.
pub(super) fn take_over(conn: &Connection, owner: Option<&str>) -> Result<()> {
    let mut tokens = HashMap::new();
    let mut select = conn.prepare("SELECT id, kind, handle FROM token")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        tokens.insert(hex(uuid(row, 0)?), (row.get::<_, String>(1)?, row.get::<_, String>(2)?));
    }
    let mut select = conn.prepare("SELECT caller, key, result FROM idempotency")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (caller, key, result) in rows.collect::<rusqlite::Result<Vec<(String, String, String)>>>()? {
        let rooms = serde_json::to_string(&rooms_of(conn, &result)?)?;
        // If two keys become equal, the first is kept.
        conn.prepare_cached(
            "UPDATE OR IGNORE idempotency SET caller = ?3, rooms = ?4 WHERE caller = ?1 AND key = ?2",
        )?
        .execute(params![caller, key, taken_over(&caller, owner, &tokens), rooms])?;
    }
    Ok(())
}

fn taken_over(caller: &str, owner: Option<&str>, tokens: &HashMap<String, (String, String)>) -> String {
    let Some((kind, rest)) = caller.split_once(':') else { return list(&["unknown", caller]) };
    let (kind, whole) = (kind.to_lowercase(), rest.to_lowercase());
    if let Some((handle, token)) = whole.rsplit_once(':')
        && let Some((of_kind, of_handle)) = tokens.get(token)
    {
        let is_bearer = *of_kind == kind && of_handle.to_lowercase() == handle;
        return if is_bearer { list(&["token", token]) } else { list(&["token", token, "agent", handle]) };
    }
    match kind.as_str() {
        "human" if owner.is_some_and(|owner| owner.to_lowercase() == whole) => list(&["owner"]),
        kind => list(&[kind, &whole]),
    }
}

/// The rows of the workrooms of a result, which may be one event, several events, or an object in a workroom.
fn rooms_of(conn: &Connection, result: &str) -> Result<BTreeSet<i64>> {
    let mut rooms = BTreeSet::new();
    let result: Value = serde_json::from_str(result)?;
    let mut of_event = conn.prepare_cached("SELECT workroom FROM event WHERE seq = ?1")?;
    let seqs = result.as_array().cloned().unwrap_or_else(|| vec![result.clone()]);
    for seq in seqs.iter().filter_map(Value::as_u64) {
        rooms.extend(of_event.query_row([seq], |row| row.get::<_, i64>(0)).optional()?);
    }
    let mut of_room = conn.prepare_cached(
        "SELECT workroom FROM event WHERE kind = 'workroom_created'
           AND json_extract(json, '$.workroom_id') = ?1 AND workroom = seq",
    )?;
    let ids = [result.get("workroom_id"), result.get("id")];
    let named =
        ids.into_iter().flatten().filter_map(Value::as_str).filter(|id| id.starts_with(WorkroomId::PREFIX));
    for id in named {
        rooms.extend(of_room.query_row([id], |row| row.get::<_, i64>(0)).optional()?);
    }
    Ok(rooms)
}

/// The token with which an event was written, if any.
pub(super) fn token_of_event(view: View<'_>, seq: u64) -> Result<Option<Uuid>> {
    let mut statement = view.conn.prepare_cached(
        "SELECT token, first_seq FROM audit WHERE token IS NOT NULL AND last_seq >= ?1 ORDER BY last_seq LIMIT 1",
    )?;
    let found = statement.query_row([seq], |row| Ok((uuid(row, 0)?, row.get::<_, u64>(1)?))).optional()?;
    // Ranges of events that tokens wrote do not overlap.
    Ok(found.filter(|(_, first)| *first <= seq).map(|(token, _)| token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_choice_of_names_makes_two_callers_one() {
        let token = Uuid::from_u128(7);
        let of_token = KeyOwner::session("ses_1", Some(token), "codex");
        let local = KeyOwner::session("ses_2", None, &format!("codex:{}", hex(token)));
        assert_ne!(of_token.now, local.now);
        assert_ne!(of_token.before, local.before);
    }

    #[test]
    fn callers_of_older_versions_keep_their_keys() {
        let token = hex(Uuid::from_u128(7));
        let tokens = HashMap::from([(token.clone(), ("human".to_owned(), "Bob".to_owned()))]);
        let now = |caller: &str| taken_over(caller, Some("ada"), &tokens);
        assert_eq!(now("Human:ada"), KeyOwner::owner().now);
        assert_eq!(now(&format!("Human:Bob:{token}")), KeyOwner::token(Uuid::from_u128(7)).now);
        assert_eq!(
            Some(now(&format!("Agent:scout:{token}"))),
            KeyOwner::session("s", Some(Uuid::from_u128(7)), "scout").before
        );
        assert_eq!(Some(now("Agent:Codex")), KeyOwner::session("s", None, "codex").before);
        assert_eq!(now("Human:zoe"), list(&["human", "zoe"]));
    }
}
