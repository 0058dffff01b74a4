//! Checks whether the store is intact, and repairs what can be repaired.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use workroom_protocol::event::WorkroomEvent;

use super::error::{Result, StorageReason, StoreError};
use super::event_row::{self, COLUMNS, Link};
use super::inbox;
use super::migrate::{self, Progress};
use super::open::{FILE_NAME, connect};
use super::projection;
use super::rows::uuid;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// How many events the log has.
    pub events: u64,
    /// Damage in the file or the log; empty when there is none. Only restoring a backup fixes it.
    pub damage: Vec<String>,
    /// The projections that differ from the log; empty when none do. A repair rebuilds them.
    pub stale: Vec<String>,
    /// Whether the projections were rebuilt.
    pub repaired: bool,
}

impl CheckReport {
    /// Whether nothing remains to be repaired.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && (self.stale.is_empty() || self.repaired)
    }
}

// More findings of one kind add no information.
const MAX_FINDINGS: usize = 20;

/// Checks the store in `folder`: the file, the log, and the projections against the log. With `repair`, projections
/// that differ are rebuilt in one transaction.
pub fn check(folder: &Path, repair: bool, progress: Progress<'_>) -> Result<CheckReport> {
    let path = folder.join(FILE_NAME);
    if !path.exists() {
        return Err(StoreError::storage(
            StorageReason::CannotOpen,
            format!("no store at {}", path.display()),
        ));
    }
    let opened = connect(&path, Default::default()).and_then(|mut conn| {
        if !migrate::is_current(&conn)? {
            migrate::migrate(&mut conn, progress)?;
        }
        Ok(conn)
    });
    let mut conn = match opened {
        Err(StoreError::Storage { reason: StorageReason::Corrupt | StorageReason::Io, .. }) => {
            let damage = "its first pages cannot be read, so nothing else can; restore a backup";
            return Ok(CheckReport { damage: vec![damage.into()], ..CheckReport::default() });
        }
        opened => opened?,
    };
    let mut report = CheckReport::default();
    {
        // One consistent state for all comparisons, while other processes keep writing.
        let tx = conn.transaction()?;
        // Damage inside the search index can be repaired, because the index is derived from the log.
        let findings = or_damage(integrity(&tx), "the file cannot be read to its end")?;
        let (of_search, of_file): (Vec<_>, _) = findings.into_iter().partition(|f| is_of_search(f));
        report.damage = of_file;
        report.damage.extend(or_damage(log_damage(&tx), "the log cannot be read to its end")?);
        if report.damage.is_empty() {
            report.events = tx.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
        }
        if report.damage.is_empty() {
            // An unnamed database: SQLite moves it to disk when it grows large, and deletes it when it is closed.
            let rebuilt = Connection::open("")?;
            // Building the inboxes reads events from the log. That is safe because events never change.
            rebuilt.execute("ATTACH ?1 AS log", [path.to_string_lossy()])?;
            // One transaction, because the rebuild makes many small writes and nobody reads them before the end.
            rebuilt.execute_batch("BEGIN")?;
            rebuilt.execute_batch(projection::SCHEMA)?;
            inbox::copy_state(&tx, &rebuilt)?;
            projection::replay(&tx, &rebuilt, progress)?;
            for table in projection::TABLES {
                let known = table == "search" && !of_search.is_empty();
                if known || differs(&tx, &rebuilt, table)? {
                    report.stale.push(table.into());
                }
            }
        }
    }
    if repair && report.damage.is_empty() && !report.stale.is_empty() {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        projection::rebuild(&tx, progress)?;
        tx.commit()?;
        report.repaired = true;
    }
    Ok(report)
}

/// Returns the findings, or reports `damage` if looking for them fails because of the damage.
fn or_damage(findings: Result<Vec<String>>, damage: &str) -> Result<Vec<String>> {
    match findings {
        Err(StoreError::Storage { reason: StorageReason::Corrupt | StorageReason::Io, .. }) => {
            Ok(vec![damage.into()])
        }
        findings => findings,
    }
}

fn integrity(conn: &Connection) -> Result<Vec<String>> {
    // Not as a table-valued function: that one reads its argument as the name of a table.
    let mut statement = conn.prepare(&format!("PRAGMA integrity_check({MAX_FINDINGS})"))?;
    let findings = statement.query_map([], |row| row.get::<_, String>(0));
    let findings = match findings.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>) {
        Ok(findings) => findings,
        Err(error) => vec![error.to_string()],
    };
    Ok(findings.into_iter().filter(|finding| finding != "ok").collect())
}

