//! Appends to the log.

use std::collections::BTreeMap;

use rusqlite::params;
use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution};
use workroom_protocol::event::{EVENT_KINDS, Imported, WorkroomEvent, WorkroomEventKind};
use workroom_protocol::id::{EventId, SessionId, ThreadId, WorkroomId};
use workroom_protocol::json::Json;
use workroom_protocol::time::Timestamp;

use super::draft::Draft;
use super::error::{Result, StoreError};
use super::event_row::Link;
use super::inbox;
use super::keys::{RoomKey, ThreadKey};
use super::projection::{self, Place};
use super::rows::blob;
use super::view::Scope;
use super::workrooms::WorkroomRow;
use super::writer::Tx;
use workroom_domain::event_text::TOLD_KINDS;

/// The author of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The actor.
    pub actor: Actor,
    /// Which agent and model, when it is an agent.
    pub agent: Option<AgentAttribution>,
    /// The agent's session.
    pub session_id: Option<SessionId>,
}

impl Author {
    /// Workroom itself.
    pub fn system() -> Self {
        Self::of(Actor { kind: ActorKind::System, handle: "workroom".into() })
    }

    /// A person.
    pub fn person(handle: &str) -> Self {
        Self::of(Actor { kind: ActorKind::Human, handle: handle.into() })
    }

    /// An actor that is not an agent in a session.
    pub fn of(actor: Actor) -> Self {
        Self { actor, agent: None, session_id: None }
    }
}

/// The origin of an event of another log.
#[derive(Debug, Clone)]
pub struct Source {
    /// Who imports it.
    pub by: Actor,
    /// When it happened, if the source says so.
    pub timestamp: Option<Timestamp>,
    /// Its id in the source.
    pub event_id: EventId,
    /// Its thread in the source.
    pub thread_id: Option<ThreadId>,
}

/// The place of a new event.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// To a workroom that the event creates.
    NewWorkroom(&'a WorkroomId),
    /// To a workroom as a whole.
    Workroom(&'a WorkroomRow),
    /// To a thread that the event creates.
    NewThread(&'a WorkroomRow, &'a ThreadId),
    /// To a thread.
    Thread { workroom: (RoomKey, &'a WorkroomId), thread: (ThreadKey, &'a ThreadId) },
}

/// A set of event kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSet(u32);

impl KindSet {
    /// Every kind.
    pub const ALL: Self = Self(u32::MAX);

    /// The kinds with these names, or the first name that is not a kind.
    pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> std::result::Result<Self, &'a str> {
        names.into_iter().try_fold(Self(0), |set, name| Ok(Self(set.0 | Self::of_name(name).ok_or(name)?.0)))
    }

    /// The kinds that agents receive.
    pub fn told() -> Self {
        Self::of_names(TOLD_KINDS).unwrap_or(Self::ALL)
    }

    /// The kind of an event; empty for an unknown one.
    pub(super) fn of_kind(name: &str) -> Self {
        Self::of_name(name).unwrap_or(Self(0))
    }

    fn of_name(name: &str) -> Option<Self> {
        EVENT_KINDS.iter().position(|(known, _)| *known == name).map(|index| Self(1 << index))
    }

    /// Whether the set contains all of `other`.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        EVENT_KINDS
            .iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, row)| row.0)
    }

    /// Whether the indexes of rare kinds can find pages of these kinds.
    pub(super) fn is_rare(self) -> bool {
        self != Self::ALL && self.names().all(|name| !COMMON_KINDS.contains(&name))
    }
}

/// The kinds that the indexes of rare events omit. The migration script lists them too.
const COMMON_KINDS: [&str; 3] = ["message", "tool_call", "tool_result"];
pub(super) const IS_RARE: &str = "kind NOT IN ('message', 'tool_call', 'tool_result')";

