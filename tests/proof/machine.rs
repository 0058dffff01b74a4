//! The whole API against a simple model: two clients, a person and an agent, that crash and come back.
//!
//! After each call, the other client reads what the call added to the log, and that must match the model.

mod calls;
mod model;
mod views;

use std::collections::BTreeSet;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use workroom_protocol::methods::METHODS;

use self::calls::{CALLS, Call};
use self::model::{Event, Model, Who};
use super::{chance, log};
use crate::support::{Home, Server};

/// One step of a history. Numbers select from the items that exist at that time.
#[derive(Debug, Clone)]
struct Step {
    who: Who,
    /// A row of [`CALLS`].
    call: usize,
    numbers: [usize; 3],
    meanwhile: Meanwhile,
}

/// An additional disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    /// The server is killed after the request was sent, and the client sends the request again to another server.
    Crash,
    /// The server is replaced by another before the request is sent.
    Restart,
    /// The client sends an older request again.
    Retry,
    /// Both clients read everything.
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    let who = prop_oneof![3 => Just(Who::Ada), 2 => Just(Who::Bot)];
    let weights: Vec<_> =
        CALLS.iter().enumerate().map(|(row, (weight, _))| (*weight, Just(row).boxed())).collect();
    let call = prop::strategy::Union::new_weighted(weights);
    let meanwhile = prop_oneof![
        14 => Just(Meanwhile::Nothing),
        2 => Just(Meanwhile::Crash),
        1 => Just(Meanwhile::Restart),
        2 => Just(Meanwhile::Retry),
        2 => Just(Meanwhile::Look),
    ];
    (who, call, any::<[usize; 3]>(), meanwhile).prop_map(|(who, call, numbers, meanwhile)| Step {
        who,
        call,
        numbers,
        meanwhile,
    })
}

/// A client, its server, and its position in the log.
struct Client {
    who: Who,
    server: Server,
    told: usize,
}

impl Client {
    fn new(who: Who, home: &Home) -> Self {
        let server = Self::start(who, home, 0);
        Self { who, server, told: 0 }
    }

    /// Starts a server and subscribes to the log from position `told`.
    fn start(who: Who, home: &Home, told: usize) -> Server {
        let mut server = match who {
            Who::Ada => home.server(),
            Who::Bot => home.agent_of("m-1", "bot", "one session, whichever server it comes through"),
        };
        server.ok("event/subscribe", json!({"after_seq": told}));
        server
    }

    /// Replaces the server by another. Unread messages are lost.
    fn come_back(&mut self, home: &Home, kill: bool) {
        let fresh = Self::start(self.who, home, self.told);
        let old = std::mem::replace(&mut self.server, fresh);
        if kill { drop(old.kill()) } else { drop(old.wait()) }
    }

    /// Reads the notifications of the subscription: each event once, in order.
    fn listen(&mut self, model: &Model) {
        for event in &model.events[self.told..] {
            assert_eq!(self.server.notification()["event"], event.json, "told to {:?}", self.who);
        }
        self.told = model.events.len();
    }
}

/// The methods that any history has called, to verify that none is missing.
static CALLED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

struct History {
    home: Home,
    clients: [Client; 2],
    model: Model,
    /// Requests with a key, and their results.
    answered: Vec<(Who, &'static str, Value, Value)>,
    number: usize,
}

impl History {
    fn begin() -> Self {
        let home = Home::new();
        let clients = [Who::Ada, Who::Bot].map(|who| Client::new(who, &home));
        let workspace = home.path().with_file_name("workspace");
        std::fs::create_dir(&workspace).unwrap();
        std::fs::write(workspace.join("a.txt"), "contents").unwrap();
        let model = Model { workspace: workspace.to_str().unwrap().into(), ..Model::default() };
        Self { home, clients, model, answered: Vec::new(), number: 0 }
    }

    fn take(&mut self, step: &Step) {
        let who = step.who;
        self.number += 1;
        match step.meanwhile {
            Meanwhile::Restart => {
                self.clients[who as usize].listen(&self.model);
                self.clients[who as usize].come_back(&self.home, false);
            }
            Meanwhile::Retry => self.retry(step.numbers[0]),
            Meanwhile::Look => self.look(step.numbers),
            Meanwhile::Nothing | Meanwhile::Crash => {}
        }
        let Some(mut call) = CALLS[step.call].1(&self.model, who, step.numbers) else { return };
        CALLED.lock().unwrap().insert(call.method);
        if call.keyed {
            call.params["idempotency_key"] = json!(format!("key {}", self.number));
            if step.meanwhile == Meanwhile::Crash {
                self.clients[who as usize].server.send(call.method, call.params.clone());
                self.clients[who as usize].come_back(&self.home, true);
            }
        }
        self.check(who, call);
    }

