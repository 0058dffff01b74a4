//! Pages of the log: complete, or an error.
//!
//! A checksum shows that a row is as it was written. It cannot help if damage prevents SQLite from finding the row at
//! all. So each row names the row before it in the log, in its workroom and in its thread, and the projections record
//! where each of these ends. The next row, or the recorded end, reveals a row that a page lacks.
//!
//! This does not work for lists of rare kinds, because their indexes skip the rows between. There only `workroom check`
//! detects a missing row.

use rusqlite::{OptionalExtension, ToSql, named_params};
use workroom_protocol::id::EventId;

use super::error::{Result, StoreError};
use super::event_row::{COLUMNS, Link, StoredEvent, read};
use super::keys::{EventKey, RoomKey};
use super::log::{IS_RARE, KindSet};
use super::rows::{blob, uuid};
use super::view::{Scope, View};

/// Selects the events to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFilter {
    /// The part of the store to read from.
    pub scope: Scope,
    /// The kinds to read.
    pub kinds: KindSet,
}

/// The size limits of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageSize {
    /// The maximum number of events.
    pub limit: usize,
    /// The maximum number of bytes of JSON. A page has at least one event even if it is larger.
    pub max_bytes: usize,
}

/// Positions after `after` and up to `upto`.
#[derive(Debug, Clone, Copy)]
struct Range {
    after: u64,
    upto: u64,
    order: Order,
}

impl Range {
    fn has(&self, seq: u64) -> bool {
        self.after < seq && seq <= self.upto
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    OldestFirst,
    NewestFirst,
}

impl Order {
    fn sql(self) -> &'static str {
        match self {
            Self::OldestFirst => "ORDER BY seq",
            Self::NewestFirst => "ORDER BY seq DESC",
        }
    }

    fn sort<T>(self, list: &mut [T], seq: impl Fn(&T) -> u64) {
        list.sort_unstable_by_key(seq);
        if self == Self::NewestFirst {
            list.reverse();
        }
    }
}

/// Contradictions that an intact log cannot contain.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("events of {scope:?} between {after} and {upto} are missing")]
    Missing { scope: Scope, after: u64, upto: u64 },
    #[error("an index points to event {seq}, which does not belong there")]
    Misled { seq: u64 },
    #[error("{scope:?} ends at event {log} in the log, but at {list} in the projections")]
    Ends { scope: Scope, log: u64, list: u64 },
}

impl From<Broken> for StoreError {
    fn from(broken: Broken) -> Self {
        Self::damaged(&broken)
    }
}

impl Scope {
    fn has(self, link: &Link) -> bool {
        match self {
            Self::All => true,
            Self::Workroom(key) => link.workroom == key.row(),
            Self::Thread(key) => link.thread == Some(key.row()),
        }
    }

    /// The position of the previous event in the scope.
    fn before(self, link: &Link) -> u64 {
        match self {
            Self::All => link.seq.saturating_sub(1),
            Self::Workroom(_) => link.workroom_before,
            Self::Thread(_) => link.thread_before.unwrap_or_default(),
        }
    }
}

/// The rows of one scope in one range, each checked against its neighbor.
struct Chain<'v> {
    view: View<'v>,
    scope: Scope,
    range: Range,
    last: Option<Link>,
}

impl<'v> Chain<'v> {
    fn new(view: View<'v>, scope: Scope, range: Range) -> Self {
        Self { view, scope, range, last: None }
    }

    /// Checks the next row.
    fn follow(&mut self, link: Link) -> Result<()> {
        if !self.scope.has(&link) || !self.range.has(link.seq) {
            return Err(Broken::Misled { seq: link.seq }.into());
        }
        let before = self.scope.before(&link);
        match (self.last.replace(link), self.range.order) {
            (None, Order::OldestFirst) => self.begins_after(before)?,
            (None, Order::NewestFirst) => self.ends_at(Some(link.seq))?,
            (Some(last), Order::OldestFirst) => self.adjoins(last.seq, before)?,
            (Some(last), Order::NewestFirst) => self.adjoins(link.seq, self.scope.before(&last))?,
        }
        Ok(())
    }

    /// Checks that the range has no further rows.
    fn end(&self) -> Result<()> {
        match (self.last, self.range.order) {
            (None, _) => self.ends_at(None),
            (Some(last), Order::OldestFirst) => self.ends_at(Some(last.seq)),
            (Some(first), Order::NewestFirst) => self.begins_after(self.scope.before(&first)),
        }
    }

    fn begins_after(&self, before: u64) -> Result<()> {
        if before <= self.range.after { Ok(()) } else { self.missing(self.range.after, before) }
    }

    fn adjoins(&self, seq: u64, before: u64) -> Result<()> {
        if before == seq { Ok(()) } else { self.missing(seq, before) }
    }

    /// Checks that the last row of the range is the predecessor that the first event after the range names.
    fn ends_at(&self, last: Option<u64>) -> Result<()> {
        let newest = self.view.newest(self.scope, self.range.upto)?;
        match last {
            Some(seq) => self.adjoins(seq, newest),
            None => self.begins_after(newest),
        }
    }

