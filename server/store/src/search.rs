//! Full-text search in the store.

use rusqlite::params;

use super::error::Result;
use super::event_row::StoredEvent;
use super::pages::EventFilter;
use super::view::{Scope, View};
use workroom_domain::search_text;

// How many matches one page examines when most are in other workrooms or of other kinds. A page may be short and have a
// cursor, but its time is bounded. Hits are in the order of the log, because ranking would need all of them.
const MAX_CANDIDATES: usize = 20_000;

// Markers around matches. They are control characters, which text for people does not contain.
const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';

/// The result of one search of the index.
#[derive(Debug)]
pub struct Matches {
    /// The events, newest first.
    pub events: Vec<StoredEvent>,
    /// Continue before this position; `None` if there is nothing more.
    pub next: Option<u64>,
}

impl View<'_> {
    /// Up to `limit` events before position `before` that match, newest first.
    pub fn search(
        &self,
        expression: &str,
        filter: &EventFilter,
        before: u64,
        limit: usize,
    ) -> Result<Matches> {
        let mut statement = self.conn.prepare_cached(
            "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3",
        )?;
        let mut rows = statement.query(params![expression, before.min(i64::MAX as u64), MAX_CANDIDATES])?;
        let mut events: Vec<StoredEvent> = Vec::new();
        let rooms = match filter.scope {
            Scope::Workroom(row) => self.joined(row)?,
            Scope::All | Scope::Thread(_) => Vec::new(),
        };
        let mut looked_at = 0;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            looked_at += 1;
            last = Some(seq);
            let event = self.any_event_at(seq)?;
            let in_scope = match filter.scope {
                Scope::All => self.sees(event.workroom),
                Scope::Workroom(_) => rooms.contains(&event.workroom),
                Scope::Thread(row) => event.thread == Some(row),
            };
            if in_scope && filter.kinds.contains(event.kind) {
                if events.len() == limit {
                    // There is one more than requested, so there is a next page.
                    let next = events.last().map(|last| last.seq);
                    return Ok(Matches { events, next });
                }
                events.push(event);
            }
        }
        Ok(Matches { events, next: last.filter(|_| looked_at == MAX_CANDIDATES) })
    }

    /// An excerpt of `text` around the first match of `expression`, at most `max_chars` characters, and the positions
    /// of the matches in it, in UTF-16 code units.
    pub fn snippet(
        &self,
        expression: &str,
        text: &str,
        max_chars: usize,
    ) -> Result<(String, Vec<(usize, usize)>)> {
        // The index itself finds the matches in the text, so that they cannot differ from those of a second tokenizer.
        self.conn.execute_batch(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.snippet
               USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')",
        )?;
        self.conn.prepare_cached("DELETE FROM temp.snippet")?.execute([])?;
        self.conn
            .prepare_cached("INSERT INTO temp.snippet (text) VALUES (?1)")?
            .execute([search_text::indexed(&text.replace([OPEN, CLOSE], " "))])?;
        let marked: String = self
            .conn
            .prepare_cached("SELECT highlight(snippet, 0, ?2, ?3) FROM temp.snippet WHERE snippet MATCH ?1")?
            .query_row(params![expression, OPEN.to_string(), CLOSE.to_string()], |row| row.get(0))
            .or_else(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(text.to_owned()),
                other => Err(other),
            })?;
        Ok(search_text::snippet(&marked, OPEN, CLOSE, max_chars))
    }
}
