//! The schema of the store, version by version.

use rand::TryRngCore;
use rusqlite::{Connection, TransactionBehavior};

use super::error::{Result, StorageReason, StoreError};
use super::event_row;
use super::open::past_locks;
use super::owner;
use super::projection;

/// One script per version. `user_version` counts the scripts that have run. The projections have their own script: they
/// are rebuilt from the log whenever it changes, so migrations ignore them.
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
// The first version whose events link to the events before them.
const LINKED: u32 = 7;
// The first version with an owner and with sessions of agents.
const OWNED: u32 = 8;

/// The version of the projections' script. Raise it with every change of `projections.sql`, except to its comments.
const PROJECTIONS: u32 = 9;

/// The version of the stores that this program writes: the value of `user_version`.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32 * VERSIONS_PER_MIGRATION + PROJECTIONS;

// More versions than the projections will ever have between two migrations.
const VERSIONS_PER_MIGRATION: u32 = 1000;

// "WkRm": distinguishes a store from any other SQLite file.
const APPLICATION_ID: i32 = 0x576b_526d;

/// Reports the progress of a migration: the number of events replayed, and the total.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Migrates the file to [`SCHEMA_VERSION`]. Leaves a store of a newer version, or a file that is not a store,
/// unchanged. Returns whether the file was empty, which means that the store is new.
pub(super) fn migrate(conn: &mut Connection, progress: Progress<'_>) -> Result<bool> {
    if is_current(conn)? {
        return Ok(false);
    }
    // Must come before the first table: the mode cannot be changed inside a transaction, and the file keeps it.
    keep_log(conn)?;
    // Several processes may open a new store at once: the first one migrates it, and the others find it migrated.
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
    // Created once and kept for the life of the store, so that the digests of actions stay the same.
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

/// Switches the store to a write-ahead log. A copy made by another program may lack one.
pub(super) fn keep_log(conn: &Connection) -> Result<()> {
    let mode: String =
        past_locks(|| conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::storage(StorageReason::Io, "the file system has no write-ahead logging"));
    }
    Ok(())
}

/// The name in `meta` of the key of the digests of actions.
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

/// Whether nothing needs to be migrated. Fails for a file that must not be changed.
pub(super) fn is_current(conn: &Connection) -> Result<bool> {
    // One consistent state for all checks, because another process may migrate the store at this moment.
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
        let message = format!(
            "the store has version {version}, this program supports {SCHEMA_VERSION}; use a newer one"
        );
        return Err(StoreError::storage(StorageReason::NewerVersion, message));
    }
    Ok(false)
}

/// Fails if the version of the store has changed since this process opened it.
pub(super) fn check_running(conn: &Connection) -> Result<()> {
    let version: i64 = conn.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?;
    if version == i64::from(SCHEMA_VERSION) {
        return Ok(());
    }
    let (reason, message) = if version > i64::from(SCHEMA_VERSION) {
        let message = format!(
            "a newer version of Workroom migrated the store to version {version} while this server, which supports \
             {SCHEMA_VERSION}, had it open; restart the server with the newer program"
        );
        (StorageReason::NewerVersion, message)
    } else {
        let message = format!("the store was replaced by one of version {version}; restart the server");
        (StorageReason::Replaced, message)
    };
    Err(StoreError::storage(reason, message))
}

/// Explains an error. What looks like damage, or like a bug of this program, may come from a newer version that changed
/// the tables while this process ran.
pub(super) fn explain(conn: &Connection, error: StoreError) -> StoreError {
    match error {
        StoreError::Storage { reason: StorageReason::Corrupt, .. } | StoreError::Internal(_) => {
            is_current(conn).err().unwrap_or(error)
        }
        error => error,
    }
}

/// Whether the file is still empty.
fn is_empty(conn: &Connection, application: i32, version: i64) -> Result<bool> {
    let tables: u32 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application == 0 && version == 0 && tables == 0)
}

/// The version may be negative if another program wrote it.
pub(super) fn user_version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}
