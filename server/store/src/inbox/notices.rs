//! Determines which inboxes an event affects.

use rusqlite::{Connection, OptionalExtension, params};
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::EventId;
use workroom_protocol::inbox::InboxReason as Reason;
use workroom_protocol::member::MemberRole;
use workroom_protocol::thread::WorkroomThreadKind;

use super::Mark;
use super::item::{self, Events, refresh};
use super::state;
use super::tally::Tally;
use crate::error::Result;
use crate::event_row::{self, COLUMNS};
use crate::participants::IMPORTED;
use crate::rows::{blob, json};
use workroom_domain::access;
use workroom_domain::handle::Keys;
use workroom_domain::mentions::Mention;
use workroom_domain::open_items;
use workroom_domain::relevance::{self, Audience, Happening, Reader};

/// A member of a workroom.
struct Member {
    actor: Actor,
    role: MemberRole,
}

/// The effect of an event on its thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effect {
    /// Whether something that items show of the thread has changed: its title, its state or its pending requests.
    pub(crate) shown: bool,
    /// Whether this is the actor's first event in the thread.
    pub(crate) first: bool,
}

/// Adds one event of a thread to the inboxes of those it is for.
pub(crate) fn observe(
    conn: &Connection,
    event: &WorkroomEvent,
    workroom: i64,
    thread: i64,
    effect: Effect,
    calls: &[Mention],
) -> Result<()> {
    let mark = Mark::of_event(event.seq);
    let mut changed = Vec::new();
    if matches!(event.kind, Kind::ThreadCreated { .. }) {
        // Only during a rebuild: members' state for a thread exists before the thread.
        let mut statement = conn.prepare_cached("SELECT reader FROM inbox_state WHERE thread = ?1")?;
        changed = statement.query_map([thread], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    } else if effect.shown {
        let mut statement = conn.prepare_cached("SELECT reader FROM inbox_item WHERE thread = ?1")?;
        changed = statement.query_map([thread], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    }
    if effect.first && event.actor.kind != ActorKind::System {
        changed.push(state::reader(conn, &event.actor)?);
    }
    if event.imported.is_none() {
        notify(conn, event, (workroom, thread), calls, &mut changed)?;
    } else if open_items::opens(event).is_some() {
        // An imported request is pending for people here as it was at its source, but it notifies nobody.
        for Member { actor, .. } in members(conn, workroom)? {
            if actor.kind == ActorKind::Human {
                changed.push(state::reader(conn, &actor)?);
            }
        }
    }
    changed.sort_unstable();
    changed.dedup();
    let mut events = Events::default();
    for reader in changed {
        refresh(conn, &mut events, reader, thread, mark)?;
    }
    Ok(())
}

/// Writes the notices of an event, and adds the readers who got one to `changed`.
fn notify(
    conn: &Connection,
    event: &WorkroomEvent,
    (workroom, thread): (i64, i64),
    calls: &[Mention],
    changed: &mut Vec<i64>,
) -> Result<()> {
    if !can_be_for_somebody(&event.kind) {
        return Ok(());
    }
    let (kind, participants): (WorkroomThreadKind, Vec<String>) = conn
        .prepare_cached("SELECT kind, participants FROM thread WHERE row = ?1")?
        .query_row([thread], |row| Ok((json(row, 0)?, json(row, 1)?)))?;
    let answered = answered(event).map(|id| actor_of(conn, id)).transpose()?.flatten();
    let called = called(conn, workroom, calls)?;
    let happening = Happening {
        kind: &event.kind,
        actor: &event.actor,
        called: called.iter().map(String::as_str).collect(),
        is_direct: kind == WorkroomThreadKind::DirectMessage,
        participants: &participants,
        answers: answered.as_ref(),
    };
    let members = match relevance::audience(&happening) {
        Audience::Nobody => return Ok(()),
        Audience::Anybody => members(conn, workroom)?,
        Audience::Called(handles) => {
            let mut members = Vec::new();
            for handle in handles {
                members.extend(member(conn, workroom, handle)?);
            }
            members
        }
    };
    for Member { actor, role } in &members {
        let reader = Reader { kind: actor.kind, handle: &actor.handle, role: *role };
        let Some(reason) = relevance::relevance(&happening, reader) else { continue };
        let is_called_too = relevance::is_called_too(&happening, reader);
        let reader_row = state::reader(conn, actor)?;
        // A reader who is addressed twice gets one notice.
        let (last, tally) = Tally::whole(conn, reader_row, thread)?;
        if last < event.seq {
            tally.add(conn, (reader_row, thread), (reason, is_called_too), event.seq)?;
            changed.push(reader_row);
        }
    }
    Ok(())
}

/// Whether the kind can concern a member at all. Most events cannot, which saves a read of the thread.
fn can_be_for_somebody(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Message { .. }
            | Kind::Mention { .. }
            | Kind::ApprovalRequest { .. }
            | Kind::NeedsHuman { .. }
            | Kind::Failure { .. }
            | Kind::Receipt { .. }
            | Kind::ApprovalDecided { .. }
            | Kind::RetryRequested { .. }
    )
}

/// The handles of the members whom the mentions address.
fn called(conn: &Connection, workroom: i64, calls: &[Mention]) -> Result<Vec<String>> {
    let mut called = Vec::new();
    for mention in calls {
        called.extend(whom(conn, workroom, mention)?.map(|member| member.actor.handle));
    }
    Ok(called)
}

fn whom(conn: &Connection, workroom: i64, mention: &Mention) -> Result<Option<Member>> {
    for reading in mention.readings() {
        if let Some(member) = member(conn, workroom, reading)? {
            return Ok(Some(member));
        }
    }
    Ok(None)
}

/// The names of mentions that match no member of a workroom.
pub(crate) fn uncalled(conn: &Connection, workroom: i64, calls: &[Mention]) -> Result<Vec<String>> {
    let mut uncalled = Vec::new();
    for mention in calls {
        if let Some(name) = mention.name()
            && whom(conn, workroom, mention)?.is_none()
        {
            uncalled.push(name.to_owned());
        }
    }
    Ok(uncalled)
}

/// The event that this event answers, decides or retries.
fn answered(event: &WorkroomEvent) -> Option<&EventId> {
    match &event.kind {
        Kind::ApprovalDecided { request_event_id, .. } => request_event_id.as_ref(),
        Kind::RetryRequested { failure_event_id, .. } => Some(failure_event_id),
        _ => event.reply_to.as_ref(),
    }
}

/// The actor of an event of this log. The actor of an imported event is not notified, even if a member has the same
/// name.
fn actor_of(conn: &Connection, event: &EventId) -> Result<Option<Actor>> {
    let found = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE id = ?1"))?
        .query_row([blob(event.uuid())], event_row::read)
        .optional()?;
    let found = found.map(|event| event.json.read()).transpose()?;
    Ok(found.filter(|event| event.imported.is_none()).map(|event| event.actor))
}

const MEMBERS: &str =
    "SELECT a.kind, a.handle, m.role FROM member m JOIN actor a ON a.row = m.actor WHERE m.workroom = ?1";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Member> {
    let kind = ActorKind::of_name(row.get_ref(0)?.as_str()?).unwrap_or(ActorKind::System);
    let role = MemberRole::of_name(row.get_ref(2)?.as_str()?).unwrap_or(MemberRole::Viewer);
    Ok(Member { actor: Actor { kind, handle: row.get(1)? }, role })
}

fn members(conn: &Connection, workroom: i64) -> Result<Vec<Member>> {
    let mut statement = conn.prepare_cached(&format!("{MEMBERS} ORDER BY m.row"))?;
    Ok(statement.query_map([workroom], read)?.collect::<rusqlite::Result<_>>()?)
}

fn member(conn: &Connection, workroom: i64, handle: &str) -> Result<Option<Member>> {
    let mut statement = conn.prepare_cached(&format!("{MEMBERS} AND m.handle = ?2"))?;
    if let Some(found) = statement.query_row(params![workroom, handle], read).optional()? {
        return Ok(Some(found));
    }
    let mut statement = conn.prepare_cached(&format!("{MEMBERS} AND m.key = ?2"))?;
    let mut found = statement.query_map(params![workroom, Keys::of(handle).key], read)?;
    let (first, second) = (found.next().transpose()?, found.next());
    // Members of older workrooms may have handles that look alike: then the mention matches nobody.
    Ok(first.filter(|_| second.is_none()))
}

/// Records that somebody joined a workroom, or has another role there. Pending requests may now be for them.
pub(crate) fn came(conn: &Connection, seq: u64, workroom: i64, handle: &str) -> Result<()> {
    let Some(Member { actor, role }) = member(conn, workroom, handle)? else { return Ok(()) };
    let reader = state::reader(conn, &actor)?;
    let mut events = Events::default();
    for Waiting { seq: at, thread, reason, imported } in waiting(conn, workroom)? {
        let is_for_them = match reason {
            Reason::Approval => access::may_decide(actor.kind, role),
            _ => actor.kind == ActorKind::Human,
        };
        let (last, tally) = Tally::whole(conn, reader, thread)?;
        // A notice that is older than the last one would change the running numbers of those after it.
        if is_for_them && !imported && last < at && !is_by(conn, at, &actor)? {
            tally.add(conn, (reader, thread), (reason, false), at)?;
        }
        if is_for_them || super::item::is_known(conn, reader, thread)? {
            refresh(conn, &mut events, reader, thread, Mark::of_event(seq))?;
        }
    }
    touch(conn, seq, workroom, reader)
}

/// Records that somebody left a workroom. Nothing there is pending for them any more.
pub(crate) fn left(conn: &Connection, seq: u64, workroom: i64, who: &Actor) -> Result<()> {
    let reader = state::reader(conn, who)?;
    let mut events = Events::default();
    for Waiting { thread, .. } in waiting(conn, workroom)? {
        if super::item::is_known(conn, reader, thread)? {
            refresh(conn, &mut events, reader, thread, Mark::of_event(seq))?;
        }
    }
    touch(conn, seq, workroom, reader)
}

/// Records that the threads of one workroom moved to another. All items of these threads move too, with their counts.
pub(crate) fn moved(conn: &Connection, seq: u64, (from, into): (i64, i64), threads: &[i64]) -> Result<()> {
    conn.execute("UPDATE inbox_item SET workroom = ?2 WHERE workroom = ?1", [from, into])?;
    item::move_counts(conn, from, into)?;
    let mut events = Events::default();
    let mut statement =
        conn.prepare_cached("SELECT reader FROM inbox_item WHERE thread = ?1 ORDER BY reader")?;
    for thread in threads {
        let readers = statement.query_map([thread], |row| row.get(0))?;
        for reader in readers.collect::<rusqlite::Result<Vec<i64>>>()? {
            refresh(conn, &mut events, reader, *thread, Mark::of_event(seq))?;
        }
    }
    Ok(())
}

/// Marks all items of a member in a workroom as changed, because what the member may see there has changed.
fn touch(conn: &Connection, seq: u64, workroom: i64, reader: i64) -> Result<()> {
    // Never moves a mark backwards: during a rebuild, later changes by members are already there.
    conn.prepare_cached(
        "UPDATE inbox_item SET changed = ?3, turn = 0 WHERE reader = ?1 AND workroom = ?2 AND changed < ?3",
    )?
    .execute(params![reader, workroom, seq])?;
    Ok(())
}

/// A pending request in a workroom.
struct Waiting {
    seq: u64,
    thread: i64,
    reason: Reason,
    imported: bool,
}

/// The pending requests in a workroom, oldest first.
fn waiting(conn: &Connection, workroom: i64) -> Result<Vec<Waiting>> {
    let mut statement = conn
        .prepare_cached("SELECT seq, thread, kind, actor FROM open_item WHERE workroom = ?1 ORDER BY seq")?;
    let rows = statement.query_map([workroom], |row| {
        let reason = match row.get_ref(2)?.as_str()? {
            "approval" => Reason::Approval,
            "needs_human" => Reason::NeedsHuman,
            _ => Reason::Failure,
        };
        let imported = row.get_ref(3)?.as_str()?.starts_with(IMPORTED);
        Ok(Waiting { seq: row.get(0)?, thread: row.get(1)?, reason, imported })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn is_by(conn: &Connection, seq: u64, actor: &Actor) -> Result<bool> {
    let event = super::item::event(conn, seq)?;
    let handle = &event.actor.handle;
    Ok(event.actor.kind == actor.kind
        && (handle.eq_ignore_ascii_case(&actor.handle)
            || state::was_called(conn, state::reader(conn, actor)?, actor.kind, handle)?))
}
