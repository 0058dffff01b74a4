//! The model: the threads of a room as plain lists of events.

use std::collections::BTreeMap;

use serde_json::Value;

use super::steps::{EVERYBODY, Who};
use crate::inbox::VIEWS;

/// An event of a thread.
pub struct Event {
    pub id: String,
    pub seq: u64,
    pub who: Who,
    pub kind: Value,
    /// The actor of the event that this one answers.
    pub answers: Option<Who>,
    /// For whom the event is relevant, and why.
    pub told: BTreeMap<Who, &'static str>,
    /// Whether it is a pending approval, question or failure.
    pub open: bool,
}

impl Event {
    pub fn name(&self) -> &str {
        self.kind["event"].as_str().unwrap()
    }
}

#[derive(Default, Clone, PartialEq)]
pub struct Mine {
    pub read: u64,
    pub done: u64,
    pub floor: u64,
    pub before: u64,
    pub reopened: bool,
    /// The position that was seen when the thread was snoozed.
    pub snoozed: Option<u64>,
    pub saved: bool,
    pub level: Option<&'static str>,
}

pub struct Thread {
    pub id: String,
    pub row: u64,
    pub is_direct: bool,
    pub participants: &'static [&'static str],
    pub events: Vec<Event>,
    pub mine: BTreeMap<Who, Mine>,
    pub knows: Vec<Who>,
}

pub struct Model {
    pub threads: Vec<Thread>,
    pub room_levels: BTreeMap<Who, &'static str>,
    pub bob: &'static str,
    pub head: u64,
}

impl Model {
    pub fn decides(&self, who: Who) -> bool {
        who == Who::Ada || (who == Who::Bob && self.bob == "maintainer")
    }

    pub fn append(&mut self, thread: usize, mut event: Event) {
        self.head = event.seq;
        let name = event.name().to_owned();
        for who in EVERYBODY.into_iter().filter(|who| *who != event.who) {
            let thread = &self.threads[thread];
            let text = match &*name {
                "message" => event.kind["content"].as_str().unwrap().replace("`@ada`", ""),
                "mention" => format!("@{}", event.kind["mentioned_user"].as_str().unwrap().trim_matches('@')),
                _ => String::new(),
            };
            let called = text.to_lowercase().contains(&format!("@{}", who.handle()));
            let takes_part = thread.participants.is_empty() || thread.participants.contains(&who.handle());
            let person = who.is_person();
            let reason = match &*name {
                _ if called => "mention",
                "message" if !person && event.answers == Some(who) => "reply",
                "message" if thread.is_direct && takes_part => "direct",
                "message" if !thread.is_direct && person && event.who.is_person() => "message",
                "approval_request" if self.decides(who) => "approval",
                "needs_human" | "failure" | "receipt" if person => &name,
                _ => continue,
            };
            let reason =
                ["mention", "reply", "direct", "message", "approval", "needs_human", "failure", "receipt"]
                    .into_iter()
                    .find(|known| *known == reason)
                    .unwrap();
            event.told.insert(who, reason);
        }
        event.open = ["approval_request", "needs_human", "failure"].contains(&&*name);
        let thread = &mut self.threads[thread];
        let answered = event.answers.and(event.kind["__reply"].as_str().map(str::to_owned));
        for known in &mut thread.events {
            let is_answered = answered.as_ref() == Some(&known.id);
            let settled = match (&*name, known.kind["event"].as_str().unwrap()) {
                ("message", "needs_human") => is_answered && event.who.is_person(),
                ("resumed", "needs_human") => is_answered || answered.is_none(),
                ("receipt", "failure") => is_answered || known.who == event.who,
                _ => false,
            };
            known.open &= !settled;
        }
        if !thread.knows.contains(&event.who) {
            thread.knows.push(event.who);
        }
        thread.events.push(event);
    }