impl Tx<'_> {
    /// Appends one event, and updates everything that is derived from it.
    pub fn append(
        &self,
        author: &Author,
        target: Target<'_>,
        kind: WorkroomEventKind,
        reply_to: Option<EventId>,
    ) -> Result<(u64, Json<WorkroomEvent>)> {
        self.append_draft(author, target, Draft::new(kind)?, reply_to)
    }

    /// Appends one event whose text was analyzed before the store was locked. Used for events that a client sends.
    pub fn append_draft(
        &self,
        author: &Author,
        target: Target<'_>,
        draft: Draft,
        reply_to: Option<EventId>,
    ) -> Result<(u64, Json<WorkroomEvent>)> {
        self.add(author, None, target, draft, reply_to)
    }

    /// Creates a workroom, and gives its creator access to it.
    pub fn create_workroom(
        &self,
        author: &Author,
        id: &WorkroomId,
        created: WorkroomEventKind,
    ) -> Result<WorkroomRow> {
        let (seq, _) = self.append(author, Target::NewWorkroom(id), created, None)?;
        // The row of a workroom is the position of the event that created it.
        self.workroom_at(RoomKey::of_row(seq.cast_signed()))
    }

    /// Appends an event of another log, with the author and the time that its source gives.
    pub fn append_imported(
        &self,
        author: &Author,
        source: Source,
        target: Target<'_>,
        draft: Draft,
        reply_to: Option<EventId>,
    ) -> Result<(u64, Json<WorkroomEvent>)> {
        self.add(author, Some(source), target, draft, reply_to)
    }

    fn add(
        &self,
        author: &Author,
        source: Option<Source>,
        target: Target<'_>,
        draft: Draft,
        reply_to: Option<EventId>,
    ) -> Result<(u64, Json<WorkroomEvent>)> {
        // The next position stays free until the transaction ends, because it holds the only write lock.
        let seq = self.head_seq()? + 1;
        let row = i64::try_from(seq).map_err(|_| StoreError::Internal("the log is full".into()))?;
        let (workroom, workroom_id, thread, thread_id) = match target {
            Target::NewWorkroom(id) => (row, id, None, None),
            Target::Workroom(known) => (known.key.row(), &known.workroom.id, None, None),
            Target::NewThread(known, id) => (known.key.row(), &known.workroom.id, Some(row), Some(id)),
            Target::Thread { workroom: (workroom, workroom_id), thread: (thread, thread_id) } => {
                (workroom.row(), workroom_id, Some(thread.row()), Some(thread_id))
            }
        };
        // A workroom or thread that the event creates has no row yet, and no events before it.
        let workroom_before = self.head_of(Scope::Workroom(RoomKey::of_row(workroom)))?;
        let thread_before =
            thread.map(|row| self.head_of(Scope::Thread(ThreadKey::of_row(row)))).transpose()?;
        let link = Link { seq, workroom, thread, workroom_before, thread_before };
        if let Some(replied) = &reply_to
            && !self.is_event_of(replied, thread)?
        {
            return Err(StoreError::NotFound { what: "event", id: format!("{replied} in this thread") });
        }
        let id = self.new_id();
        let now = self.now();
        let (timestamp, imported) = match source {
            None => (now, None),
            Some(Source { by, timestamp, event_id, thread_id }) => {
                (timestamp.unwrap_or(now), Some(Imported { by, at: now, event_id, thread_id }))
            }
        };
        let event = WorkroomEvent {
            seq,
            id: EventId::from_uuid(id),
            thread_id: thread_id.cloned(),
            workroom_id: workroom_id.clone(),
            timestamp,
            kind: WorkroomEventKind::Resumed {},
            actor: if imported.is_some() { author.actor.clone() } else { self.actor_of(author)? },
            agent: author.agent.clone(),
            session_id: author.session_id.clone(),
            reply_to,
            redactions: BTreeMap::new(),
            imported,
        };
        let (event, json, gist) = draft.seal(event, &self.signed)?;
        link.insert(self.conn, id, event.kind.name(), json.text())?;
        projection::apply(self.conn, &event, Place { workroom, thread }, &gist)?;
        self.rooms.borrow_mut().insert(RoomKey::of_row(workroom));
        Ok((seq, json))
    }

    /// The current actor of an author. The owner's handle may have changed since they connected, with or without a
    /// token.
    fn actor_of(&self, author: &Author) -> Result<Actor> {
        let is_owner = self.access().is_some_and(|access| access.principal.is_owner());
        match is_owner && author.actor.kind == ActorKind::Human {
            true => Ok(Actor { kind: ActorKind::Human, handle: self.owner()? }),
            false => self.present(&author.actor),
        }
    }

    /// Whether there is an event with this id in a thread.
    fn is_event_of(&self, id: &EventId, thread: Option<i64>) -> Result<bool> {
        let mut statement = self.conn.prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND thread = ?2")?;
        Ok(statement.exists(params![blob(id.uuid()), thread])?)
    }

    /// The mentions of a draft that match no member of a workroom.
    pub fn uncalled(&self, workroom: RoomKey, draft: &Draft) -> Result<Vec<String>> {
        inbox::uncalled(self.conn, workroom.row(), draft.calls())
    }

    /// A new id. Ids are ascending.
    pub fn new_id(&self) -> Uuid {
        self.clock.new_id()
    }
}
