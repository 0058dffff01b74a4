//! Sessions of agents. Each connection that names an agent has a session with its own handle.
//!
//! Invariant: no two live sessions have handles that look alike. A session is live while its lock is held: the system
//! releases the lock when the process ends for any reason. A session whose lock file was deleted can no longer write.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::id::SessionId;
use workroom_protocol::session::AgentSession;
use workroom_protocol::time::Timestamp;

use super::error::{Result, StoreError};
use super::files;
use super::names;
use super::open;
use super::reader::Read;
use super::rows::{blob, uuid};
use super::view::View;
use super::{Store, inbox};
use workroom_domain::access::{Access, Principal};
use workroom_domain::handle::{self, Keys};

/// A session that has begun or was resumed.
#[derive(Debug, Clone)]
pub struct BegunSession {
    /// Its id.
    pub id: SessionId,
    /// The agent's handle in this session.
    pub handle: String,
    /// The agent's handle without a session number. The agent's roles belong to this handle.
    pub stem: String,
    /// The agent's own name, as a handle.
    pub agent: String,
    /// Held for the life of the session.
    pub lock: Arc<SessionLock>,
}

/// The lock of a live session. While it is held, no other session gets the handle.
#[derive(Debug)]
pub struct SessionLock {
    file: File,
    path: PathBuf,
}

impl SessionLock {
    /// The path of the lock, if other processes can no longer find it there. Another session may then have got the
    /// handle.
    ///
    /// Sessions begin under the store's write lock. So the answer stays correct until the commit for a caller that
    /// holds that lock.
    pub(super) fn lost(&self) -> Option<&Path> {
        let is_lost = match files::identity(&self.path) {
            Ok(found) => self.file.metadata().is_ok_and(|held| files::identity_of(&held) != found),
            // Other errors are those of the disk: they do not say that the file is gone.
            Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
        };
        is_lost.then_some(&self.path)
    }
}

/// The parameters of a new session.
#[derive(Debug, Clone, Copy)]
pub struct SessionRequest<'a> {
    /// The principal whose agent it is.
    pub principal: &'a Principal,
    /// The agent's own name.
    pub agent: &'a str,
    /// The key with which the client resumes its session.
    pub key: Option<&'a str>,
}

// How many handles to try for one agent. Far more than the sessions that one machine runs.
const MAX_NUMBER: u32 = 10_000;

impl Store {
    /// Begins a session, or resumes the one with the same key.
    ///
    /// Uses its own connection to the store: this happens once per client connection, before any write is queued.
    pub fn begin_session(&self, request: SessionRequest<'_>) -> Result<BegunSession> {
        self.files.check()?;
        let mut conn = open::connect(&self.path, self.opening.durability)?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.files.check_version(&tx)?;
        let begun = begin(View::at(&tx, &self.opening.clock), &self.locks(), request)?;
        tx.commit()?;
        self.files.check_committed()?;
        self.feed.committed();
        Ok(begun)
    }

