//! One item of an inbox, rebuilt whenever something that it is derived from changes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, params};
use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::{ApprovalId, EventId};
use workroom_protocol::inbox::{InboxAsk, InboxItemReason, InboxReason as Reason, InboxStanding};
use workroom_protocol::member::MemberRole;
use workroom_protocol::thread::{ThreadStatus, WorkroomThreadKind};
use workroom_protocol::time::Timestamp;

use super::Mark;
use super::state::{self, State, level_of_workroom};
use super::tally::Tally;
use crate::error::Result;
use crate::event_row::{self, COLUMNS};
use crate::participants::IMPORTED;
use crate::rows::{json, uuid};
use workroom_domain::approval::shown_risk;
use workroom_domain::inbox::{Facts, Views, lets_through, views};
use workroom_domain::{access, event_text, shown};

const MAX_PREVIEW_CHARS: usize = 200;
// Items must stay small, because lists and notifications contain many. `approval/list` returns the rest.
const MAX_APPROVALS: usize = 20;
const MAX_ASKS: usize = 5;

/// An item as it is stored.
struct Known {
    row: i64,
    views: Views,
    mark: Mark,
}

/// The state of a thread that its items depend on.
struct Thread {
    workroom: i64,
    is_direct: bool,
    is_active: bool,
    open: u64,
}

/// A pending request in the thread.
struct Ask {
    seq: u64,
    event_id: EventId,
    reason: Reason,
    /// Whether it is a failure that is being retried.
    retried: bool,
    /// Whether it comes from another log.
    imported: bool,
}

/// An item as it was just built.
pub(super) struct Made {
    workroom: i64,
    newest: u64,
    pub(super) views: Views,
    pub(super) standing: InboxStanding,
    /// When the member's state for the thread last changed.
    mark: Mark,
}

/// Approvals that had expired by a time, but could not be recorded as expired, and the resulting status of the thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expired {
    pub(super) by: Timestamp,
    pub(super) status: ThreadStatus,
}

/// The events that items show. Each is read once for all members: an event may have a megabyte, and other writers wait.
#[derive(Default)]
pub(super) struct Events {
    read: HashMap<u64, WorkroomEvent>,
}

impl Events {
    fn get(&mut self, conn: &Connection, seq: u64) -> Result<&WorkroomEvent> {
        Ok(match self.read.entry(seq) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(event(conn, seq)?),
        })
    }
}

/// Rebuilds the item of a member and a thread, because of a change at `mark`.
pub(super) fn refresh(
    conn: &Connection,
    events: &mut Events,
    reader: i64,
    thread: i64,
    mark: Mark,
) -> Result<()> {
    let known = known(conn, reader, thread)?;
    let Made { workroom, newest, views, standing, mark: own_mark } =
        make(conn, events, reader, thread, None)?;
    let standing = serde_json::to_string(&standing)?;
    let mark = mark.max(own_mark);
    match &known {
        Some(known) => {
            let mark = mark.max(known.mark);
            conn.prepare_cached(
                "UPDATE inbox_item SET newest = ?2, views = ?3, changed = ?4, turn = ?5, standing = ?6
                 WHERE row = ?1",
            )?
            .execute(params![known.row, newest, views.0, mark.changed, mark.turn, standing])?;
        }
        None => {
            conn.prepare_cached(
                "INSERT INTO inbox_item (reader, thread, workroom, newest, views, changed, turn, standing)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                reader,
                thread,
                workroom,
                newest,
                views.0,
                mark.changed,
                mark.turn,
                standing
            ])?;
        }
    }
    count(conn, reader, workroom, known.map(|known| known.views), views)
}

