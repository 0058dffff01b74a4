//! Random `kill -9`: acknowledged writes are stored exactly once, and a retry gets the first response.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::{chance, log};
use crate::support::{Home, Server};

/// A write with its own key. Every text that it adds to the log is `key` or begins with `key/`.
#[derive(Clone)]
struct Write {
    key: String,
    method: &'static str,
    params: Value,
    /// The response, once there is one.
    result: Option<Value>,
}

// All events of a batch are stored, or none.
const BATCH: usize = 4;

impl Write {
    fn random(key: String, room: &str, thread: &str, random: &mut SmallRng) -> Self {
        let message =
            |text: &str| json!({"thread_id": thread, "kind": {"event": "message", "content": text}});
        let (method, mut params) = match random.random_range(0..10) {
            0 => {
                let events: Vec<_> = (0..BATCH).map(|number| message(&format!("{key}/{number}"))).collect();
                ("event/appendBatch", json!({"events": events}))
            }
            1 => ("thread/create", json!({"workroom_id": room, "title": key, "kind": "channel"})),
            2 => ("approval/request", json!({"thread_id": thread, "tool_name": "t", "summary": key})),
            3 => {
                let kind = json!({"event": "failure", "error": key});
                ("event/append", json!({"thread_id": thread, "kind": kind}))
            }
            // Large events trigger checkpoints during the work.
            4 => ("event/append", message(&format!("{key}/{}", "x".repeat(40_000)))),
            _ => ("event/append", message(&key)),
        };
        params["idempotency_key"] = json!(key);
        Self { key, method, params, result: None }
    }

    /// The number of events that it writes.
    fn events(&self) -> usize {
        if self.method == "event/appendBatch" { BATCH } else { 1 }
    }

    /// The seqs in its response.
    fn seqs(&self) -> Vec<u64> {
        let Some(result) = &self.result else { return Vec::new() };
        let one = [&result["event"]["seq"], &result["seq"], &result["head_seq"]];
        match result["events"].as_array() {
            Some(events) => events.iter().map(|event| event["seq"].as_u64().unwrap()).collect(),
            None => one.iter().find_map(|seq| seq.as_u64()).into_iter().collect(),
        }
    }

    fn take(&mut self, mut answer: Value) {
        assert!(answer.get("error").is_none(), "{answer}");
        let result = answer["result"].take();
        let first = self.result.get_or_insert_with(|| result.clone());
        assert_eq!(*first, result, "a retry of {} gets the first result", self.key);
    }
}

/// A client that writes through a server, and through another one after that was killed.
struct Writer {
    number: usize,
    random: SmallRng,
    server: Option<Server>,
    written: usize,
    open: Vec<Write>,
    answered: Vec<Write>,
}

impl Writer {
    /// Sends writes, and either kills the server at some point or reads all responses.
    fn go_on(&mut self, home: &Home, room: &str, thread: &str, dies: bool) {
        for _ in 0..self.random.random_range(1..30) {
            let key = format!("{}.{}", self.number, self.written);
            self.written += 1;
            self.open.push(Write::random(key, room, thread, &mut self.random));
        }
        // A client may have lost any response.
        if let Some(lost) = self.answered.choose(&mut self.random) {
            self.open.push(lost.clone());
        }
        let mut server = self.server.take().unwrap_or_else(|| home.server());
        let mut sent = BTreeMap::new();
        for (index, write) in self.open.iter().enumerate() {
            sent.insert(server.send(write.method, write.params.clone()), index);
        }
        let read = if dies { self.random.random_range(0..=sent.len()) } else { sent.len() };
        let mut lines: Vec<String> = (0..read).map(|_| server.line()).collect();
        if dies {
            // This sleep does not wait for anything; it makes the server die at a random point of a write: before,
            // during or after its sync.
            std::thread::sleep(Duration::from_micros(self.random.random_range(0..3000)));
            lines.extend(server.kill());
        } else {
            self.server = Some(server);
        }
        for line in lines {
            // The last line of a killed server can be truncated.
            let Ok(answer) = serde_json::from_str::<Value>(&line) else { continue };
            self.open[sent[&answer["id"].as_u64().unwrap()]].take(answer);
        }
        let (answered, open) =
            std::mem::take(&mut self.open).into_iter().partition(|write: &Write| write.result.is_some());
        self.open = open;
        let answered: Vec<Write> = answered;
        self.answered.retain(|known| answered.iter().all(|write| write.key != known.key));
        self.answered.extend(answered);
    }
}

