//! The log: appending to it and reading pages of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::{ToSql, params};
use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution};
use workroom_protocol::event::{EVENT_KINDS, WorkroomEvent, WorkroomEventKind};
use workroom_protocol::id::{EventId, ThreadId, WorkroomId};
use workroom_protocol::json::Json;
use workroom_protocol::time::Timestamp;

use super::error::{Result, StoreError};
use super::event_row::{self, COLUMNS, StoredEvent, read};
use super::eyes::Seen;
use super::projection::{self, Place};
use super::rows::blob;
use super::view::{Scope, View};
use super::workrooms::WorkroomRow;
use super::writer::Tx;
use crate::domain::event_text::TOLD_KINDS;
use crate::redact::{self, Redactor};

/// Who appends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The actor.
    pub actor: Actor,
    /// Which agent and model, when it is an agent.
    pub agent: Option<AgentAttribution>,
}

impl Author {
    /// Workroom itself.
    pub fn system() -> Self {
        Self { actor: Actor { kind: ActorKind::System, handle: "workroom".into() }, agent: None }
    }
}

/// Where a new event belongs.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// To a workroom that the event creates.
    NewWorkroom(&'a WorkroomId),
    /// To a workroom as a whole.
    Workroom(&'a WorkroomRow),
    /// To a thread that the event creates.
    NewThread(&'a WorkroomRow, &'a ThreadId),
    /// To a thread.
    Thread { workroom: (i64, &'a WorkroomId), thread: (i64, &'a ThreadId) },
}

/// Which events to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFilter {
    /// From where.
    pub scope: Scope,
    /// Which kinds.
    pub kinds: KindSet,
}

/// How much to read.
#[derive(Debug, Clone, Copy)]
pub struct PageSize {
    /// How many events at most.
    pub limit: usize,
    /// How many bytes of JSON at most, but at least one event.
    pub max_bytes: usize,
}

/// A set of event kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSet(u32);

impl KindSet {
    /// Every kind.
    pub const ALL: Self = Self(u32::MAX);

    /// The kinds of these names, or the first name that is none.
    pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> std::result::Result<Self, &'a str> {
        names.into_iter().try_fold(Self(0), |set, name| Ok(Self(set.0 | Self::of_name(name).ok_or(name)?.0)))
    }

    /// The kinds that are told to agents.
    pub fn told() -> Self {
        Self::of_names(TOLD_KINDS).unwrap_or(Self::ALL)
    }

    /// The kind of an event; nothing for one that is not known.
    pub(super) fn of_kind(name: &str) -> Self {
        Self::of_name(name).unwrap_or(Self(0))
    }

    fn of_name(name: &str) -> Option<Self> {
        EVENT_KINDS.iter().position(|(known, _)| *known == name).map(|index| Self(1 << index))
    }

    /// Whether all of `other` is in the set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        EVENT_KINDS
            .iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, row)| row.0)
    }

    /// Whether pages of it can be found through the indexes of rare kinds.
    fn is_rare(self) -> bool {
        self != Self::ALL && self.names().all(|name| !COMMON_KINDS.contains(&name))
    }
}

/// The kinds that the indexes of rare events leave out; the migration script names them too.
const COMMON_KINDS: [&str; 3] = ["message", "tool_call", "tool_result"];
const IS_RARE: &str = "kind NOT IN ('message', 'tool_call', 'tool_result')";

impl Tx<'_> {
    /// Appends one event, and changes everything that follows from it.
    pub fn append(
        &self,
        author: &Author,
        target: Target<'_>,
        kind: WorkroomEventKind,
        reply_to: Option<EventId>,
    ) -> Result<(u64, Json<WorkroomEvent>)> {
        // The next position is free until the transaction ends: it holds the only write lock.
        let seq = self.head_seq()? + 1;
        let row = i64::try_from(seq).map_err(|_| StoreError::Internal("the log is full".into()))?;
        let (workroom, workroom_id, thread, thread_id) = match target {
            Target::NewWorkroom(id) => (row, id, None, None),
            Target::Workroom(known) => (known.row, &known.workroom.id, None, None),
            Target::NewThread(known, id) => (known.row, &known.workroom.id, Some(row), Some(id)),
            Target::Thread { workroom: (workroom, workroom_id), thread: (thread, thread_id) } => {
                (workroom, workroom_id, Some(thread), Some(thread_id))
            }
        };
        if let Some(replied) = &reply_to
            && !self.is_event_of(replied, thread)?
        {
            return Err(StoreError::NotFound { what: "event", id: format!("{replied} in this thread") });
        }
        let event = WorkroomEvent {
            seq,
            id: EventId::from_uuid(Uuid::now_v7()),
            thread_id: thread_id.cloned(),
            workroom_id: workroom_id.clone(),
            timestamp: self.now(),
            kind,
            actor: author.actor.clone(),
            agent: author.agent.clone(),
            reply_to,
            redactions: BTreeMap::new(),
        };
        let (event, json) = clean(event)?;
        let (id, kind) = (blob(event.id.uuid()), event.kind.name());
        let checksum = event_row::checksum(seq, workroom, thread, kind, json.text());
        self.conn
            .prepare_cached(
                "INSERT INTO event (seq, id, workroom, thread, kind, json, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![seq, id, workroom, thread, kind, json.text(), checksum])?;
        projection::apply(self.conn, &event, Place { workroom, thread })?;
        Ok((seq, json))
    }

    /// The time of what is written in this transaction.
    pub fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}