/// Builds the item of a member and a thread from everything that it is derived from.
pub(super) fn make(
    conn: &Connection,
    events: &mut Events,
    reader: i64,
    thread: i64,
    expired: Option<Expired>,
) -> Result<Made> {
    let mut about = about(conn, thread)?;
    if let Some(expired) = expired {
        about.is_active = expired.status.is_active();
    }
    let state = State::read(conn, reader, thread)?;
    let (room_level, level_mark) = level_of_workroom(conn, reader, about.workroom)?;
    let level = state.level.or(room_level).unwrap_or_default();
    let (last, tally) = Tally::whole(conn, reader, thread)?;
    let at = |seq: u64| -> Result<Tally> {
        match seq {
            0 => Ok(Tally::default()),
            seq if seq >= last => Ok(tally.clone()),
            seq => Ok(Tally::upto(conn, reader, thread, seq)?.1),
        }
    };
    let (done, read) = (at(state.done_floor)?, at(state.read_upto)?);
    let (asks, may_retry) =
        if about.open > 0 { asks(conn, reader, &about, thread)? } else { Default::default() };
    let mut asks: Vec<_> = asks.into_iter().filter(|ask| lets_through(level, ask.reason)).collect();
    if let Some(expired) = expired {
        let due = due_in(conn, thread, expired.by)?;
        asks.retain(|ask| !due.contains(&ask.seq));
    }

    let plain = || Reason::ALL.into_iter().filter(|reason| !reason.is_ask() && lets_through(level, *reason));
    let since = |before: &Tally, reason| tally.count(reason).saturating_sub(before.count(reason));
    let fresh: Vec<_> = plain().filter(|reason| since(&done, *reason) > 0).collect();
    // A receipt that also mentions the member counts as one event.
    let twice = if lets_through(level, Reason::Receipt) { tally.twice() - read.twice() } else { 0 };
    let mut unread = plain().map(|reason| since(&read, reason)).sum::<u64>() - twice;
    for ask in asks.iter().filter(|ask| ask.seq > state.read_upto && !ask.imported) {
        let is_mention =
            tally.last(Reason::Mention) >= ask.seq && Tally::is_mention(conn, reader, thread, ask.seq)?;
        unread += u64::from(!is_mention);
    }
    let newest = last.max(thread.unsigned_abs());
    let waiting = |reason| asks.iter().filter(|ask| ask.reason == reason).count();
    let facts = Facts {
        fresh: &fresh,
        approvals: waiting(Reason::Approval),
        questions: waiting(Reason::NeedsHuman),
        failures: waiting(Reason::Failure),
        unread,
        newest,
        done: state.done_floor,
        reopened: state.reopened,
        snoozed: state.snoozed_until.is_some() && tally.last_pressing() <= state.snoozed_at,
        saved: state.saved,
        level,
        is_direct: about.is_direct,
        is_active: about.is_active,
    };
    let views = views(&facts);

    let mut reasons = Vec::new();
    for reason in Reason::ALL {
        if let Some(ask) = asks.iter().rfind(|ask| ask.reason == reason) {
            let (seq, event_id, count) = (ask.seq, ask.event_id.clone(), waiting(reason) as u64);
            reasons.push(InboxItemReason { reason, seq, event_id, count });
        } else if fresh.contains(&reason) {
            let (seq, count) = (tally.last(reason), since(&done, reason));
            reasons.push(InboxItemReason { reason, seq, event_id: event_id(conn, seq)?, count });
        }
    }
    let told = told(conn, events, &asks)?;
    let event = events.get(conn, newest)?;
    let said = event_text::text(&event.kind);
    let preview = shown::beginning(said.as_deref().unwrap_or_default(), MAX_PREVIEW_CHARS);
    let standing = InboxStanding {
        views: views.list(),
        reasons,
        asks: told,
        unread,
        read_upto: state.read_upto,
        done_upto: state.done_upto,
        newest_seq: newest,
        updated_at: event.timestamp,
        preview: preview.text,
        cut: Some(preview.missing).filter(|missing| *missing > 0),
        last_actor: event.actor.clone(),
        last_agent: event.agent.clone(),
        approval_ids: approval_ids(conn, &asks)?,
        can_retry: may_retry && asks.iter().any(|ask| ask.reason == Reason::Failure && !ask.retried),
        saved: state.saved,
        snoozed_until: state.snoozed_until.filter(|_| facts.snoozed).map(Timestamp::from_millis),
        level,
    };
    let mark = state.mark.max(level_mark);
    Ok(Made { workroom: about.workroom, newest, views, standing, mark })
}

fn known(conn: &Connection, reader: i64, thread: i64) -> Result<Option<Known>> {
    Ok(conn
        .prepare_cached("SELECT row, views, changed, turn FROM inbox_item WHERE reader = ?1 AND thread = ?2")?
        .query_row([reader, thread], |row| {
            let mark = Mark { changed: row.get(2)?, turn: row.get(3)? };
            Ok(Known { row: row.get(0)?, views: Views(row.get(1)?), mark })
        })
        .optional()?)
}