/// Asserts that the log contains the acknowledged writes, everything once, and nothing else.
fn assert_kept(log: &[Value], writers: &[Writer]) {
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in &log[2..] {
        let text = log::text(event).unwrap();
        found.entry(text.split('/').next().unwrap()).or_default().push(event);
    }
    let writes = || writers.iter().flat_map(|writer| writer.answered.iter().chain(&writer.open));
    for write in writes() {
        let events = found.remove(&*write.key).unwrap_or_default();
        let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        if write.result.is_some() {
            assert_eq!(seqs, write.seqs(), "{} is there as it was answered", write.key);
        } else {
            assert!([0, write.events()].contains(&seqs.len()), "{} is there in part: {seqs:?}", write.key);
        }
        let result = write.result.as_ref();
        if let Some(event) = result.and_then(|result| result.get("event")) {
            assert_eq!(events, [event]);
        }
        if let Some(batch) = result.and_then(|result| result["events"].as_array()) {
            assert!(events.iter().copied().eq(batch), "{} is not as it was answered", write.key);
        }
    }
    assert!(found.is_empty(), "nobody has written {found:?}");
}

/// One store, `processes` clients that write to it, and as many kills.
fn kill_some(processes: usize, kills: usize, seed: u64) {
    let home = Home::new();
    let mut witness = home.server();
    let (room, thread) = witness.thread();
    let subscription = witness.ok("event/subscribe", json!({"after_seq": 0}))["subscription_id"].take();
    let writer = |number| Writer {
        number,
        random: chance::random(seed, number),
        server: None,
        written: 0,
        open: Vec::new(),
        answered: Vec::new(),
    };
    let mut writers: Vec<_> = (0..processes).map(writer).collect();
    let mut random = chance::random(seed, processes);
    let (mut killed, mut told) = (0, 0);
    while killed < kills {
        let victims = random.random_range(1..=processes.min(kills - killed));
        let first = random.random_range(0..processes);
        std::thread::scope(|scope| {
            for (index, writer) in writers.iter_mut().enumerate() {
                let dies = (index + processes - first) % processes < victims;
                let (home, room, thread) = (&home, &room, &thread);
                scope.spawn(move || writer.go_on(home, room, thread, dies));
            }
        });
        killed += victims;
        let log = log::read(&mut home.server());
        assert_kept(&log, &writers);
        // Subscribers receive each event once and in order, whichever process was killed.
        while told < log.len() {
            let mut notification = witness.notification();
            assert_eq!(notification["subscription_id"], subscription);
            assert_eq!(notification["event"].take(), log[told]);
            told += 1;
        }
        let lost = writers.choose(&mut random).and_then(|writer| writer.answered.choose(&mut random));
        if let Some(lost) = lost {
            let again = home.server().ok(lost.method, lost.params.clone());
            assert_eq!(Some(again), lost.result, "a retry of {}", lost.key);
        }
        log::assert_sound(&home);
    }
    witness.assert_quiet();
}

// The number of kills before a new store is used. Each kill is followed by a check of the whole store.
const KILLS_PER_STORE: usize = 35;

fn kill_at_random(processes: usize, mut kills: usize) {
    let mut seed = chance::seed();
    while kills > 0 {
        let part = kills.min(KILLS_PER_STORE);
        kill_some(processes, part, seed);
        kills -= part;
        seed = seed.wrapping_add(1);
    }
}

/// `protocol.md`, "The log": an acknowledged write survives `kill -9`, the same key returns the first result, and
/// `seq` has no gaps.
#[test]
fn random_kills_of_one_process_lose_and_duplicate_nothing() {
    kill_at_random(1, chance::tries(60, 3000));
}

/// With several processes, the death of one also loses nothing of the others, and subscribers receive everything.
#[test]
fn random_kills_of_four_processes_lose_and_duplicate_nothing() {
    kill_at_random(4, chance::tries(70, 3500));
}

/// More processes than the machine has processors.
#[test]
fn random_kills_of_sixteen_processes_lose_and_duplicate_nothing() {
    kill_at_random(16, chance::tries(70, 3500));
}

/// `protocol.md`, "The log": this also holds for kills while the store and its first events are created.
#[test]
fn a_kill_during_creation_leaves_no_store_or_a_complete_one() {
    let mut random = chance::random(chance::seed(), 0);
    for _ in 0..chance::tries(20, 1000) {
        let home = Home::new();
        let mut servers: Vec<_> = (0..2).map(|_| home.server()).collect();
        for server in &mut servers {
            server.send("workroom/create", json!({"title": "Room"}));
        }
        // As in the other tests, at a random point.
        std::thread::sleep(Duration::from_micros(random.random_range(0..120_000)));
        let answered = servers.into_iter().flat_map(Server::kill).count();
        let mut server = home.server();
        let rooms = server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len();
        assert!((answered..=2).contains(&rooms), "{answered} were answered, {rooms} are there");
        assert_eq!(log::read(&mut server).len(), rooms);
        drop(server);
        log::assert_sound(&home);
    }
}
