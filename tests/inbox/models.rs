//! Random histories, compared step by step with a model that recomputes everything from a plain list of events.

mod model;
mod steps;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use workroom_store as store;

use self::model::{Event, Model, Thread};
use self::steps::{Act, EVERYBODY, Step, THREADS, Who, step};
use crate::inbox::VIEWS;
use crate::support::{Home, Server};

const FOREVER: &str = "2999-01-01T00:00:00Z";

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
