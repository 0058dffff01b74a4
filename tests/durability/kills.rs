//! `kill -9` under load, and concurrent writes of several processes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use workroom_store as store;

use crate::support::{Home, Server};

fn append(thread: &str, key: &str) -> Value {
    json!({"thread_id": thread, "kind": {"event": "message", "content": key}, "idempotency_key": key})
}

/// The messages of the whole log by content. Checks the positions as well.
fn messages(server: &mut Server) -> BTreeMap<String, Vec<Value>> {
    let mut messages: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut last = 0;
    loop {
        let page = server.ok("event/list", json!({"after_seq": last, "limit": 200}));
        for event in page["events"].as_array().unwrap() {
            assert_eq!(event["seq"], last + 1, "the log has no gaps");
            last += 1;
            if let Some(content) = event["kind"]["content"].as_str() {
                messages.entry(content.to_owned()).or_default().push(event.clone());
            }
        }
        if page["more"] == false {
            assert_eq!(page["head_seq"], last);
            return messages;
        }
    }
}

/// Acknowledged events by key.
type Acknowledged = BTreeMap<String, Value>;

/// Records a response to one of the requests that were sent with these keys.
fn take(line: &str, sent: &BTreeMap<u64, String>, acknowledged: &mut Acknowledged) {
    // The last line of a killed server can be truncated.
    let Ok(mut answer) = serde_json::from_str::<Value>(line) else { return };
    assert!(answer.get("error").is_none(), "{answer}");
    let event = answer["result"]["event"].take();
    let key = &sent[&answer["id"].as_u64().unwrap()];
    let first = acknowledged.entry(key.clone()).or_insert_with(|| event.clone());
    assert_eq!(*first, event, "a retry gets the event that the first one got");
}

/// Writes events with its own keys through servers that it kills in between, and retries unanswered requests. Returns
/// the acknowledged events by key.
fn write_and_kill(home: &Home, thread: &str, writer: u64, seed: u64) -> Acknowledged {
    const KILLS: usize = 12;
    const EVENTS: usize = 60;
    let mut random = SmallRng::seed_from_u64(seed + writer);
    let mut acknowledged = Acknowledged::new();
    let mut open: Vec<String> = Vec::new();
    for round in 0..=KILLS {
        open.extend((0..EVENTS).map(|number| format!("{writer}.{round}.{number}")));
        let mut server = home.server();
        let mut sent = BTreeMap::new();
        for key in &open {
            sent.insert(server.send("event/append", append(thread, key)), key.clone());
        }
        // In the last round, everything is answered. Before that, the server is killed at some point.
        let read = if round == KILLS { open.len() } else { random.random_range(0..open.len()) };
        for _ in 0..read {
            let line = server.line();
            take(&line, &sent, &mut acknowledged);
        }
        for line in server.kill() {
            take(&line, &sent, &mut acknowledged);
        }
        // Sometimes retries an answered request, because a client can lose the response.
        open.retain(|key| !acknowledged.contains_key(key) || random.random_ratio(1, 10));
    }
    acknowledged
}

#[test]
fn kills_lose_no_acknowledged_events_and_retries_duplicate_none() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let seed = rand::rng().random_range(0..1_000_000);
    let acknowledged: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let (home, thread) = (&home, &thread);
                scope.spawn(move || write_and_kill(home, thread, writer, seed))
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let found = messages(&mut home.server());
    for (key, events) in &found {
        assert_eq!(events.len(), 1, "{key} is there more than once, seed {seed}");
    }
    for (key, event) in acknowledged.iter().flatten() {
        assert_eq!(found.get(key).map(|events| &events[0]), Some(event), "{key} is lost, seed {seed}");
    }
    let written: BTreeSet<_> = found.keys().collect();
    let answered: BTreeSet<_> = acknowledged.iter().flat_map(|map| map.keys()).collect();
    assert_eq!(written, answered, "all was retried until it was answered, seed {seed}");
    let report = store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound() && !report.repaired, "{report:?}, seed {seed}");
}

#[test]
fn pipelined_writes_are_stored_in_order_as_a_prefix() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    for round in 0..8 {
        let mut server = home.server();
        for number in 0..100 {
            server.send("event/append", append(&thread, &format!("{round}.{number}")));
        }
        for _ in 0..round * 10 {
            server.line();
        }
        server.kill();
        // The stored writes of a connection are a complete prefix, in order.
        let found = messages(&mut home.server());
        let mine: BTreeMap<u64, &String> = found
            .iter()
            .filter(|(key, _)| key.starts_with(&format!("{round}.")))
            .map(|(key, events)| (events[0]["seq"].as_u64().unwrap(), key))
            .collect();
        let in_order: Vec<_> = (0..mine.len()).map(|number| format!("{round}.{number}")).collect();
        assert_eq!(mine.into_values().cloned().collect::<Vec<_>>(), in_order);
    }
}

#[test]
fn four_concurrent_writers_all_make_progress() {
    const ENOUGH: u64 = 40;
    // Far more than any process needs while the others also get their turn.
    const MOST: u64 = 20_000;
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let written: [AtomicU64; 4] = Default::default();
    std::thread::scope(|scope| {
        for writer in 0..written.len() {
            let (home, thread, written) = (&home, &thread, &written);
            scope.spawn(move || {
                let mut server = home.server();
                while written.iter().any(|count| count.load(Ordering::Relaxed) < ENOUGH) {
                    let count = written[writer].fetch_add(1, Ordering::Relaxed);
                    assert!(count < MOST, "a process starves: {written:?}");
                    server.say(thread, &format!("{writer}.{count}"));
                }
            });
        }
    });
    let total: u64 = written.iter().map(|count| count.load(Ordering::Relaxed)).sum();
    assert_eq!(messages(&mut home.server()).len() as u64, total);
}

#[test]
fn processes_that_open_a_new_store_at_once_share_it() {
    for _ in 0..5 {
        let home = Home::new();
        let mut servers: Vec<_> = (0..6).map(|_| home.server()).collect();
        let ids: Vec<_> =
            servers.iter_mut().map(|server| server.send("workroom/create", json!({"title": "x"}))).collect();
        for (server, id) in servers.iter_mut().zip(ids) {
            let answer = server.answer(id);
            assert!(answer.get("result").is_some(), "{answer}");
        }
        let epochs: BTreeSet<_> = servers
            .iter_mut()
            .map(|server| server.ok("server/status", json!({}))["epoch"].to_string())
            .collect();
        assert_eq!(epochs.len(), 1);
        let rooms = servers[0].ok("workroom/list", json!({}));
        assert_eq!(rooms["workrooms"].as_array().unwrap().len(), 6);
    }
}
