//! The schema of the store, version by version.

use rand::TryRngCore;
use rusqlite::{Connection, TransactionBehavior};

use super::error::{Result, StorageReason, StoreError};
use super::event_row;
use super::open::past_locks;
use super::owner;
use super::projection;

/// One script a version; `user_version` counts those that have run. Projections have a script of their own:
/// they are created anew from the log whenever their script has changed, so no migration speaks of them.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    super::inbox::STATE_SCHEMA,
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0011.sql"),
];
// The first version whose events name those before them.
const LINKED: u32 = 7;
// The first version that knows its owner, and the sessions of agents.
const OWNED: u32 = 8;

/// The version of the projections' script. Raise it with every change of `projections.sql`.
const PROJECTIONS: u32 = 9;

/// The version of a store that this program writes: what `user_version` holds.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32 * VERSIONS_PER_MIGRATION + PROJECTIONS;

// More than the projections will ever have versions between two migrations.
const VERSIONS_PER_MIGRATION: u32 = 1000;

// "WkRm": tells a store from any other SQLite file.
const APPLICATION_ID: i32 = 0x576b_526d;

/// Says how far a migration is: events replayed, of how many.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Brings the file to [`SCHEMA_VERSION`]. A store of a newer version, or a file that is no store, is left as it is.
/// Says whether it was empty: then the store is new.
pub(super) fn migrate(conn: &mut Connection, progress: Progress<'_>) -> Result<bool> {
    if is_current(conn)? {
        return Ok(false);
    }
    // Before the first table: it cannot be changed inside a transaction, and survives in the file.
    keep_log(conn)?;
    // Several processes may open a new store at once: the first one migrates, the others find it done.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_current(&tx)? {
        return Ok(false);
    }
    let version = user_version(&tx)?;
    let version = u32::try_from(version).map_err(|error| StoreError::Internal(error.to_string()))?;
    let (tables, projections) = (version / VERSIONS_PER_MIGRATION, version % VERSIONS_PER_MIGRATION);
    for script in &MIGRATIONS[tables as usize..] {
        tx.execute_batch(script)?;
    }
    if tables == 0 {
        let epoch = uuid::Uuid::new_v4().simple().to_string();
        tx.execute("INSERT INTO meta (key, value) VALUES ('epoch', ?1)", [epoch])?;
    }
    // Made once, and kept for as long as the store is: the digests of actions must stay what they were.
    let key: [u8; 32] = random()?;
    tx.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
        (DIGEST_KEY, hex(&key)),
    )?;
    if tables < LINKED {
        event_row::link_all(&tx)?;
    }
    if tables < OWNED {
        owner::take_over(&tx)?;
    }
    if tables as usize != MIGRATIONS.len() || projections != PROJECTIONS {
        projection::rebuild(&tx, progress)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    tx.commit()?;
    Ok(tables == 0)
}

/// Gives the store a write-ahead log: a copy that another program has made may have none.
pub(super) fn keep_log(conn: &Connection) -> Result<()> {
    let mode: String =
        past_locks(|| conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::storage(StorageReason::Io, "the file system has no write-ahead logging"));
    }
    Ok(())
}

/// What `meta` calls the key of the digests of actions.
pub(super) const DIGEST_KEY: &str = "digest_key";

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let filled = rand::rngs::OsRng.try_fill_bytes(&mut bytes);
    filled.map_err(|error| StoreError::Internal(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether there is nothing to migrate. Fails on what must not be touched.
pub(super) fn is_current(conn: &Connection) -> Result<bool> {
    // One state for all that is looked at: another process may migrate the store at this moment.
    let _state = if conn.is_autocommit() { Some(conn.unchecked_transaction()?) } else { None };
    let version = user_version(conn)?;
    let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application == APPLICATION_ID && version == i64::from(SCHEMA_VERSION) {
        return Ok(true);
    }
    let is_store = application == APPLICATION_ID && version >= i64::from(VERSIONS_PER_MIGRATION);
    if !is_store && !is_empty(conn, application, version)? {
        return Err(StoreError::storage(StorageReason::NotAStore, "the file is not a store of Workroom"));
    }
    if version > i64::from(SCHEMA_VERSION) {
        let message =
            format!("the store has version {version}, this program knows {SCHEMA_VERSION}; use a newer one");
        return Err(StoreError::storage(StorageReason::NewerVersion, message));
    }
    Ok(false)
}

/// Fails when the store is not of the version that this process has opened it as, any more.
pub(super) fn check_running(conn: &Connection) -> Result<()> {
    let version: i64 = conn.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?;
    if version == i64::from(SCHEMA_VERSION) {
        return Ok(());
    }
    let (reason, message) = if version > i64::from(SCHEMA_VERSION) {
        let message = format!(
            "a newer Workroom has brought the store to version {version} while this server had it open, which knows \
             {SCHEMA_VERSION}; restart the server, with the newer program"
        );
        (StorageReason::NewerVersion, message)
    } else {
        let message = format!("the store was replaced by one of version {version}; restart the server");
        (StorageReason::Replaced, message)
    };
    Err(StoreError::storage(reason, message))
}

/// What looks like damage, or like a fault of this program, is none where a newer version has changed the tables beside
/// this process.
pub(super) fn explain(conn: &Connection, error: StoreError) -> StoreError {
    match error {
        StoreError::Storage { reason: StorageReason::Corrupt, .. } | StoreError::Internal(_) => {
            is_current(conn).err().unwrap_or(error)
        }
        error => error,
    }
}

/// Whether nobody has written to the file yet.
fn is_empty(conn: &Connection, application: i32, version: i64) -> Result<bool> {
    let tables: u32 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application == 0 && version == 0 && tables == 0)
}

/// What other programs put there may be negative.
pub(super) fn user_version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}
