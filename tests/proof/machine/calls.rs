//! The calls of each method, and their expected outcome.

mod approvals;
mod events;
mod members;
mod rooms;
mod threads;

use serde_json::Value;

use self::approvals::{cancel, decide, request};
use self::events::{append, append_batch, artifact, failure};
use self::members::{add_member, create_token, remove_member, revoke_token, update_member};
pub use self::rooms::create_room;
use self::rooms::{archive_room, update_room};
pub use self::threads::create_thread;
use self::threads::{archive_thread, attach, detach, save, update_thread};
use super::model::{Event, Model, Who};

/// A request and the outcome that the model expects.
pub struct Call {
    pub method: &'static str,
    pub params: Value,
    /// Whether it accepts an `idempotency_key`.
    pub keyed: bool,
    /// The events that it writes, or the kind of its error.
    pub expected: Result<Vec<Event>, &'static str>,
    /// What the model learns from the result.
    pub then: Then,
}

type Then = Box<dyn FnOnce(&mut Model, &Value)>;

type Make = fn(&Model, Who, [usize; 3]) -> Option<Call>;

/// The calls that write, and how often each is made.
pub const CALLS: &[(u32, Make)] = &[
    (3, create_room),
    (2, update_room),
    (1, archive_room),
    (6, create_thread),
    (2, update_thread),
    (2, archive_thread),
    (4, attach),
    (2, detach),
    (16, append),
    (4, append_batch),
    (6, request),
    (5, decide),
    (2, cancel),
    (5, failure),
    (2, artifact),
    (3, add_member),
    (2, update_member),
    (2, remove_member),
    (1, create_token),
    (1, revoke_token),
    (3, save),
];

fn call(method: &'static str, params: Value, expected: Result<Vec<Event>, &'static str>) -> Call {
    Call { method, params, keyed: false, expected, then: Box::new(|_, _| {}) }
}

impl Call {
    fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    fn then(self, then: impl FnOnce(&mut Model, &Value) + 'static) -> Self {
        Self { then: Box::new(then), ..self }
    }

    /// A call that agents cannot make.
    fn for_people(self, who: Who) -> Self {
        if who == Who::Bot { Self { expected: Err("forbidden"), ..self } } else { self }
    }
}

fn event(who: Who, room: usize, thread: Option<usize>, kind: Value) -> Event {
    Event { who, room, thread, kind, reply_to: None, json: Value::Null }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A number below `count`, if there is one.
fn below(count: usize, number: usize) -> Option<usize> {
    (count > 0).then(|| number % count)
}
