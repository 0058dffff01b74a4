//! Reads inboxes: pages of a view, the number of items in each view, and changes.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, ToSql, params};
use workroom_protocol::actor::Actor;
use workroom_protocol::id::{ThreadId, WorkroomId};
use workroom_protocol::inbox::{InboxCounts, InboxItem, InboxView};
use workroom_protocol::json::Json;
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::thread::ThreadStatus;

use super::Mark;
use super::item;
use super::state::known_reader;
use crate::activity::ListPlace;
use crate::error::Result;
use crate::keys::{RoomKey, ThreadKey};
use crate::rows::{blob, uuid};
use crate::view::View;
use workroom_domain::inbox::Views;

/// Selects a part of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxFilter {
    /// The view.
    pub view: InboxView,
    /// Only threads of the workroom of this row.
    pub workroom: Option<RoomKey>,
}

/// The items of a page, each with its position in the list.
pub type InboxPage = Vec<(u64, Json<InboxItem>)>;

/// The position up to which a follower has received changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxPosition {
    mark: Mark,
    /// Several threads may change at the same time.
    thread: i64,
}

impl InboxPosition {
    /// The position before everything that changed while the head of the log was at `seq`.
    pub fn before(seq: u64) -> Self {
        Self { mark: Mark { changed: seq, turn: -1 }, thread: 0 }
    }

    /// The head of the log at that position.
    pub fn seq(self) -> u64 {
        self.mark.changed
    }
}

/// A thread that changed in an inbox.
#[derive(Debug, Clone)]
pub struct InboxChange {
    /// The position of the change.
    pub position: InboxPosition,
    /// The thread.
    pub thread_id: ThreadId,
    /// The item, if it is in the selected part of the inbox.
    pub item: Option<Json<InboxItem>>,
}

const COLUMNS: &str = "i.newest, i.thread, i.workroom, i.views, i.changed, i.turn, i.standing,
    t.id, t.title, t.kind, t.status";
const FROM: &str = "FROM inbox_item i JOIN thread t ON t.row = i.thread";

