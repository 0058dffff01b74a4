//! The participants, and the steps of a history.

use proptest::prelude::*;
use serde_json::{Value, json};

pub const THREADS: usize = 3;

/// The participants: two people, one of whom also uses a second process, and an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Ada,
    Bob,
    Bot,
}

pub const EVERYBODY: [Who; 3] = [Who::Ada, Who::Bob, Who::Bot];

impl Who {
    pub fn handle(self) -> &'static str {
        ["ada", "bob", "bot"][self as usize]
    }

    pub fn is_person(self) -> bool {
        self != Self::Bot
    }
}

#[derive(Debug, Clone)]
pub enum Step {
    Append { who: Who, thread: usize, kind: Value, reply_to: Option<usize> },
    Act { who: Who, phone: bool, thread: usize, act: Act },
    RoomLevel { who: Who, level: Option<&'static str> },
    Role(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub enum Act {
    Read(u64),
    Unread(Option<u64>),
    Archive(u64),
    Unarchive,
    Snooze(Option<u64>),
    Unsnooze,
    Save(bool),
    Level(Option<&'static str>),
}

fn kind() -> impl Strategy<Value = Value> {
    let message = prop_oneof![
        Just("hello"),
        Just("@ada"),
        Just("@bob and @Ada"),
        Just("@BOT go on"),
        Just("`@ada` in code"),
    ];
    prop_oneof![
        6 => message.prop_map(|content| json!({"event": "message", "content": content})),
        1 => prop_oneof![Just("ada"), Just("@bob"), Just("ghost")]
            .prop_map(|who| json!({"event": "mention", "mentioned_user": who})),
        1 => Just(json!({"event": "tool_call", "tool_name": "sh", "summary": "ls"})),
        2 => Just(json!({"event": "approval_request", "tool_name": "rm"})),
        2 => Just(json!({"event": "needs_human", "reason": "?"})),
        2 => Just(json!({"event": "failure", "error": "!"})),
        2 => Just(json!({"event": "receipt", "summary": "done"})),
        1 => Just(json!({"event": "resumed"})),
    ]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![Just(Who::Ada), Just(Who::Bob), Just(Who::Bot)]
}

fn level() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![Just(None), Just(Some("all")), Just(Some("mentions")), Just(Some("muted"))]
}

fn act() -> impl Strategy<Value = Act> {
    // A part of the log, in percent.
    let part = 0..=100u64;
    prop_oneof![
        3 => part.clone().prop_map(Act::Read),
        1 => prop::option::of(part.clone()).prop_map(Act::Unread),
        4 => part.clone().prop_map(Act::Archive),
        2 => Just(Act::Unarchive),
        2 => prop::option::of(part).prop_map(Act::Snooze),
        1 => Just(Act::Unsnooze),
        1 => any::<bool>().prop_map(Act::Save),
        1 => level().prop_map(Act::Level),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let thread = 0..THREADS;
    prop_oneof![
        10 => (who(), thread.clone(), kind(), prop::option::of(0..8usize))
            .prop_map(|(who, thread, kind, reply_to)| Step::Append { who, thread, kind, reply_to }),
        8 => (who(), any::<bool>(), thread, act())
            .prop_map(|(who, phone, thread, act)| Step::Act { who, phone, thread, act }),
        1 => (who(), level()).prop_map(|(who, level)| Step::RoomLevel { who, level }),
        1 => prop_oneof![Just("viewer"), Just("contributor"), Just("maintainer")].prop_map(Step::Role),
    ]
}
