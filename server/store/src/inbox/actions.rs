//! The actions of a member on the items of their inbox.
//!
//! Each action is idempotent: repeating it changes nothing and sends no notification.

use rusqlite::{Connection, params};
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::inbox::NotificationLevel;
use workroom_protocol::time::Timestamp;

use super::Mark;
use super::item::{Events, refresh};
use super::state::{self, State, known_reader, level_of_workroom};
use super::tally::Tally;
use crate::error::Result;
use crate::keys::{RoomKey, ThreadKey};
use crate::view::View;
use crate::writer::Tx;

/// Until when a thread is snoozed, and what the member had seen by then.
#[derive(Debug, Clone, Copy)]
pub struct Snooze {
    /// Until when.
    pub until: Timestamp,
    /// The last position that the member had seen; the end of the log if the client does not say.
    pub upto: Option<u64>,
}

impl Tx<'_> {
    /// Marks a thread as read up to a position.
    pub fn mark_read(&self, who: &Actor, thread: ThreadKey, upto: u64) -> Result<()> {
        self.change_inbox(who, thread.row(), |_, state| {
            state.read_upto = state.read_upto.max(upto);
            Ok(())
        })
    }

    /// Marks a thread as unread from a position on, or by default from the newest event that was for the member.
    pub fn mark_unread(&self, who: &Actor, thread: ThreadKey, from: Option<u64>) -> Result<()> {
        self.change_inbox(who, thread.row(), |reader, state| {
            let from = match from {
                Some(from) => from,
                None => Tally::whole(self.conn, reader, thread.row())?.0.max(1),
            };
            state.read_upto = state.read_upto.min(from.saturating_sub(1));
            Ok(())
        })
    }

    /// Marks a thread as done up to a position.
    pub fn archive_item(&self, who: &Actor, thread: ThreadKey, upto: u64) -> Result<()> {
        self.change_inbox(who, thread.row(), |_, state| {
            state.read_upto = state.read_upto.max(upto);
            state.done_upto = state.done_upto.max(upto);
            if upto > state.done_floor {
                state.done_before = state.done_floor;
                state.done_floor = upto;
            }
            state.reopened = false;
            state.snoozed_until = None;
            Ok(())
        })
    }

    /// Reopens a thread that the member marked as done.
    pub fn unarchive_item(&self, who: &Actor, thread: ThreadKey) -> Result<()> {
        self.change_inbox(who, thread.row(), |reader, state| {
            let newest = Tally::whole(self.conn, reader, thread.row())?.0.max(thread.row().unsigned_abs());
            if state.done_floor >= newest && !state.reopened {
                state.done_floor = state.done_before;
                state.reopened = true;
            }
            Ok(())
        })
    }

    /// Snoozes a thread.
    pub fn snooze(&self, who: &Actor, thread: ThreadKey, snooze: Snooze) -> Result<()> {
        let head = self.head_seq()?;
        self.change_inbox(who, thread.row(), |_, state| {
            let until = Some(snooze.until.millis());
            // A retry must not snooze again past an event that has ended the snooze meanwhile.
            if state.snoozed_until != until || snooze.upto.is_some() {
                state.snoozed_until = until;
                state.snoozed_at = snooze.upto.unwrap_or(head);
            }
            Ok(())
        })
    }

    /// Ends the snooze of a thread.
    pub fn unsnooze(&self, who: &Actor, thread: ThreadKey) -> Result<()> {
        self.change_inbox(who, thread.row(), |_, state| {
            state.snoozed_until = None;
            Ok(())
        })
    }

    /// Ends every snooze whose time has come. That is final: setting the clock back does not restore the snooze.
    pub fn wake_snoozed(&self, who: &Actor, now: Timestamp) -> Result<()> {
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(()) };
        let mut due = self.conn.prepare_cached(
            "SELECT thread FROM inbox_state WHERE reader = ?1 AND snoozed_until <= ?2 ORDER BY snoozed_until",
        )?;
        let due = due.query_map(params![reader, now.millis()], |row| row.get(0))?;
        for thread in due.collect::<rusqlite::Result<Vec<ThreadKey>>>()? {
            self.unsnooze(who, thread)?;
        }
        Ok(())
    }

    /// Saves a thread for later, or removes it from the saved ones.
    pub fn save_item(&self, who: &Actor, thread: ThreadKey, saved: bool) -> Result<()> {
        self.change_inbox(who, thread.row(), |_, state| {
            state.saved = saved;
            Ok(())
        })
    }

    /// Sets a member's notification level for a thread, and returns the level that applies now.
    pub fn set_thread_level(
        &self,
        who: &Actor,
        (workroom, thread): (RoomKey, ThreadKey),
        level: Option<NotificationLevel>,
    ) -> Result<NotificationLevel> {
        self.change_inbox(who, thread.row(), |_, state| {
            state.level = level;
            Ok(())
        })?;
        let reader = state::reader(self.conn, who)?;
        Ok(level.or(level_of_workroom(self.conn, reader, workroom.row())?.0).unwrap_or_default())
    }

    /// Sets a member's notification level for a workroom.
    pub fn set_workroom_level(
        &self,
        who: &Actor,
        workroom: RoomKey,
        level: Option<NotificationLevel>,
    ) -> Result<NotificationLevel> {
        let reader = state::reader(self.conn, who)?;
        if level_of_workroom(self.conn, reader, workroom.row())?.0 != level {
            let mark = self.next_mark(reader)?;
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO inbox_level VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    reader,
                    workroom,
                    level.map(NotificationLevel::name),
                    mark.changed,
                    mark.turn
                ])?;
            let mut threads = self
                .conn
                .prepare_cached("SELECT thread FROM inbox_item WHERE reader = ?1 AND workroom = ?2")?;
            let threads = threads.query_map(params![reader, workroom], |row| row.get(0))?;
            let mut events = Events::default();
            for thread in threads.collect::<rusqlite::Result<Vec<i64>>>()? {
                refresh(self.conn, &mut events, reader, thread, mark)?;
            }
        }
        Ok(level.unwrap_or_default())
    }
}