/// Whether a member has an item for a thread.
pub(super) fn is_known(conn: &Connection, reader: i64, thread: i64) -> Result<bool> {
    Ok(known(conn, reader, thread)?.is_some())
}

fn about(conn: &Connection, thread: i64) -> Result<Thread> {
    Ok(conn
        .prepare_cached(
            "SELECT workroom, kind, active, open_asks + open_failures FROM thread WHERE row = ?1",
        )?
        .query_row([thread], |row| {
            let kind: WorkroomThreadKind = json(row, 1)?;
            Ok(Thread {
                workroom: row.get(0)?,
                is_direct: kind == WorkroomThreadKind::DirectMessage,
                is_active: row.get(2)?,
                open: row.get(3)?,
            })
        })?)
}

/// The pending requests in the thread that are for a member of the workroom, oldest first, and whether the member may
/// have failures retried. A member's own requests are not pending for them.
fn asks(conn: &Connection, reader: i64, about: &Thread, thread: i64) -> Result<(Vec<Ask>, bool)> {
    let member = conn
        .prepare_cached(
            "SELECT r.kind, r.handle, m.role FROM reader r JOIN member m ON m.workroom = ?2 AND m.handle IN (
                 SELECT r.handle UNION ALL SELECT handle FROM reader_alias WHERE reader = r.row)
               JOIN actor a ON a.row = m.actor AND a.kind = r.kind
             WHERE r.row = ?1",
        )?
        .query_row([reader, about.workroom], |row| {
            let kind = ActorKind::of_name(row.get_ref(0)?.as_str()?).unwrap_or(ActorKind::System);
            let role = MemberRole::of_name(row.get_ref(2)?.as_str()?).unwrap_or(MemberRole::Viewer);
            Ok((kind, row.get::<_, String>(1)?, role))
        })
        .optional()?;
    let Some((kind, handle, role)) = member else { return Ok(Default::default()) };
    let own = format!("{kind:?}:{handle}");
    let mut statement = conn.prepare_cached(
        "SELECT seq, event_id, kind, actor, retry IS NOT NULL FROM open_item WHERE thread = ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([thread])?;
    let mut asks = Vec::new();
    while let Some(row) = rows.next()? {
        let column = |index| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
        let reason = match column(2)? {
            "approval" if access::may_decide(kind, role) => Reason::Approval,
            "needs_human" if kind == ActorKind::Human => Reason::NeedsHuman,
            "failure" if kind == ActorKind::Human => Reason::Failure,
            _ => continue,
        };
        let by = column(3)?;
        let is_own = by.eq_ignore_ascii_case(&own)
            || match by.strip_prefix("Human:") {
                Some(former) => state::was_called(conn, reader, ActorKind::Human, former)?,
                None => false,
            };
        if !is_own {
            let event_id = EventId::from_uuid(uuid(row, 1)?);
            let (seq, retried) = (row.get(0)?, row.get(4)?);
            let imported = column(3)?.starts_with(IMPORTED);
            asks.push(Ask { seq, event_id, reason, retried, imported });
        }
    }
    Ok((asks, role >= MemberRole::Contributor))
}