/// An event without secrets, and its JSON: nothing is stored, indexed, repeated or told before it has been here.
fn clean(event: WorkroomEvent) -> Result<(WorkroomEvent, Json<WorkroomEvent>)> {
    let json = Json::write(&event)?;
    let clean = redact::process().json(json.text());
    let redactions = Redactor::count(&clean);
    let event = match &clean {
        Cow::Borrowed(_) if redactions.is_empty() => return Ok((event, json)),
        Cow::Borrowed(_) => event,
        Cow::Owned(clean) => serde_json::from_str(clean)
            .map_err(|error| StoreError::Internal(format!("an event without secrets is none: {error}")))?,
    };
    let event = WorkroomEvent { redactions, ..event };
    let json = Json::write(&event)?;
    Ok((event, json))
}

impl View<'_> {
    /// The event at a position that is known to be there.
    pub fn event_at(&self, seq: u64) -> Result<StoredEvent> {
        Ok(self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE seq = ?1"))?
            .query_row([seq], read)?)
    }

    /// The first events after `after` and up to `upto`, in order, and whether there are more.
    pub fn events_after(
        &self,
        filter: &EventFilter,
        after: u64,
        upto: u64,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        self.events(filter, ("seq > :from AND seq <= :to", after, upto), "ASC", size)
    }

    /// The last events before `before`, the newest first, and whether there are more.
    pub fn events_before(
        &self,
        filter: &EventFilter,
        before: u64,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        self.events(filter, ("seq > :from AND seq < :to", 0, before.min(i64::MAX as u64)), "DESC", size)
    }

    fn events(
        &self,
        filter: &EventFilter,
        (range, from, to): (&str, u64, u64),
        order: &str,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        if let (Scope::All, Some(seen)) = (filter.scope, self.seen()) {
            return self.events_of_rooms(seen, filter.kinds, (range, from, to), order, size);
        }
        let (column, row) = filter.scope.column();
        // One more than asked for tells whether there are more.
        let limit = size.limit + 1;
        let values: [(&str, &dyn ToSql); 4] =
            [(":from", &from), (":to", &to), (":scope", &row), (":limit", &limit)];
        if !filter.kinds.is_rare() {
            let kinds = kind_condition(filter.kinds);
            let sql = format!(
                "SELECT {COLUMNS} FROM event WHERE {range} AND {column} = :scope{kinds} ORDER BY seq {order} LIMIT :limit"
            );
            let mut statement = self.conn.prepare_cached(&sql)?;
            return cut(statement.query_map(&values[..], read)?, size);
        }
        // Rare kinds: the first of each kind through its index, then the first of all.
        let mut found = Vec::new();
        for kind in filter.kinds.names() {
            let sql = format!(
                "SELECT {COLUMNS} FROM event WHERE {range} AND {column} = :scope AND kind = '{kind}' AND {IS_RARE}
                 ORDER BY seq {order} LIMIT :limit"
            );
            let mut statement = self.conn.prepare_cached(&sql)?;
            for event in statement.query_map(&values[..], read)? {
                found.push(event?);
            }
        }
        found.sort_by_key(|event| event.seq);
        if order == "DESC" {
            found.reverse();
        }
        cut(found.into_iter().map(Ok), size)
    }

    /// The same over several workrooms: the first of each through its index, then the first of all. Never reads
    /// through what lies between them, however much that is.
    fn events_of_rooms(
        &self,
        seen: &Seen,
        kinds: KindSet,
        (range, from, to): (&str, u64, u64),
        order: &str,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        let limit = size.limit + 1;
        let kinds = kind_condition(kinds);
        let sql = format!(
            "SELECT seq FROM event WHERE {range} AND workroom = :room{kinds} ORDER BY seq {order} LIMIT :limit"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut found: Vec<u64> = Vec::new();
        for room in seen.rows() {
            let values: [(&str, &dyn ToSql); 4] =
                [(":from", &from), (":to", &to), (":room", &room), (":limit", &limit)];
            for seq in statement.query_map(&values[..], |row| row.get(0))? {
                found.push(seq?);
            }
        }
        found.sort_unstable();
        if order == "DESC" {
            found.reverse();
        }
        found.truncate(limit);
        let mut read_one =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE seq = ?1"))?;
        cut(found.into_iter().map(|seq| read_one.query_row([seq], read)), size)
    }

    /// Whether there is an event with this id in a thread.
    fn is_event_of(&self, id: &EventId, thread: Option<i64>) -> Result<bool> {
        let mut statement = self.conn.prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND thread = ?2")?;
        Ok(statement.exists(params![blob(id.uuid()), thread])?)
    }

    /// How many events of one kind there are in a workroom or thread. The kind is one of the rare ones.
    pub fn count_rare(&self, scope: Scope, kind: &str) -> Result<u64> {
        let (column, row) = scope.column();
        let sql = format!("SELECT count(*) FROM event WHERE {column} = ?1 AND kind = ?2 AND {IS_RARE}");
        Ok(self.conn.prepare_cached(&sql)?.query_row((row, kind), |row| row.get(0))?)
    }
}

fn kind_condition(kinds: KindSet) -> String {
    if kinds == KindSet::ALL {
        return String::new();
    }
    // The names of the protocol's own table: nothing a caller could have written.
    let names: Vec<_> = kinds.names().map(|name| format!("'{name}'")).collect();
    format!(" AND kind IN ({})", names.join(","))
}

/// The events that fit into a page, and whether there are more.
fn cut(
    events: impl Iterator<Item = rusqlite::Result<StoredEvent>>,
    size: PageSize,
) -> Result<(Vec<StoredEvent>, bool)> {
    let mut page = Vec::new();
    let mut bytes = 0;
    for event in events {
        let event = event?;
        bytes += event.json.text().len();
        if page.len() == size.limit || (bytes > size.max_bytes && !page.is_empty()) {
            return Ok((page, true));
        }
        page.push(event);
    }
    Ok((page, false))
}