    /// The views, the unread count and the reasons of a thread, all recomputed.
    pub fn expected(&self, who: Who, thread: &Thread) -> (Vec<&'static str>, u64, Vec<(String, u64)>) {
        let mine = thread.mine.get(&who).cloned().unwrap_or_default();
        let level = mine.level.or(self.room_levels.get(&who).copied()).unwrap_or("all");
        let lets = |reason: &str| match level {
            "all" => true,
            "mentions" => !["message", "receipt"].contains(&reason),
            _ => reason == "mention",
        };
        let open: Vec<(&Event, &str)> = thread
            .events
            .iter()
            .filter(|event| event.open && event.who != who && who.is_person() && level != "muted")
            .filter_map(|event| match event.name() {
                "approval_request" => self.decides(who).then_some((event, "approval")),
                "needs_human" => Some((event, "needs_human")),
                _ => Some((event, "failure")),
            })
            .collect();
        let asks = ["approval", "needs_human", "failure"];
        let plain: Vec<(&Event, &str)> = thread
            .events
            .iter()
            .filter_map(|event| Some((event, *event.told.get(&who)?)))
            .filter(|(_, reason)| !asks.contains(reason) && lets(reason))
            .collect();
        let newest = thread.events.iter().rev().find(|event| event.told.contains_key(&who));
        let newest = newest.map_or(thread.row, |event| event.seq);
        let pressing = thread.events.iter().rev().find(|event| {
            matches!(event.told.get(&who), Some(&"mention") | Some(&"approval") | Some(&"failure"))
        });
        let snoozed = mine.snoozed.is_some_and(|seen| pressing.is_none_or(|event| event.seq <= seen));
        let fresh: Vec<_> = plain.iter().filter(|(event, _)| event.seq > mine.floor).collect();
        let has = |reason: &str| fresh.iter().any(|(_, known)| *known == reason);
        let waits = |reason: &str| open.iter().filter(|(_, known)| *known == reason).count() as u64;
        let visible = (!fresh.is_empty() || !open.is_empty() || mine.reopened) && !snoozed;
        let done = mine.floor >= newest && open.is_empty() && !mine.reopened;
        let exists = thread.knows.contains(&who)
            || thread.events.iter().any(|event| event.told.contains_key(&who))
            || thread.mine.contains_key(&who)
            || !open.is_empty();
        // The status of the thread, as far as it affects the views.
        let worked = thread.events.iter().rev().find_map(|event| match event.name() {
            "tool_call" | "approval_request" | "needs_human" | "resumed" => Some("begun"),
            "failure" => Some("failed"),
            "receipt" => Some("done"),
            _ => None,
        });
        let any_open =
            |names: &[&str]| thread.events.iter().any(|event| event.open && names.contains(&event.name()));
        let active = any_open(&["approval_request", "needs_human"])
            || match worked {
                Some("done") => false,
                Some(_) => true,
                None => thread.events.iter().any(|event| ["message", "mention"].contains(&event.name())),
            };
        let unread = plain.iter().chain(&open).filter(|(event, _)| event.seq > mine.read).count() as u64;
        let views = VIEWS
            .into_iter()
            .filter(|view| {
                exists
                    && match *view {
                        "all" => visible,
                        "direct" => {
                            visible && thread.is_direct && (has("direct") || has("mention") || has("reply"))
                        }
                        "mentions" => visible && has("mention"),
                        "active" => active && !snoozed && (visible || (level != "muted" && !done)),
                        "needs_approval" => waits("approval") > 0,
                        "needs_human" => waits("needs_human") > 0,
                        "failed" => waits("failure") > 0,
                        "receipts" => visible && has("receipt"),
                        "saved" => mine.saved,
                        "snoozed" => snoozed,
                        _ => done && !snoozed,
                    }
            })
            .collect();
        let order =
            ["approval", "needs_human", "failure", "mention", "direct", "reply", "receipt", "message"];
        let mut reasons = Vec::new();
        for reason in order {
            let count = waits(reason) + fresh.iter().filter(|(_, known)| *known == reason).count() as u64;
            if count > 0 {
                reasons.push((reason.to_owned(), count));
            }
        }
        (views, unread, reasons)
    }

    /// Records that Bob has another role. Pending items become relevant for him, unless something newer already is.
    pub fn came(&mut self) {
        let decides = self.decides(Who::Bob);
        for thread in &mut self.threads {
            for index in 0..thread.events.len() {
                let event = &thread.events[index];
                let later = thread.events[index..].iter().any(|event| event.told.contains_key(&Who::Bob));
                let reason = match event.name() {
                    "approval_request" if decides => "approval",
                    "needs_human" => "needs_human",
                    "failure" => "failure",
                    _ => continue,
                };
                if event.open && event.who != Who::Bob && !later {
                    thread.events[index].told.insert(Who::Bob, reason);
                }
            }
        }
    }
}