/// The approvals of a thread that have expired by a time but are recorded as pending.
fn due_in(conn: &Connection, thread: i64, by: Timestamp) -> Result<Vec<u64>> {
    let mut statement = conn.prepare_cached(
        "SELECT row FROM approval WHERE thread = ?1 AND state = 'pending' AND expires_at <= ?2",
    )?;
    let rows = statement.query_map([thread, by.millis()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn approval_ids(conn: &Connection, asks: &[Ask]) -> Result<Vec<ApprovalId>> {
    let approvals = asks.iter().filter(|ask| ask.reason == Reason::Approval).take(MAX_APPROVALS);
    let mut statement = conn.prepare_cached("SELECT id FROM approval WHERE row = ?1")?;
    let ids = approvals.map(|ask| statement.query_row([ask.seq], |row| uuid(row, 0)));
    Ok(ids.map(|id| id.map(ApprovalId::from_uuid)).collect::<rusqlite::Result<_>>()?)
}

/// The pending requests as the member receives them.
fn told(conn: &Connection, events: &mut Events, asks: &[Ask]) -> Result<Vec<InboxAsk>> {
    let in_order =
        Reason::ALL.into_iter().flat_map(|reason| asks.iter().filter(move |ask| ask.reason == reason));
    let mut tell = |ask: &Ask| {
        let event = events.get(conn, ask.seq)?;
        let said = event_text::text(&event.kind);
        let (approval_id, risk) = match &event.kind {
            Kind::ApprovalRequest { approval_id, risk, hidden, .. } => {
                (approval_id.clone(), shown_risk(*risk, hidden.as_ref()))
            }
            _ => (None, None),
        };
        let preview = shown::beginning(said.as_deref().unwrap_or_default(), MAX_PREVIEW_CHARS);
        Ok(InboxAsk {
            reason: ask.reason,
            seq: ask.seq,
            event_id: ask.event_id.clone(),
            timestamp: event.timestamp,
            preview: preview.text,
            cut: Some(preview.missing).filter(|missing| *missing > 0),
            approval_id,
            risk,
            retried: ask.retried,
            imported: ask.imported,
            actor: event.actor.clone(),
            agent: event.agent.clone(),
        })
    };
    in_order.take(MAX_ASKS).map(&mut tell).collect()
}

fn event_id(conn: &Connection, seq: u64) -> Result<EventId> {
    Ok(conn
        .prepare_cached("SELECT id FROM event WHERE seq = ?1")?
        .query_row([seq], |row| Ok(EventId::from_uuid(uuid(row, 0)?)))?)
}

pub(super) fn event(conn: &Connection, seq: u64) -> Result<WorkroomEvent> {
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE seq = ?1"))?;
    Ok(statement.query_row([seq], event_row::read)?.json.read()?)
}

/// Updates the number of items in each view after an item's views changed.
fn count(conn: &Connection, reader: i64, workroom: i64, old: Option<Views>, new: Views) -> Result<()> {
    if old == Some(new) {
        return Ok(());
    }
    for workroom in [workroom, 0] {
        if old.is_none() {
            conn.prepare_cached(
                "INSERT INTO inbox_count (reader, workroom) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute([reader, workroom])?;
        }
        conn.prepare_cached(
            "UPDATE inbox_count SET
               v0 = v0 + (?4 & 1) - (?3 & 1), v1 = v1 + (?4 >> 1 & 1) - (?3 >> 1 & 1),
               v2 = v2 + (?4 >> 2 & 1) - (?3 >> 2 & 1), v3 = v3 + (?4 >> 3 & 1) - (?3 >> 3 & 1),
               v4 = v4 + (?4 >> 4 & 1) - (?3 >> 4 & 1), v5 = v5 + (?4 >> 5 & 1) - (?3 >> 5 & 1),
               v6 = v6 + (?4 >> 6 & 1) - (?3 >> 6 & 1), v7 = v7 + (?4 >> 7 & 1) - (?3 >> 7 & 1),
               v8 = v8 + (?4 >> 8 & 1) - (?3 >> 8 & 1), v9 = v9 + (?4 >> 9 & 1) - (?3 >> 9 & 1),
               v10 = v10 + (?4 >> 10 & 1) - (?3 >> 10 & 1), v11 = v11 + (?4 >> 11 & 1) - (?3 >> 11 & 1)
             WHERE reader = ?1 AND workroom = ?2",
        )?
        .execute(params![reader, workroom, old.unwrap_or_default().0, new.0])?;
    }
    Ok(())
}

/// Adds the counts of one workroom to those of another.
pub(super) fn move_counts(conn: &Connection, from: i64, into: i64) -> Result<()> {
    let columns: Vec<String> = (0..Views::BITS).map(|bit| format!("v{bit}")).collect();
    let sums: Vec<String> =
        columns.iter().map(|column| format!("{column} = {column} + excluded.{column}")).collect();
    let (columns, sums) = (columns.join(", "), sums.join(", "));
    conn.execute(
        &format!(
            "INSERT INTO inbox_count (reader, workroom, {columns})
             SELECT reader, ?2, {columns} FROM inbox_count WHERE workroom = ?1
             ON CONFLICT (reader, workroom) DO UPDATE SET {sums}"
        ),
        [from, into],
    )?;
    conn.execute("DELETE FROM inbox_count WHERE workroom = ?1", [from])?;
    Ok(())
}