    /// Makes a call and compares the outcome with the expectation of the model.
    fn check(&mut self, who: Who, call: Call) {
        let Call { method, params, keyed, expected, then } = call;
        let client = &mut self.clients[who as usize];
        let id = client.server.send(method, params.clone());
        let mut answer = client.server.answer(id);
        let what = format!("{method} {params} of {who:?}: {answer}");
        let expected = match expected {
            Ok(expected) => expected,
            Err(refusal) => {
                assert_eq!(answer["error"]["data"]["kind"], refusal, "{what}");
                Vec::new()
            }
        };
        let result = answer["result"].take();
        assert!(!result.is_null() || answer.get("error").is_some(), "{what}");
        let written = self.written(who.other());
        assert_eq!(written.len(), expected.len(), "{what}: {written:#?}");
        for (json, event) in written.into_iter().zip(expected) {
            event.assert_is(&json, &self.model);
            self.model.events.push(Event { json, ..event });
        }
        if result.is_null() {
            return;
        }
        then(&mut self.model, &result);
        if keyed {
            self.answered.push((who, method, params, result));
        }
    }

    /// The events in the log that the model does not have yet.
    fn written(&mut self, who: Who) -> Vec<Value> {
        let after = self.model.events.len();
        let mut page = self.clients[who as usize].server.ok("event/list", json!({"after_seq": after}));
        let events: Vec<Value> = serde_json::from_value(page["events"].take()).unwrap();
        for (index, event) in events.iter().enumerate() {
            assert_eq!(event["seq"], after + index + 1);
        }
        events
    }

    /// A retry returns the first response and writes nothing.
    fn retry(&mut self, number: usize) {
        let Some((who, method, params, result)) = model::pick(&self.answered, number) else { return };
        let again = self.clients[*who as usize].server.ok(method, params.clone());
        let mut result = result.clone();
        if *method == "token/create" {
            // A secret is shown only once.
            result.as_object_mut().unwrap().remove("secret");
        }
        assert_eq!(again, result, "{method} {params}");
        assert_eq!(self.written(Who::Ada), Vec::<Value>::new());
    }

    fn look(&mut self, numbers: [usize; 3]) {
        for client in &mut self.clients {
            client.listen(&self.model);
            let called = views::check(&mut client.server, client.who, &self.model, numbers);
            CALLED.lock().unwrap().extend(called);
        }
    }

    fn end(mut self) {
        self.look([0, 1, 2]);
        for client in &mut self.clients {
            client.server.assert_quiet();
        }
        assert_eq!(log::read(&mut self.clients[0].server).len(), self.model.events.len());
        let Self { home, clients, .. } = self;
        drop(clients);
        log::assert_sound(&home);
    }
}

/// The whole of `protocol.md`: every method does exactly what is documented, whatever happened before. The other
/// process sees it at once, crashes lose nothing, and retries do nothing twice.
#[test]
fn the_whole_api_behaves_like_a_simple_model() {
    let cases = chance::tries(10, 3000) as u32;
    let config = Config { cases, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    // The same histories for everybody; others in the long run.
    let seed = if chance::long() { chance::seed() } else { 1 };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let histories = prop::collection::vec(step(), 1..150);
    TestRunner::new_with_rng(config, random)
        .run(&histories, |steps| {
            let mut history = History::begin();
            // Initial content, because most steps would otherwise find nothing to act on.
            let begin = [calls::create_room, calls::create_thread, calls::create_thread];
            for call in begin {
                let call = call(&history.model, Who::Ada, [0, 0, 0]).unwrap();
                history.check(Who::Ada, Call { keyed: false, ..call });
            }
            for step in &steps {
                history.take(step);
            }
            history.end();
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let called = CALLED.lock().unwrap();
    // Every test calls the methods that begin and end a connection, and the comparison after each call uses the
    // others.
    let elsewhere = ["initialize", "shutdown", "event/subscribe", "event/list"];
    // The model has one owner, one room per folder, no secret and no running agents, which these methods change or
    // report. Their random histories and races are in `people::names`, `people::owner`, `projections::histories`,
    // `rooms::repositories`, `approvals::secret` and `capture`.
    let of_their_own = [
        "owner/read",
        "owner/set",
        "session/list",
        "presence/list",
        "workroom/open",
        "workroom/merge",
        "event/import",
        "approver/status",
        "approver/set",
        "approver/off",
        "approver/unlock",
    ];
    let forgotten: Vec<_> = METHODS
        .iter()
        .map(|row| row.name)
        .filter(|name| !called.contains(name) && !elsewhere.contains(name) && !of_their_own.contains(name))
        .collect();
    assert!(forgotten.is_empty(), "not called: {forgotten:?}");
}