impl View<'_> {
    /// Up to `limit` items of a view after a place, starting with the newest activity for the member.
    pub fn inbox(
        &self,
        who: &Actor,
        filter: InboxFilter,
        from: ListPlace,
        limit: usize,
    ) -> Result<InboxPage> {
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(Vec::new()) };
        let expired = self.expired_items(reader)?;
        // Some of these rows are removed again below.
        let wanted = limit + expired.len();
        let limited = self.limit();
        let mut conditions = format!("i.reader = :reader AND i.views & {}", Views::of(filter.view).0);
        if let Some(row) = filter.workroom {
            conditions.push_str(&format!(" AND i.workroom = {}", row.row()));
        }
        let mut values: Vec<(&str, &dyn ToSql)> =
            vec![(":reader", &reader), (":upto", &from.upto), (":before", &from.before), (":limit", &wanted)];
        if let Some(rooms) = &limited {
            // The plus sign makes SQLite keep using the index of the view, which has the order of the list.
            conditions.push_str(" AND +i.workroom IN (SELECT value FROM json_each(:rooms))");
            values.push((":rooms", rooms));
        }
        let mut titles = Titles::default();
        let mut page = Vec::new();
        {
            let mut statement = self.conn.prepare_cached(&format!(
                "SELECT {COLUMNS} {FROM} WHERE {conditions} AND i.newest < :before AND i.newest <= :upto
                 ORDER BY i.newest DESC LIMIT :limit"
            ))?;
            let mut rows = statement.query(&values[..])?;
            while let Some(row) = rows.next()? {
                page.push((row.get(0)?, self.item(row, &mut titles)?));
            }
        }
        if from.before <= from.upto {
            // An item that moved to the front since the first page keeps its earlier place.
            let mut statement = self.conn.prepare_cached(&format!(
                "SELECT {COLUMNS}, max(i.thread, coalesce((SELECT max(seq) FROM notice n
                   WHERE n.reader = i.reader AND n.thread = i.thread AND n.seq <= :upto), 0)) AS position
                 {FROM} WHERE {conditions} AND i.newest > :upto AND position < :before
                 ORDER BY position DESC LIMIT :limit"
            ))?;
            let mut rows = statement.query(&values[..])?;
            while let Some(row) = rows.next()? {
                page.push((row.get(11)?, self.item(row, &mut titles)?));
            }
            page.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        }
        page = self.as_they_stand(&expired, filter.view, page)?;
        page.truncate(limit);
        Ok(page)
    }

    /// Corrects a page for approvals that have expired but could not be recorded as expired.
    fn as_they_stand(&self, expired: &[ExpiredItem], view: InboxView, page: InboxPage) -> Result<InboxPage> {
        if expired.is_empty() {
            return Ok(page);
        }
        let mut kept = Vec::with_capacity(page.len());
        for (position, item) in page {
            let mut read: InboxItem = item.read()?;
            let row = read.thread_id.uuid().map(|id| self.thread_row(id)).transpose()?;
            match expired.iter().find(|found| Some(found.thread) == row) {
                None => kept.push((position, item)),
                Some(found) if found.made.views.contains(view) => {
                    read.standing = found.made.standing.clone();
                    read.status = found.status;
                    kept.push((position, Json::write(&read)?));
                }
                Some(_) => {}
            }
        }
        Ok(kept)
    }

    fn thread_row(&self, id: uuid::Uuid) -> Result<i64> {
        let mut statement = self.conn.prepare_cached("SELECT row FROM thread WHERE id = ?1")?;
        Ok(statement.query_row([blob(Some(id))], |row| row.get(0))?)
    }

    /// A reader's items, corrected for approvals that have expired but could not be recorded as expired.
    fn expired_items(&self, reader: i64) -> Result<Vec<ExpiredItem>> {
        let Some(by) = self.due else { return Ok(Vec::new()) };
        let mut items = Vec::new();
        let mut events = item::Events::default();
        for found in self.overtaken()? {
            let was: Option<u32> = self
                .conn
                .prepare_cached("SELECT views FROM inbox_item WHERE reader = ?1 AND thread = ?2")?
                .query_row([reader, found.thread], |row| row.get(0))
                .optional()?;
            let Some(was) = was.map(Views) else { continue };
            let status = found.status;
            let made =
                item::make(self.conn, &mut events, reader, found.thread, Some(item::Expired { by, status }))?;
            let (thread, workroom) = (found.thread, RoomKey::of_row(found.workroom));
            items.push(ExpiredItem { thread, workroom, status, was, made });
        }
        Ok(items)
    }

    /// The item of a thread, if the inbox has one.
    pub fn inbox_item(&self, who: &Actor, thread: ThreadKey) -> Result<Option<Json<InboxItem>>> {
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(None) };
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE i.reader = ?1 AND i.thread = ?2"))?;
        let mut rows = statement.query(params![reader, thread])?;
        rows.next()?.map(|row| self.item(row, &mut Titles::default())).transpose()
    }

    /// The number of items in each view, in one workroom or in all that the caller sees.
    pub fn inbox_counts(&self, who: &Actor, workroom: Option<RoomKey>) -> Result<InboxCounts> {
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(InboxCounts::default()) };
        let mut counts = self.written_counts(reader, workroom)?;
        for found in self.expired_items(reader)? {
            if workroom.is_none_or(|of| of == found.workroom) && self.sees(found.workroom) {
                let (was, is) = (found.was, found.made.views);
                for (bit, count) in in_order(&mut counts) {
                    *count = *count + u64::from(is.0 & bit != 0) - u64::from(was.0 & bit != 0).min(*count);
                }
            }
        }
        Ok(counts)
    }

    fn written_counts(&self, reader: i64, workroom: Option<RoomKey>) -> Result<InboxCounts> {
        let sum = |conditions: &str, value: &dyn ToSql| -> Result<InboxCounts> {
            let columns: Vec<_> = (0..Views::BITS).map(|bit| format!("coalesce(sum(v{bit}), 0)")).collect();
            let sql = format!(
                "SELECT {} FROM inbox_count WHERE reader = ?1 AND workroom {conditions}",
                columns.join(", ")
            );
            Ok(self.conn.prepare_cached(&sql)?.query_row(params![reader, value], counts)?)
        };
        match (workroom, self.limit()) {
            (Some(row), _) => sum("= ?2", &row),
            (None, None) => sum("= ?2", &0),
            (None, Some(rooms)) => sum("IN (SELECT value FROM json_each(?2))", &rooms),
        }
    }

    /// The position of the last change in an inbox.
    pub fn inbox_position(&self, who: &Actor) -> Result<InboxPosition> {
        let beginning = InboxPosition::before(self.head_seq()?);
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(beginning) };
        let last = self
            .conn
            .prepare_cached(
                "SELECT changed, turn, thread FROM inbox_item WHERE reader = ?1
                 ORDER BY changed DESC, turn DESC, thread DESC LIMIT 1",
            )?
            .query_row([reader], |row| {
                Ok(InboxPosition {
                    mark: Mark { changed: row.get(0)?, turn: row.get(1)? },
                    thread: row.get(2)?,
                })
            })
            .optional()?;
        Ok(last.map_or(beginning, |last| last.max(beginning)))
    }

    /// The first `limit` changes after a position in a part of an inbox, and the position that follows them.
    pub fn inbox_changes(
        &self,
        who: &Actor,
        filter: InboxFilter,
        after: InboxPosition,
        limit: usize,
    ) -> Result<Vec<InboxChange>> {
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(Vec::new()) };
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} {FROM} WHERE i.reader = ?1 AND (i.changed, i.turn, i.thread) > (?2, ?3, ?4)
             ORDER BY i.changed, i.turn, i.thread LIMIT ?5"
        ))?;
        let Mark { changed, turn } = after.mark;
        let mut rows = statement.query(params![reader, changed, turn, after.thread, limit])?;
        let mut titles = Titles::default();
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let workroom = row.get(2)?;
            let is_in = Views(row.get(3)?).contains(filter.view)
                && filter.workroom.is_none_or(|of| of == workroom)
                && self.sees(workroom);
            changes.push(InboxChange {
                position: InboxPosition {
                    mark: Mark { changed: row.get(4)?, turn: row.get(5)? },
                    thread: row.get(1)?,
                },
                thread_id: ThreadId::from_uuid(uuid(row, 7)?),
                item: is_in.then(|| self.item(row, &mut titles)).transpose()?,
            });
        }
        Ok(changes)
    }

    /// The item of a row. Its thread and workroom data are current.
    fn item(&self, row: &Row<'_>, titles: &mut Titles) -> Result<Json<InboxItem>> {
        let text = |index| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
        let (workroom_id, workroom_title) = titles.of(self, row.get(2)?)?;
        let thread_id = ThreadId::from_uuid(uuid(row, 7)?);
        let title = serde_json::to_string(text(8)?)?;
        let link = WorkroomLink::thread(workroom_id.clone(), thread_id.clone()).to_url();
        // Assembled from pieces: kinds and states are stored as JSON, and so is the rest of the item.
        let json = [
            "{\"workroom_id\":\"",
            &workroom_id.0,
            "\",\"workroom_title\":",
            workroom_title,
            ",\"thread_id\":\"",
            &thread_id.0,
            "\",\"thread_title\":",
            &title,
            ",\"thread_kind\":",
            text(9)?,
            ",\"status\":",
            text(10)?,
            ",\"link\":\"",
            &link,
            "\",",
            &text(6)?[1..],
        ]
        .concat();
        Ok(Json::from_text(json)?)
    }
}

