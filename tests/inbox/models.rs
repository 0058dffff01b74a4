//! Random histories, compared step by step with a model that recomputes everything from a plain list of events.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use workroom_store as store;

use crate::inbox::VIEWS;
use crate::support::{Home, Server};

const FOREVER: &str = "2999-01-01T00:00:00Z";
const THREADS: usize = 3;

/// The participants: two people, one of whom also uses a second process, and an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Ada,
    Bob,
    Bot,
}

const EVERYBODY: [Who; 3] = [Who::Ada, Who::Bob, Who::Bot];

impl Who {
    fn handle(self) -> &'static str {
        ["ada", "bob", "bot"][self as usize]
    }

    fn is_person(self) -> bool {
        self != Self::Bot
    }
}

#[derive(Debug, Clone)]
enum Step {
    Append { who: Who, thread: usize, kind: Value, reply_to: Option<usize> },
    Act { who: Who, phone: bool, thread: usize, act: Act },
    RoomLevel { who: Who, level: Option<&'static str> },
    Role(&'static str),
}

#[derive(Debug, Clone, Copy)]
enum Act {
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

fn step() -> impl Strategy<Value = Step> {
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

/// An event of a thread.
struct Event {
    id: String,
    seq: u64,
    who: Who,
    kind: Value,
    /// The actor of the event that this one answers.
    answers: Option<Who>,
    /// For whom the event is relevant, and why.
    told: BTreeMap<Who, &'static str>,
    /// Whether it is a pending approval, question or failure.
    open: bool,
}

impl Event {
    fn name(&self) -> &str {
        self.kind["event"].as_str().unwrap()
    }
}

#[derive(Default, Clone, PartialEq)]
struct Mine {
    read: u64,
    done: u64,
    floor: u64,
    before: u64,
    reopened: bool,
    /// The position that was seen when the thread was snoozed.
    snoozed: Option<u64>,
    saved: bool,
    level: Option<&'static str>,
}

struct Thread {
    id: String,
    row: u64,
    is_direct: bool,
    participants: &'static [&'static str],
    events: Vec<Event>,
    mine: BTreeMap<Who, Mine>,
    knows: Vec<Who>,
}

struct Model {
    threads: Vec<Thread>,
    room_levels: BTreeMap<Who, &'static str>,
    bob: &'static str,
    head: u64,
}

impl Model {
    fn decides(&self, who: Who) -> bool {
        who == Who::Ada || (who == Who::Bob && self.bob == "maintainer")
    }

    fn append(&mut self, thread: usize, mut event: Event) {
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
    fn expected(&self, who: Who, thread: &Thread) -> (Vec<&'static str>, u64, Vec<(String, u64)>) {
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
}

struct World {
    servers: BTreeMap<(Who, bool), Server>,
    room: String,
    model: Model,
}

fn world(home: &Home) -> World {
    let mut ada = home.server();
    let room = ada.ok("workroom/create", json!({"title": "Room"}))["id"].as_str().unwrap().to_owned();
    let secret = ada.token(json!({
        "handle": "bob", "kind": "human", "scopes": ["read", "post"], "role": "maintainer", "workrooms": [room]
    }));
    let agent = json!({"handle": "bot", "kind": "agent", "role": "contributor", "workroom_id": room});
    ada.ok("member/add", agent);
    let shapes: [(&str, &'static [&'static str]); THREADS] =
        [("channel", &[]), ("direct_message", &["bob", "bot"]), ("direct_message", &[])];
    let mut threads = Vec::new();
    for (kind, participants) in shapes {
        let params = json!({"workroom_id": room, "title": "T", "kind": kind, "participants": participants});
        let thread = ada.ok("thread/create", params);
        threads.push(Thread {
            id: thread["id"].as_str().unwrap().into(),
            row: thread["head_seq"].as_u64().unwrap(),
            is_direct: kind == "direct_message",
            participants,
            events: Vec::new(),
            mine: BTreeMap::new(),
            knows: vec![Who::Ada],
        });
    }
    let head = threads.last().unwrap().row;
    let servers = [
        ((Who::Ada, true), home.server()),
        ((Who::Ada, false), ada),
        ((Who::Bob, false), home.bearer(&secret)),
        ((Who::Bob, true), home.bearer(&secret)),
        ((Who::Bot, false), home.agent_of("m", "bot", "one")),
        ((Who::Bot, true), home.agent_of("other", "bot", "one")),
    ];
    let model = Model { threads, room_levels: BTreeMap::new(), bob: "maintainer", head };
    World { servers: servers.into(), room, model }
}

impl World {
    fn take(&mut self, step: Step) {
        let model = &mut self.model;
        match step {
            Step::Append { who, thread, mut kind, reply_to } => {
                if model.bob == "viewer" && who == Who::Bob {
                    return;
                }
                let known = &model.threads[thread];
                let answered = reply_to.and_then(|back| known.events.iter().rev().nth(back));
                let (reply, answers) =
                    (answered.map(|event| event.id.clone()), answered.map(|event| event.who));
                let params = json!({"thread_id": known.id, "kind": kind, "reply_to": reply});
                let server = self.servers.get_mut(&(who, false)).unwrap();
                let event = server.ok("event/append", params)["event"].take();
                kind["__reply"] = json!(reply);
                let (id, seq) = (event["id"].as_str().unwrap().into(), event["seq"].as_u64().unwrap());
                let told = BTreeMap::new();
                model.append(thread, Event { id, seq, who, kind, answers, told, open: false });
            }
            Step::Act { who, phone, thread, act } => self.act(who, phone, thread, act),
            Step::RoomLevel { who, level } => {
                let server = self.servers.get_mut(&(who, false)).unwrap();
                server.ok("workroom/setNotificationLevel", json!({"workroom_id": self.room, "level": level}));
                match level {
                    Some(level) => drop(model.room_levels.insert(who, level)),
                    None => drop(model.room_levels.remove(&who)),
                }
            }
            Step::Role(role) => {
                let server = self.servers.get_mut(&(Who::Ada, false)).unwrap();
                let params = json!({"workroom_id": self.room, "handle": "bob", "role": role});
                server.ok("member/update", params);
                model.head += u64::from(model.bob != role);
                model.bob = role;
                model.came();
            }
        }
    }

    fn act(&mut self, who: Who, phone: bool, thread: usize, act: Act) {
        let model = &mut self.model;
        let (head, thread) = (model.head, &mut model.threads[thread]);
        let last =
            thread.events.iter().rev().find(|event| event.told.contains_key(&who)).map(|event| event.seq);
        let newest = last.unwrap_or(thread.row);
        let part = |part: u64| head * part / 100;
        let mut mine = thread.mine.get(&who).cloned().unwrap_or_default();
        let id = &thread.id;
        let (method, params) = match act {
            Act::Read(upto) => {
                mine.read = mine.read.max(part(upto));
                ("inbox/markRead", json!({"thread_id": id, "upto_seq": part(upto)}))
            }
            Act::Unread(from) => {
                let from = from.map(part);
                mine.read = mine.read.min(from.unwrap_or(last.unwrap_or(1)).saturating_sub(1));
                ("inbox/markUnread", json!({"thread_id": id, "from_seq": from}))
            }
            Act::Archive(upto) => {
                let upto = part(upto);
                mine.read = mine.read.max(upto);
                mine.done = mine.done.max(upto);
                if upto > mine.floor {
                    (mine.before, mine.floor) = (mine.floor, upto);
                }
                (mine.reopened, mine.snoozed) = (false, None);
                ("inbox/archive", json!({"thread_ids": [id], "upto_seq": upto}))
            }
            Act::Unarchive => {
                if mine.floor >= newest && !mine.reopened {
                    (mine.floor, mine.reopened) = (mine.before, true);
                }
                ("inbox/unarchive", json!({"thread_id": id}))
            }
            Act::Snooze(upto) => {
                let upto = upto.map(part);
                if mine.snoozed.is_none() || upto.is_some() {
                    mine.snoozed = Some(upto.unwrap_or(head));
                }
                ("inbox/snooze", json!({"thread_id": id, "until": FOREVER, "upto_seq": upto}))
            }
            Act::Unsnooze => {
                mine.snoozed = None;
                ("inbox/unsnooze", json!({"thread_id": id}))
            }
            Act::Save(saved) => {
                mine.saved = saved;
                (if saved { "inbox/save" } else { "inbox/unsave" }, json!({"thread_id": id}))
            }
            Act::Level(level) => {
                mine.level = level;
                ("thread/setNotificationLevel", json!({"thread_id": id, "level": level}))
            }
        };
        let done = mine.done;
        // An action that changes nothing leaves no trace.
        if mine != thread.mine.get(&who).cloned().unwrap_or_default() {
            thread.mine.insert(who, mine);
        }
        let answer = self.servers.get_mut(&(who, phone)).unwrap().ok(method, params);
        if let Some(item) = answer["items"].get(0) {
            assert_eq!(item["done_upto"], done);
        }
    }

    /// Compares all views and counts of all participants, as read from their other process.
    fn compare(&mut self) -> Result<(), TestCaseError> {
        for who in EVERYBODY {
            let server = self.servers.get_mut(&(who, true)).unwrap();
            let expected: Vec<_> =
                self.model.threads.iter().map(|thread| (thread, self.model.expected(who, thread))).collect();
            for view in VIEWS {
                let page = server.ok("inbox/list", json!({"view": view, "workroom_id": self.room}));
                let found: BTreeMap<&str, &Value> = page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| (item["thread_id"].as_str().unwrap(), item))
                    .collect();
                let ids: Vec<_> = expected
                    .iter()
                    .filter(|(_, (views, ..))| views.contains(&view))
                    .map(|(thread, _)| &*thread.id)
                    .collect();
                prop_assert_eq!(found.keys().copied().collect::<Vec<_>>(), ids.clone(), "{:?} {}", who, view);
                prop_assert_eq!(&page["counts"][view], ids.len());
                for (thread, (_, unread, reasons)) in &expected {
                    let Some(item) = found.get(&*thread.id) else { continue };
                    let told: Vec<_> =
                        crate::inbox::reasons(item).into_iter().map(|(r, n)| (r.to_owned(), n)).collect();
                    prop_assert_eq!(&told, reasons, "{:?} {}", who, item);
                    prop_assert_eq!(&item["unread"], unread, "{:?} {}", who, item);
                }
            }
            let unread =
                expected.iter().filter(|(_, (views, unread, _))| views.contains(&"all") && *unread > 0);
            let counts = server.ok("inbox/counts", json!({}));
            prop_assert_eq!(&counts["counts"]["unread"], unread.count(), "{:?}", who);
            prop_assert_eq!(&counts["as_of_seq"], self.model.head);
        }
        Ok(())
    }
}

impl Model {
    /// Records that Bob has another role. Pending items become relevant for him, unless something newer already is.
    fn came(&mut self) {
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

proptest! {
    #![proptest_config(Config { cases: 12, max_shrink_iters: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_view_and_count_matches_a_recomputed_one(steps in prop::collection::vec(step(), 1..60)) {
        let home = Home::new();
        let mut world = world(&home);
        for (number, step) in steps.into_iter().enumerate() {
            world.take(step);
            if number % 4 == 0 {
                world.compare()?;
            }
        }
        world.compare()?;
        let report = store::check(&home.path(), false, &mut |_, _| {}).unwrap();
        prop_assert!(report.is_sound(), "{:?}", report);
    }
}
