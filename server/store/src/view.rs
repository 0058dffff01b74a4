//! A view of the store: one consistent state, for as long as the view lives.

use std::cell::Cell;

use rusqlite::Connection;
use workroom_protocol::id::EventId;
use workroom_protocol::time::Timestamp;

use super::access::Granted;
use super::error::{Result, StoreError};
use super::feed::Look;
use super::keys::{EventKey, RoomKey, ThreadKey};
use super::migrate::DIGEST_KEY;
use workroom_clock::{self as clock, Clock};
use workroom_domain::approval::DigestKey;

/// One state of the store, as a caller sees it.
#[derive(Clone, Copy)]
pub struct View<'c> {
    pub(super) conn: &'c Connection,
    pub(super) granted: &'c Granted<'c>,
    pub(super) clock: &'c Clock,
    /// Set if expiries by this time could not be recorded. They are then read as if they had been.
    pub(super) due: Option<Timestamp>,
    /// When the next approval expires in this state, once that was looked up.
    pub(super) expiry: Option<&'c KnownExpiry>,
}

/// What is known about the next expiry in a state: nothing yet, that there is none, or its time.
pub(super) type KnownExpiry = Cell<Option<Option<Timestamp>>>;

impl<'c> View<'c> {
    /// Full access, for reads that do not depend on the time.
    pub(super) fn whole(conn: &'c Connection) -> Self {
        Self::at(conn, &clock::SYSTEM)
    }

    /// Full access, with this clock.
    pub(super) fn at(conn: &'c Connection, clock: &'c Clock) -> Self {
        Self { conn, granted: Granted::WHOLE, clock, due: None, expiry: None }
    }

    /// The time. In a write transaction it stays the same for everything that the transaction writes.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A part of the store: a workroom, a thread, or all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything.
    All,
    /// This workroom.
    Workroom(RoomKey),
    /// This thread.
    Thread(ThreadKey),
}

impl Scope {
    /// The column that limits a query to the scope, and the value to compare it with.
    pub(super) fn column(self) -> (&'static str, i64) {
        match self {
            // The constant 1 compared with itself matches every row.
            Self::All => ("1", 1),
            Self::Workroom(key) => ("workroom", key.row()),
            Self::Thread(key) => ("thread", key.row()),
        }
    }

    /// The row of the workroom or thread.
    pub(super) fn row(self) -> Option<i64> {
        match self {
            Self::All => None,
            Self::Workroom(key) => Some(key.row()),
            Self::Thread(key) => Some(key.row()),
        }
    }
}

impl View<'_> {
    /// The head of the log, and whether anybody has committed since the look that saw `known`. `reader` is the number
    /// of this connection.
    pub(super) fn look(&self, known: Option<Look>, reader: usize) -> Result<Look> {
        let version = self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        let version = (reader, version);
        match known {
            // Usually nothing has changed since the last look.
            Some(known) if known.version == version => Ok(known),
            _ => Ok(Look { head: self.head_seq()?, version }),
        }
    }

    /// Refuses a position beyond the end of this log: it comes from another store, or from before a backup was
    /// restored.
    pub fn check_position(&self, seq: u64) -> Result<()> {
        let head = self.head_seq()?;
        if seq > head {
            return Err(StoreError::CursorExpired(format!(
                "position {seq} is beyond the end of the log, {head}"
            )));
        }
        Ok(())
    }

    /// Identifies the store.
    pub fn epoch(&self) -> Result<String> {
        Ok(self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = 'epoch'")?
            .query_row([], |row| row.get(0))?)
    }

    /// The key of the digests of actions.
    pub(super) fn digest_key(&self) -> Result<DigestKey> {
        let text: String = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row([DIGEST_KEY], |row| row.get(0))?;
        let byte = |at: usize| text.get(2 * at..2 * at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let mut key = [0; 32];
        for (at, place) in key.iter_mut().enumerate() {
            *place = byte(at)
                .ok_or_else(|| StoreError::Internal("the digest key in the store is not valid".into()))?;
        }
        Ok(DigestKey::new(key))
    }

    /// The place of the event with this id, or `not_found`.
    pub fn event_place(&self, id: &EventId) -> Result<EventPlace> {
        let event = self.event(id)?;
        let workroom = self.current_workroom(event.workroom)?;
        Ok(EventPlace { key: EventKey(event.seq), seq: event.seq, workroom, thread: event.thread })
    }
}

/// The position of an event, and the keys of its workroom and thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// The event.
    pub key: EventKey,
    /// Its position.
    pub seq: u64,
    /// Its workroom, or the workroom that this was merged into.
    pub workroom: RoomKey,
    /// Its thread, unless it is about the workroom as a whole.
    pub thread: Option<ThreadKey>,
}