/// An item whose thread has an approval that expired but could not be recorded as expired.
struct ExpiredItem {
    thread: i64,
    workroom: RoomKey,
    status: ThreadStatus,
    /// The recorded views of the item.
    was: Views,
    made: item::Made,
}

/// Each count with the bit of its view.
fn in_order(counts: &mut InboxCounts) -> [(u32, &mut u64); Views::BITS] {
    let of = |view| Views::of(view).0;
    [
        (of(InboxView::All), &mut counts.all),
        (Views::UNREAD.0, &mut counts.unread),
        (of(InboxView::Direct), &mut counts.direct),
        (of(InboxView::Mentions), &mut counts.mentions),
        (of(InboxView::Active), &mut counts.active),
        (of(InboxView::NeedsApproval), &mut counts.needs_approval),
        (of(InboxView::NeedsHuman), &mut counts.needs_human),
        (of(InboxView::Failed), &mut counts.failed),
        (of(InboxView::Receipts), &mut counts.receipts),
        (of(InboxView::Saved), &mut counts.saved),
        (of(InboxView::Snoozed), &mut counts.snoozed),
        (of(InboxView::Done), &mut counts.done),
    ]
}

/// The ids and titles of the workrooms of a page, cached because most items share them.
#[derive(Default)]
struct Titles(HashMap<i64, (WorkroomId, String)>);

impl Titles {
    fn of(&mut self, view: &View<'_>, row: i64) -> Result<&(WorkroomId, String)> {
        use std::collections::hash_map::Entry;
        Ok(match self.0.entry(row) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (id, title): (WorkroomId, String) = view
                    .conn
                    .prepare_cached("SELECT id, title FROM workroom WHERE row = ?1")?
                    .query_row([row], |row| Ok((WorkroomId::from_uuid(uuid(row, 0)?), row.get(1)?)))?;
                new.insert((id, serde_json::to_string(&title)?))
            }
        })
    }
}

fn counts(row: &Row<'_>) -> rusqlite::Result<InboxCounts> {
    let of = |view: InboxView| row.get(Views::of(view).0.trailing_zeros() as usize);
    Ok(InboxCounts {
        all: of(InboxView::All)?,
        unread: row.get(Views::UNREAD.0.trailing_zeros() as usize)?,
        direct: of(InboxView::Direct)?,
        mentions: of(InboxView::Mentions)?,
        active: of(InboxView::Active)?,
        needs_approval: of(InboxView::NeedsApproval)?,
        needs_human: of(InboxView::NeedsHuman)?,
        failed: of(InboxView::Failed)?,
        receipts: of(InboxView::Receipts)?,
        saved: of(InboxView::Saved)?,
        snoozed: of(InboxView::Snoozed)?,
        done: of(InboxView::Done)?,
    })
}
