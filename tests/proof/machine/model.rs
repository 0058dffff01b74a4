//! The expected state of the API, as simple lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The local user.
    Ada,
    /// One of her agents.
    Bot,
}

impl Who {
    pub fn other(self) -> Self {
        if self == Self::Ada { Self::Bot } else { Self::Ada }
    }

    pub fn handle(self) -> &'static str {
        if self == Self::Ada { "ada" } else { "bot" }
    }
}

#[derive(Debug, Default)]
pub struct Model {
    pub workspace: String,
    pub rooms: Vec<Room>,
    pub threads: Vec<Thread>,
    /// The log: the first event has `seq` 1.
    pub events: Vec<Event>,
    pub approvals: Vec<Approval>,
    pub failures: Vec<Failure>,
    pub questions: Vec<Question>,
    /// The ids of artifacts.
    pub artifacts: Vec<String>,
    /// The ids of tokens that are not revoked.
    pub tokens: Vec<String>,
    /// Ids of threads that Ada has saved.
    pub saved: BTreeSet<usize>,
}

#[derive(Debug)]
pub struct Room {
    pub id: String,
    pub title: String,
    pub archived: bool,
    /// The added members and their roles.
    pub members: BTreeMap<&'static str, &'static str>,
}

#[derive(Debug)]
pub struct Thread {
    pub id: String,
    pub room: usize,
    pub title: String,
    pub archived: bool,
    pub refs: Vec<&'static str>,
}

#[derive(Debug)]
pub struct Event {
    pub who: Who,
    pub room: usize,
    pub thread: Option<usize>,
    /// The fields that `kind` must have.
    pub kind: Value,
    pub reply_to: Option<usize>,
    /// The event as it was read.
    pub json: Value,
}

#[derive(Debug)]
pub struct Approval {
    pub id: String,
    pub digest: String,
    pub thread: usize,
    pub by: Who,
    pub state: &'static str,
}

#[derive(Debug)]
pub struct Failure {
    pub event: usize,
    pub thread: usize,
    pub by: Who,
    pub attempt: u32,
    /// The event that requested another attempt.
    pub retry: Option<usize>,
    pub stands: bool,
}

#[derive(Debug)]
pub struct Question {
    pub event: usize,
    pub thread: usize,
    pub by: Who,
    pub open: bool,
}

/// The entry that a number selects.
pub fn pick<T>(from: &[T], number: usize) -> Option<&T> {
    from.get(number % from.len().max(1))
}

impl Event {
    /// Asserts that an event that was read matches this one.
    #[track_caller]
    pub fn assert_is(&self, json: &Value, model: &Model) {
        for (name, value) in self.kind.as_object().unwrap() {
            assert_eq!(json["kind"].get(name).unwrap_or(&Value::Null), value, "`{name}` of {json}");
        }
        assert_eq!(json["actor"]["handle"], self.who.handle(), "{json}");
        assert_eq!(json.get("agent").is_some(), self.who == Who::Bot, "{json}");
        if let Some(room) = model.rooms.get(self.room) {
            assert_eq!(json["workroom_id"], room.id, "{json}");
        }
        if let Some(thread) = self.thread.and_then(|thread| model.threads.get(thread)) {
            assert_eq!(json["thread_id"], thread.id, "{json}");
        }
        if let Some(replied) = self.reply_to {
            assert_eq!(json["reply_to"], model.events[replied].json["id"], "{json}");
        }
    }
}

impl Model {
    /// The position of the last event of a room or a thread, which determines the order of lists.
    fn last(&self, is_of: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().rposition(is_of).map_or(0, |index| index + 1)
    }

    /// The rooms that are not archived, most recent activity first.
    pub fn rooms_by_activity(&self) -> Vec<usize> {
        let mut rooms: Vec<_> = (0..self.rooms.len()).filter(|room| !self.rooms[*room].archived).collect();
        rooms.sort_by_key(|room| std::cmp::Reverse(self.last(|event| event.room == *room)));
        rooms
    }

    /// The threads of a room that are not archived, most recent activity first.
    pub fn threads_by_activity(&self, room: usize) -> Vec<usize> {
        let of_room = |thread: &usize| self.threads[*thread].room == room && !self.threads[*thread].archived;
        let mut threads: Vec<_> = (0..self.threads.len()).filter(of_room).collect();
        threads.sort_by_key(|thread| std::cmp::Reverse(self.last(|event| event.thread == Some(*thread))));
        threads
    }

    pub fn pending(&self, thread: usize) -> impl Iterator<Item = &Approval> {
        self.approvals.iter().filter(move |approval| approval.thread == thread && approval.state == "pending")
    }

    pub fn standing(&self, thread: usize) -> impl Iterator<Item = &Failure> {
        self.failures.iter().filter(move |failure| failure.thread == thread && failure.stands)
    }

    pub fn open(&self, thread: usize) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(move |question| question.thread == thread && question.open)
    }

    /// `rfc.md`, "Status".
    pub fn status(&self, thread: usize) -> &'static str {
        let kinds: Vec<_> = self.events.iter().filter(|event| event.thread == Some(thread)).collect();
        let kinds = kinds.iter().map(|event| event.kind["event"].as_str().unwrap());
        let work = ["tool_call", "approval_request", "needs_human", "resumed", "retry_requested"];
        let last_work =
            kinds.clone().rfind(|kind| work.contains(kind) || ["failure", "receipt"].contains(kind));
        let mut kinds = kinds;
        if self.threads[thread].archived {
            "archived"
        } else if self.pending(thread).count() + self.open(thread).count() > 0 {
            "waiting"
        } else if last_work == Some("failure") && self.standing(thread).count() > 0 {
            "failed"
        } else if last_work == Some("receipt") {
            "completed"
        } else if last_work.is_some() || kinds.any(|kind| ["message", "artifact_linked"].contains(&kind)) {
            "active"
        } else {
            "idle"
        }
    }
}