    /// The caller's sessions with these ids, or their live ones.
    pub fn sessions(&self, access: &Access, ids: Option<&[SessionId]>) -> Result<Vec<AgentSession>> {
        let found =
            self.read(Read::LATEST.seen_by(access), |view| view.sessions(access.principal.token(), ids))?;
        let locks = self.locks();
        let mut sessions = Vec::new();
        for (id, mut session) in found {
            session.live = session.live && locks.is_live(id)?;
            if session.live || ids.is_some() {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    fn locks(&self) -> Locks {
        Locks { folder: self.path.with_file_name(FOLDER) }
    }
}

// The maximum number of sessions to return at once. No client needs more.
const MAX_TOLD: usize = 200;

impl View<'_> {
    fn sessions(
        &self,
        principal: Option<Uuid>,
        ids: Option<&[SessionId]>,
    ) -> Result<Vec<(Uuid, AgentSession)>> {
        let principal = principal.map(|token| blob(Some(token)));
        let columns = "id, handle, agent, started_at, live";
        match ids {
            Some(ids) => {
                let sql = format!("SELECT {columns} FROM session WHERE principal IS ?1 AND id = ?2");
                let mut statement = self.conn.prepare_cached(&sql)?;
                let mut found = Vec::new();
                for id in ids.iter().take(MAX_TOLD) {
                    found.extend(statement.query_row(params![principal, blob(id.uuid())], told).optional()?);
                }
                Ok(found)
            }
            None => {
                let sql = format!(
                    "SELECT {columns} FROM session WHERE principal IS ?1 AND live = 1 ORDER BY id LIMIT {MAX_TOLD}"
                );
                let mut statement = self.conn.prepare_cached(&sql)?;
                Ok(statement.query_map(params![principal], told)?.collect::<rusqlite::Result<_>>()?)
            }
        }
    }
}

fn told(row: &Row<'_>) -> rusqlite::Result<(Uuid, AgentSession)> {
    let id = uuid(row, 0)?;
    let session = AgentSession {
        session_id: SessionId::from_uuid(id),
        handle: row.get(1)?,
        agent_id: row.get(2)?,
        started_at: Timestamp::from_millis(row.get(3)?),
        live: row.get(4)?,
    };
    Ok((id, session))
}

fn begin(view: View<'_>, locks: &Locks, request: SessionRequest<'_>) -> Result<BegunSession> {
    let SessionRequest { principal, agent, key } = request;
    let conn = view.conn;
    let agent = match principal.token() {
        // The bearer of an agent's token is that agent, regardless of the name it gives.
        Some(_) if principal.actor.kind == ActorKind::Agent => principal.actor.handle.clone(),
        _ if view.known_agent(principal, agent)? => agent.to_owned(),
        _ => handle::of_name(agent),
    };
    let digest = key.map(|key| digest(principal, &agent, key));
    let known = digest.map(|digest| session_of_key(conn, &digest)).transpose()?.flatten();
    let id = known.as_ref().map_or_else(|| view.clock.new_id(), |(id, _)| *id);
    // Taken before anybody can see the row, so that the session counts as live from the beginning.
    let lock = Arc::new(locks.share(id)?);
    let named = name(&view, locks, principal, &agent, id, known.as_ref().map(|(_, handle)| &**handle))?;
    let Keys { key, shape } = Keys::of(&named.handle);
    if known.is_none() && (named.handle != named.stem || view.is_free(&named.handle)?) {
        // The inbox of a previous holder of this handle must not pass to the new one.
        inbox::leave_nothing(conn, &Actor { kind: ActorKind::Agent, handle: named.handle.clone() })?;
    }
    conn.prepare_cached(
        "INSERT INTO session (id, principal, agent, stem, handle, key, shape, digest, live, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9)
         ON CONFLICT (id) DO UPDATE SET stem = ?4, handle = ?5, key = ?6, shape = ?7, live = 1",
    )?
    .execute(params![
        blob(Some(id)),
        principal.token().map(|token| blob(Some(token))),
        agent,
        named.stem,
        named.handle,
        key,
        shape,
        digest.as_ref().map(|digest| &digest[..]),
        view.now().millis(),
    ])?;
    for name in [&named.stem, &named.handle] {
        names::keep_agent(conn, principal, name)?;
    }
    Ok(BegunSession { id: SessionId::from_uuid(id), handle: named.handle, stem: named.stem, agent, lock })
}

/// The digest of a session key. The key works only with the same credential and for the same agent.
fn digest(principal: &Principal, agent: &str, key: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    let whose = principal.token().map_or_else(|| b"owner".to_vec(), |token| token.as_bytes().to_vec());
    for part in [b"workroom session", &*whose, agent.as_bytes(), key.as_bytes()] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn session_of_key(conn: &Connection, digest: &[u8; 32]) -> Result<Option<(Uuid, String)>> {
    Ok(conn
        .prepare_cached("SELECT id, handle FROM session WHERE digest = ?1")?
        .query_row([&digest[..]], |row| Ok((uuid(row, 0)?, row.get(1)?)))
        .optional()?)
}

struct Name {
    stem: String,
    handle: String,
}

/// The handle of an agent in a session: its own name, or the name with a number. A resumed session keeps its handle,
/// unless another session has taken it.
fn name(
    view: &View<'_>,
    locks: &Locks,
    principal: &Principal,
    agent: &str,
    id: Uuid,
    before: Option<&str>,
) -> Result<Name> {
    let mut stem = None;
    let mut first_free = None;
    for number in 1..=MAX_NUMBER {
        let candidate = match (number, principal.token()) {
            (1, _) => agent.to_owned(),
            // Agents of several people may have the same name.
            (2, Some(_)) if principal.actor.kind != ActorKind::Agent => {
                named_after(&principal.actor.handle, agent)
            }
            (number, Some(_)) if principal.actor.kind != ActorKind::Agent => {
                format!("{}-{}", named_after(&principal.actor.handle, agent), number - 1)
            }
            (number, _) => format!("{agent}-{number}"),
        };
        if !view.may_name(principal, &candidate)? {
            continue;
        }
        stem.get_or_insert_with(|| candidate.clone());
        if !is_used(view.conn, locks, &candidate, id)? {
            first_free = Some(candidate);
            break;
        }
    }
    let (Some(stem), Some(first_free)) = (stem, first_free) else {
        return Err(StoreError::Conflict(format!("every handle for the agent `{agent}` is taken")));
    };
    let before = match before {
        Some(before) if view.may_name(principal, before)? && !is_used(view.conn, locks, before, id)? => {
            Some(before)
        }
        _ => None,
    };
    Ok(Name { handle: before.map_or(first_free, str::to_owned), stem })
}

/// The handle of somebody's agent, shortened to the maximum length.
fn named_after(bearer: &str, agent: &str) -> String {
    if agent.starts_with(&format!("{bearer}-")) {
        return agent.to_owned();
    }
    handle::of_name(&format!("{bearer}-{agent}"))
}

/// Whether another live session has a handle that looks like this one. Sessions that are no longer live are marked as
/// ended.
fn is_used(conn: &Connection, locks: &Locks, wanted: &str, id: Uuid) -> Result<bool> {
    let Keys { key, shape } = Keys::of(wanted);
    let mut statement = conn.prepare_cached(
        "SELECT id FROM session WHERE live = 1 AND (key IN (?1, ?2) OR shape IN (?1, ?2)) AND id <> ?3",
    )?;
    let rows = statement.query_map(params![key, shape, blob(Some(id))], |row| uuid(row, 0))?;
    let others = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    for other in others {
        if locks.is_live(other)? {
            return Ok(true);
        }
        conn.prepare_cached("UPDATE session SET live = 0 WHERE id = ?1")?.execute([blob(Some(other))])?;
        locks.clear(other);
    }
    Ok(false)
}

/// The folder of the locks, beside the store.
const FOLDER: &str = "sessions";

/// The locks, one per session. They are taken, and found free, under the store's write lock. They are also examined
/// without it.
struct Locks {
    folder: PathBuf,
}

impl Locks {
    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.simple().to_string())
    }

    /// Takes the shared lock of a session.
    fn share(&self, id: Uuid) -> Result<SessionLock> {
        let path = self.path(id);
        let failed = |error: &io::Error| StoreError::cannot_open(&path, error);
        fs::create_dir_all(&self.folder).map_err(|error| failed(&error))?;
        let file = options().create(true).open(&path).map_err(|error| failed(&error))?;
        // A process that checks whether the lock is free holds it for a moment.
        file.lock_shared().map_err(|error| failed(&error))?;
        Ok(SessionLock { file, path })
    }

    /// Whether any process holds the lock of a session.
    fn is_live(&self, id: Uuid) -> Result<bool> {
        let path = self.path(id);
        let file = match options().open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::cannot_open(&path, &error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(StoreError::cannot_open(&path, &error)),
        }
    }

    /// Removes the lock file of a session that has ended.
    fn clear(&self, id: Uuid) {
        // If it remains, the next check finds it free as well.
        let _ = fs::remove_file(self.path(id));
    }
}

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    }
    options
}