    fn missing(&self, after: u64, upto: u64) -> Result<()> {
        Err(Broken::Missing { scope: self.scope, after, upto }.into())
    }
}

/// The events that fit into a page.
struct Page {
    events: Vec<StoredEvent>,
    bytes: usize,
    size: PageSize,
}

impl Page {
    fn new(size: PageSize) -> Self {
        Self { events: Vec::new(), bytes: 0, size }
    }

    /// Adds an event; returns `false` if the page is already full.
    fn take(&mut self, event: StoredEvent) -> bool {
        self.bytes += event.json.text().len();
        if self.events.len() == self.size.limit
            || (self.bytes > self.size.max_bytes && !self.events.is_empty())
        {
            return false;
        }
        self.events.push(event);
        true
    }
}

impl View<'_> {
    /// The last position of the log; 0 when it is empty.
    pub fn head_seq(&self) -> Result<u64> {
        self.head_of(Scope::All)
    }

    /// The last position in the log's own table, without checking it against the projections.
    pub(super) fn end_of_log(&self) -> Result<u64> {
        let sql = "SELECT coalesce(max(seq), 0) FROM event";
        Ok(self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// The last position of a part of the log; 0 if it is empty. Fails if the log and the projections disagree.
    pub(super) fn head_of(&self, scope: Scope) -> Result<u64> {
        let (log, list) = match scope {
            Scope::All => ("max(seq) FROM event", "max(head_seq) FROM workroom"),
            Scope::Workroom(_) => {
                ("max(seq) FROM event WHERE workroom = :row", "head_seq FROM workroom WHERE row = :row")
            }
            Scope::Thread(_) => {
                ("max(seq) FROM event WHERE thread = :row", "head_seq FROM thread WHERE row = :row")
            }
        };
        let mut statement = self.conn.prepare_cached(&format!("SELECT (SELECT {log}), (SELECT {list})"))?;
        let row = scope.row();
        let values: &[(&str, &dyn ToSql)] = if row.is_some() { &[(":row", &row)] } else { &[] };
        let (log, list): (Option<u64>, Option<u64>) =
            statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        if log != list {
            let (log, list) = (log.unwrap_or_default(), list.unwrap_or_default());
            return Err(Broken::Ends { scope, log, list }.into());
        }
        Ok(log.unwrap_or_default())
    }

    /// The last position of a part of the log that is not after `upto`, determined from what comes after it.
    fn newest(&self, scope: Scope, upto: u64) -> Result<u64> {
        let head = self.head_of(scope)?;
        if head <= upto {
            return Ok(head);
        }
        if scope == Scope::All {
            return Ok(upto);
        }
        let (column, row) = scope.column();
        let sql =
            format!("SELECT {COLUMNS} FROM event WHERE seq > ?1 AND {column} = ?2 ORDER BY seq LIMIT 1");
        let (next, _) = self.conn.prepare_cached(&sql)?.query_row((upto, row), Link::read)?;
        if !scope.has(&next) || next.seq <= upto {
            return Err(Broken::Misled { seq: next.seq }.into());
        }
        Ok(scope.before(&next))
    }

    /// An event to which the caller has access.
    pub fn event_of(&self, key: EventKey) -> Result<StoredEvent> {
        self.any_event_at(key.0)
    }

    /// The event at a position that must exist; `not_found` if the caller does not see it.
    pub fn event_at(&self, seq: u64) -> Result<StoredEvent> {
        let event = self.any_event_at(seq)?;
        self.enter(event.workroom, "event", seq)?;
        Ok(event)
    }

    /// The event at a position that must exist, without checking access.
    pub(super) fn any_event_at(&self, seq: u64) -> Result<StoredEvent> {
        Ok(self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE seq = ?1"))?
            .query_row([seq], read)?)
    }

    /// The event with this id, or `not_found`.
    pub fn event(&self, id: &EventId) -> Result<StoredEvent> {
        let mut statement =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE id = ?1"))?;
        let found =
            statement.query_row([blob(id.uuid())], |row| Ok((read(row)?, uuid(row, "id")?))).optional()?;
        let (event, found) =
            found.ok_or_else(|| StoreError::NotFound { what: "event", id: id.to_string() })?;
        if Some(found) != id.uuid() {
            return Err(Broken::Misled { seq: event.seq }.into());
        }
        self.enter(event.workroom, "event", id)?;
        Ok(event)
    }

    /// The first events after `after` and up to `upto`, in order, and whether there are more.
    pub fn events_after(
        &self,
        filter: &EventFilter,
        after: u64,
        upto: u64,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        self.events(filter, Range { after, upto, order: Order::OldestFirst }, size)
    }

    /// The last events before `before`, newest first, and whether there are more.
    pub fn events_before(
        &self,
        filter: &EventFilter,
        before: u64,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        let upto = before.min(i64::MAX as u64).saturating_sub(1);
        self.events(filter, Range { after: 0, upto, order: Order::NewestFirst }, size)
    }

    fn events(&self, filter: &EventFilter, range: Range, size: PageSize) -> Result<(Vec<StoredEvent>, bool)> {
        if let (Scope::All, Some(seen)) = (filter.scope, self.seen()) {
            return self.events_of_rooms(seen.iter(), filter.kinds, range, size);
        }
        if let Scope::Workroom(row) = filter.scope {
            let rooms = self.joined(row)?;
            if rooms != [row] {
                return self.events_of_rooms(rooms.into_iter(), filter.kinds, range, size);
            }
        }
        if filter.kinds.is_rare() {
            return self.rare_events(filter, range, size);
        }
        let (column, row) = filter.scope.column();
        let order = range.order.sql();
        let sql = format!(
            "SELECT {COLUMNS} FROM event WHERE seq > :after AND seq <= :upto AND {column} = :scope {order}"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows =
            statement.query(named_params! {":after": range.after, ":upto": range.upto, ":scope": row})?;
        let mut chain = Chain::new(*self, filter.scope, range);
        let mut page = Page::new(size);
        while let Some(row) = rows.next()? {
            let (link, kind) = Link::read(row)?;
            chain.follow(link)?;
            if filter.kinds.contains(kind) && !page.take(read(row)?) {
                return Ok((page.events, true));
            }
        }
        chain.end()?;
        Ok((page.events, false))
    }

    /// Reads the first events of each kind through its index, and takes the first of all of these.
    fn rare_events(
        &self,
        filter: &EventFilter,
        range: Range,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        let (column, row) = filter.scope.column();
        let mut found = Vec::new();
        for kind in filter.kinds.names() {
            let sql = format!(
                "SELECT {COLUMNS} FROM event
                 WHERE seq > :after AND seq <= :upto AND {column} = :scope AND kind = '{kind}' AND {IS_RARE} {} LIMIT :limit",
                range.order.sql()
            );
            let mut statement = self.conn.prepare_cached(&sql)?;
            let mut rows = statement.query(named_params! {
                ":after": range.after, ":upto": range.upto, ":scope": row, ":limit": limit(size),
            })?;
            while let Some(row) = rows.next()? {
                let (link, found_kind) = Link::read(row)?;
                if !filter.scope.has(&link) || !range.has(link.seq) || found_kind != KindSet::of_kind(kind) {
                    return Err(Broken::Misled { seq: link.seq }.into());
                }
                found.push(read(row)?);
            }
        }
        range.order.sort(&mut found, |event| event.seq);
        let mut page = Page::new(size);
        let all = found.into_iter().all(|event| page.take(event));
        Ok((page.events, !all))
    }

    /// Reads the first events of each of several workrooms through its index, and takes the first of all of these. It
    /// never scans the events of other workrooms in between.
    fn events_of_rooms(
        &self,
        rooms: impl Iterator<Item = RoomKey>,
        kinds: KindSet,
        range: Range,
        size: PageSize,
    ) -> Result<(Vec<StoredEvent>, bool)> {
        let order = range.order.sql();
        let sql = format!(
            "SELECT {COLUMNS} FROM event WHERE seq > :after AND seq <= :upto AND workroom = :scope {order}"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut found: Vec<u64> = Vec::new();
        for room in rooms {
            let values = named_params! {":after": range.after, ":upto": range.upto, ":scope": room};
            let mut rows = statement.query(values)?;
            let mut chain = Chain::new(*self, Scope::Workroom(room), range);
            let enough = found.len() + limit(size);
            while found.len() < enough {
                let Some(row) = rows.next()? else {
                    chain.end()?;
                    break;
                };
                let (link, kind) = Link::read(row)?;
                chain.follow(link)?;
                if kinds.contains(kind) {
                    found.push(link.seq);
                }
            }
        }
        range.order.sort(&mut found, |seq| *seq);
        let mut page = Page::new(size);
        for seq in found {
            if !page.take(self.any_event_at(seq)?) {
                return Ok((page.events, true));
            }
        }
        Ok((page.events, false))
    }

    /// How many events of one kind a workroom or thread has. The kind must be a rare one.
    pub fn count_rare(&self, scope: Scope, kind: &str) -> Result<u64> {
        let (column, row) = scope.column();
        let rows = match scope {
            Scope::Workroom(key) => self.joined(key)?.into_iter().map(RoomKey::row).collect(),
            Scope::All | Scope::Thread(_) => vec![row],
        };
        let sql = format!("SELECT count(*) FROM event WHERE {column} = ?1 AND kind = ?2 AND {IS_RARE}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let counts = rows.into_iter().map(|row| statement.query_row((row, kind), |row| row.get::<_, u64>(0)));
        Ok(counts.sum::<rusqlite::Result<u64>>()?)
    }
}

/// Reads one more than requested, to see whether there are more.
fn limit(size: PageSize) -> usize {
    size.limit + 1
}