/// Whether a finding is about the search index. The index is the only FTS5 table, and its findings contain that name.
fn is_of_search(finding: &str) -> bool {
    finding.to_ascii_lowercase().contains("fts5")
}

/// Damage that no version of Workroom could have written: gaps, and events that cannot be read or are in the wrong row.
fn log_damage(conn: &Connection) -> Result<Vec<String>> {
    let mut damage = Vec::new();
    let mut statement = conn.prepare(&format!("SELECT {COLUMNS} FROM event ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut ends = Ends::default();
    while let Some(row) = rows.next()? {
        let (link, _) = Link::read(row)?;
        let seq = link.seq;
        if seq != ends.log + 1 {
            damage.push(missing(ends.log + 1, seq.saturating_sub(1)));
            ends.missing.push(ends.log + 1..seq);
        } else if !ends.adjoins(&link) {
            damage.push(format!("event {seq} does not follow the events before it"));
        }
        ends.move_to(&link);
        let text = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?)).unwrap_or_default();
        match serde_json::from_str::<WorkroomEvent>(text("json")) {
            Err(error) => damage.push(format!("event {seq} cannot be read: {error}")),
            Ok(event) => {
                let as_written = event_row::read(row).is_ok();
                let same = event.seq == seq
                    && event.kind.name() == text("kind")
                    && event.id.uuid() == uuid(row, "id").ok();
                if !(as_written && same) {
                    damage.push(format!("event {seq} does not match its row"));
                }
            }
        }
        if damage.len() >= MAX_FINDINGS {
            return Ok(damage);
        }
    }
    if let Some(known) = projection::end_of_lists(conn).filter(|known| *known > ends.log) {
        damage.push(missing(ends.log + 1, known));
    }
    Ok(damage)
}

fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("event {first} is missing")
    } else {
        format!("events {first} to {last} are missing")
    }
}

/// The end of the log, and the last event of each workroom and thread.
#[derive(Default)]
struct Ends {
    log: u64,
    workrooms: HashMap<i64, u64>,
    threads: HashMap<i64, u64>,
    /// Gaps in the log. Each is one finding, so events after it do not add more.
    missing: Vec<Range<u64>>,
}

impl Ends {
    /// Whether an event links to the events directly before it.
    fn adjoins(&self, link: &Link) -> bool {
        let ends_at = |ends: &HashMap<i64, u64>, row, before| {
            before == ends.get(&row).copied().unwrap_or_default()
                || self.missing.iter().any(|gap| gap.contains(&before))
        };
        ends_at(&self.workrooms, link.workroom, link.workroom_before)
            && match (link.thread, link.thread_before) {
                (Some(thread), Some(before)) => ends_at(&self.threads, thread, before),
                (thread, before) => thread.is_none() && before.is_none(),
            }
    }

    fn move_to(&mut self, link: &Link) {
        self.log = link.seq;
        self.workrooms.insert(link.workroom, link.seq);
        if let Some(thread) = link.thread {
            self.threads.insert(thread, link.seq);
        }
    }
}

/// Whether a projection's rows differ from those of the rebuilt one.
fn differs(stored: &Connection, rebuilt: &Connection, table: &str) -> Result<bool> {
    let sql = if table == "search" {
        // The index has no rows to read, so the comparison uses its words and their positions.
        for conn in [stored, rebuilt] {
            conn.execute_batch(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab('main', 'search', 'instance')",
            )?;
        }
        "SELECT * FROM temp.words ORDER BY term, doc, col, offset".to_owned()
    } else if table == "inbox_item" {
        // The keys reflect the order in which items were created, which is not part of an item.
        format!(
            "SELECT reader, thread, workroom, newest, views, changed, turn, standing FROM {table} ORDER BY 1, 2"
        )
    } else {
        format!("SELECT * FROM {table} ORDER BY 1, 2, 3")
    };
    let mut right = rebuilt.prepare(&sql)?;
    // A table that is missing or unreadable differs too.
    let Ok(mut left) = stored.prepare(&sql) else { return Ok(true) };
    let columns = right.column_count();
    if left.column_count() != columns {
        return Ok(true);
    }
    let (Ok(mut left), mut right) = (left.query([]), right.query([])?) else { return Ok(true) };
    loop {
        match (left.next(), right.next()?) {
            (Ok(None), None) => return Ok(false),
            (Ok(Some(left)), Some(right)) => {
                for column in 0..columns {
                    if left.get::<_, Value>(column).ok() != Some(right.get(column)?) {
                        return Ok(true);
                    }
                }
            }
            _ => return Ok(true),
        }
    }
}