impl View<'_> {
    /// Changes a member's state for a thread, and updates the item derived from it.
    fn change_inbox(
        &self,
        who: &Actor,
        thread: i64,
        change: impl FnOnce(i64, &mut State) -> Result<()>,
    ) -> Result<()> {
        let reader = state::reader(self.conn, who)?;
        let before = State::read(self.conn, reader, thread)?;
        let mut state = before.clone();
        change(reader, &mut state)?;
        if state != before {
            state.mark = self.next_mark(reader)?;
            state.write(self.conn, reader, thread)?;
            refresh(self.conn, &mut Events::default(), reader, thread, state.mark)?;
        }
        Ok(())
    }

    /// The position of a change that a member makes now. It is after every change that they have received.
    fn next_mark(&self, reader: i64) -> Result<Mark> {
        let changed = self.head_seq()?;
        let turn: i64 = self
            .conn
            .prepare_cached(
                "SELECT coalesce(max(turn), 0) FROM inbox_item WHERE reader = ?1 AND changed = ?2",
            )?
            .query_row(params![reader, changed], |row| row.get(0))?;
        Ok(Mark { changed, turn: turn + 1 })
    }
}

/// Empties the inbox of a handle, because its next holder is somebody else. Items that are pending for every person in
/// a thread are pending for the next holder too, so a person's inbox keeps the events since the oldest of those.
pub(crate) fn leave_nothing(conn: &Connection, who: &Actor) -> Result<()> {
    let Some(reader) = known_reader(conn, who)? else { return Ok(()) };
    let view = View::whole(conn);
    let end = view.head_seq()?;
    let mut threads = conn.prepare_cached(
        "SELECT i.thread, (SELECT min(o.seq) FROM open_item o WHERE o.thread = i.thread) FROM inbox_item i
           LEFT JOIN inbox_state s ON s.reader = i.reader AND s.thread = i.thread
         WHERE i.reader = ?1 AND i.newest > coalesce(s.done_floor, 0)",
    )?;
    let threads = threads.query_map([reader], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (thread, waits) in threads.collect::<rusqlite::Result<Vec<(i64, Option<u64>)>>>()? {
        let waits = waits.filter(|_| who.kind == ActorKind::Human);
        let head = waits.map_or(end, |waits| end.min(waits.saturating_sub(1)));
        view.change_inbox(who, thread, |_, state| {
            *state = State {
                read_upto: head,
                done_upto: head,
                done_floor: head,
                done_before: head,
                mark: state.mark,
                ..State::default()
            };
            Ok(())
        })?;
    }
    Ok(())
}

impl View<'_> {
    /// When the first snoozed thread of a member comes back.
    pub fn next_snoozed(&self, who: &Actor) -> Result<Option<Timestamp>> {
        let Some(reader) = known_reader(self.conn, who)? else { return Ok(None) };
        let first: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT min(snoozed_until) FROM inbox_state WHERE reader = ?1 AND snoozed_until IS NOT NULL",
            )?
            .query_row([reader], |row| row.get(0))?;
        Ok(first.map(Timestamp::from_millis))
    }
}
