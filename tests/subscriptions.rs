//! Subscriptions: history, then live events, without gap or repeat.

use std::collections::HashMap;
use std::thread::JoinHandle;

use crate::support::wire::{MAX_MEMORY_KIB, Raw, most_memory};
use crate::support::{Home, Server};
use serde_json::{Value, json};

/// Another process that posts `count` messages in a thread as fast as it can, in single writes and in batches.
fn speaker(home: &Home, thread: &str, name: &str, count: usize) -> JoinHandle<()> {
    let (mut server, thread, name) = (home.server(), thread.to_string(), name.to_string());
    std::thread::spawn(move || {
        let event = |index: usize| {
            let kind = json!({"event": "message", "content": format!("{name} {index}")});
            json!({"thread_id": thread, "kind": kind})
        };
        let mut index = 0;
        while index < count {
            if index % 100 < 50 {
                let ids: Vec<_> =
                    (0..50).map(|step| server.send("event/append", event(index + step))).collect();
                let mut answers: Vec<u64> = ids.iter().map(|_| answered(&server.line())).collect();
                answers.sort();
                assert_eq!(answers, ids);
            } else {
                let events: Vec<_> = (0..50).map(|step| event(index + step)).collect();
                server.ok("event/appendBatch", json!({"events": events}));
            }
            index += 50;
        }
    })
}

fn answered(line: &str) -> u64 {
    let answer: Value = serde_json::from_str(line).unwrap();
    assert!(answer["result"].is_object(), "{answer}");
    answer["id"].as_u64().unwrap()
}

/// Subscribes and returns the id.
#[track_caller]
fn subscribe(server: &mut Server, params: Value) -> String {
    server.ok("event/subscribe", params)["subscription_id"].as_str().unwrap().into()
}

/// The whole log, or the part that `params` select.
fn log(server: &mut Server, mut params: Value) -> Vec<Value> {
    let mut events = Vec::new();
    params["limit"] = json!(200);
    loop {
        let mut page = server.ok("event/list", params.clone());
        events.append(page["events"].as_array_mut().unwrap());
        if page["more"] == false {
            return events;
        }
        params["after_seq"] = events.last().unwrap()["seq"].clone();
    }
}

/// Reads notifications of one subscription until the event at `head_seq` arrives.
fn follow(server: &mut Server, subscription: &str, head_seq: u64) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    while events.last().is_none_or(|event| event["seq"].as_u64().unwrap() < head_seq) {
        let mut told = server.notification();
        assert_eq!(told["subscription_id"], subscription);
        events.push(told["event"].take());
    }
    events
}

fn head(server: &mut Server) -> u64 {
    server.ok("server/status", json!({}))["head_seq"].as_u64().unwrap()
}

#[test]
fn history_and_live_events_of_other_processes_join_without_gap_or_repeat() {
    const EACH: usize = 1500;
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    speaker(&home, &thread, "before", 1000).join().unwrap();
    let speakers = ["one", "two", "three"].map(|name| speaker(&home, &thread, name, EACH));
    // While they write, several subscriptions begin at several positions.
    let mut followers: Vec<_> = (0..4)
        .map(|index| {
            let mut server = home.server();
            let after = index * head(&mut server) / 4;
            let subscription = subscribe(&mut server, json!({"after_seq": after}));
            (server, subscription, after as usize)
        })
        .collect();
    speakers.into_iter().for_each(|speaker| speaker.join().unwrap());
    let log = log(&mut server, json!({}));
    let seqs: Vec<_> = log.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=2 + 1000 + 3 * EACH as u64).collect::<Vec<_>>());
    for (server, subscription, after) in &mut followers {
        let told = follow(server, subscription, log.len() as u64);
        assert!(told == log[*after..], "after {after}");
        server.assert_quiet();
    }
}

#[test]
fn live_events_of_another_process_are_pushed() {
    let home = Home::new();
    let (mut one, mut two) = (home.server(), home.server());
    let (_, thread) = one.thread();
    let subscription = subscribe(&mut two, json!({}));
    for index in 0..20 {
        let event = one.say(&thread, &index.to_string());
        assert_eq!(two.notification(), json!({"subscription_id": subscription, "event": event}));
    }
    two.assert_quiet();
}

#[test]
fn a_writer_also_receives_its_own_events() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let subscription = subscribe(&mut server, json!({"thread_id": thread}));
    let event = server.say(&thread, "x");
    assert_eq!(server.notification(), json!({"subscription_id": subscription, "event": event}));
    server.assert_quiet();
}

#[test]
fn without_a_position_only_later_events_are_delivered() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "before");
    let head_seq = head(&mut server);
    let told = server.ok("event/subscribe", json!({}));
    assert_eq!(told["head_seq"], head_seq);
    let event = server.say(&thread, "after");
    assert_eq!(server.notification()["event"], event);
    server.assert_quiet();
}

#[test]
fn a_position_is_that_of_the_last_event_seen() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    for index in 0..5 {
        server.say(&thread, &index.to_string());
    }
    let log = log(&mut server, json!({}));
    for after in 0..=log.len() {
        let subscription = subscribe(&mut server, json!({"after_seq": after}));
        for event in &log[after..] {
            assert_eq!(server.notification(), json!({"subscription_id": subscription, "event": event}));
        }
        server.ok("event/unsubscribe", json!({"subscription_id": subscription}));
        server.assert_quiet();
    }
}

#[test]
fn a_subscription_can_cover_a_workroom_a_thread_or_kinds_of_events() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let params = json!({"workroom_id": room, "title": "Second", "kind": "channel"});
    let second = server.ok("thread/create", params)["id"].as_str().unwrap().to_string();
    let (other_room, other) = server.thread();
    let filters = [
        json!({}),
        json!({"workroom_id": room}),
        json!({"workroom_id": other_room}),
        json!({"thread_id": thread}),
        json!({"thread_id": second, "workroom_id": room}),
        json!({"kinds": ["failure"]}),
        json!({"kinds": ["message", "receipt"], "workroom_id": room}),
        json!({"kinds": ["message"], "thread_id": other}),
        json!({"kinds": ["thread_created", "workroom_created"]}),
        json!({"kinds": []}),
    ];
    let with_position = |filter: &Value| {
        let mut params = filter.clone();
        params["after_seq"] = json!(0);
        params
    };
    let subscribed: Vec<String> =
        filters.iter().map(|filter| subscribe(&mut server, with_position(filter))).collect();
    for id in [&thread, &second, &other] {
        server.say(id, "x");
        server.append(id, json!({"event": "failure", "error": "x"}));
        server.append(id, json!({"event": "receipt", "summary": "x"}));
    }
    server.ok("workroom/update", json!({"workroom_id": room, "title": "Other"}));
    let expected: Vec<Vec<Value>> = filters.iter().map(|filter| log(&mut server, filter.clone())).collect();
    let mut told: HashMap<String, Vec<Value>> = HashMap::new();
    for _ in 0..expected.iter().map(Vec::len).sum() {
        let mut notification = server.notification();
        let id = notification["subscription_id"].as_str().unwrap().to_string();
        told.entry(id).or_default().push(notification["event"].take());
    }
    for ((filter, id), expected) in filters.iter().zip(&subscribed).zip(&expected) {
        assert_eq!(told.get(id).unwrap_or(&Vec::new()), expected, "{filter}");
    }
    server.assert_quiet();
}

#[test]
fn the_response_comes_before_the_events() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "x");
    server.send_raw(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"event/subscribe\",\"params\":{\"after_seq\":0}}\n",
    );
    assert!(server.line().contains("\"id\":1"));
    (0..3).for_each(|_| drop(server.notification()));
    server.assert_quiet();
}

#[test]
fn the_response_to_a_batch_comes_before_the_events_of_its_subscriptions() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let request = |id: u64, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let append = json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}});
    // The writes between them delay the response, and no subscription may send anything before it.
    let mut batch = Vec::new();
    for id in 0..200 {
        batch.push(request(2 * id, "event/subscribe", json!({"after_seq": 2, "thread_id": thread})));
        batch.push(request(2 * id + 1, "event/append", append.clone()));
    }
    server.send_raw(format!("{}\n", Value::from(batch)));
    let answers: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(answers.as_array().map(Vec::len), Some(400), "{answers}");
    let mut told: HashMap<String, Vec<u64>> = HashMap::new();
    for _ in 0..200 * 200 {
        let notification = server.notification();
        let id = notification["subscription_id"].as_str().unwrap().to_string();
        told.entry(id).or_default().push(notification["event"]["seq"].as_u64().unwrap());
    }
    assert_eq!(told.len(), 200);
    assert!(told.values().all(|seqs| *seqs == (3..=202).collect::<Vec<_>>()));
    server.assert_quiet();
}

#[test]
fn a_position_from_another_store_has_expired() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let epoch = server.ok("server/status", json!({}))["epoch"].take();
    let told = server.ok("event/subscribe", json!({"after_seq": 2, "epoch": epoch}));
    assert_eq!(told["epoch"], epoch);
    server.ok("event/unsubscribe", json!({"subscription_id": told["subscription_id"]}));
    for params in [
        json!({"epoch": "0".repeat(32)}),
        json!({"after_seq": 1, "epoch": ""}),
        json!({"after_seq": 3}),
        json!({"after_seq": 3, "epoch": epoch}),
        json!({"after_seq": i64::MAX}),
        json!({"after_seq": u64::MAX}),
    ] {
        let error = server.err("event/subscribe", params.clone());
        assert_eq!(error["code"], 1003, "{params}: {error}");
        assert_eq!(error["data"], json!({"kind": "cursor_expired"}));
    }
    server.say(&thread, "x");
    server.assert_quiet();
}

#[test]
fn a_subscription_to_a_missing_target_is_refused() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let (other, _) = server.thread();
    let nobody = "0".repeat(32);
    for params in [
        json!({"workroom_id": format!("wr_{nobody}")}),
        json!({"thread_id": format!("thr_{nobody}")}),
        json!({"thread_id": "x"}),
        json!({"thread_id": room}),
        json!({"thread_id": thread, "workroom_id": other}),
    ] {
        let error = server.err("event/subscribe", params.clone());
        assert_eq!(error["data"]["kind"], "not_found", "{params}: {error}");
    }
    let error = server.err("event/subscribe", json!({"kinds": ["message", "shout"]}));
    assert_eq!(error["data"], json!({"kind": "invalid_params", "path": "kinds"}));
    assert_eq!(server.ok("server/status", json!({}))["subscriptions"], 0);
}

#[test]
fn after_unsubscribing_no_events_are_delivered() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let (stopped, kept) = (subscribe(&mut server, json!({})), subscribe(&mut server, json!({})));
    server.say(&thread, "x");
    let mut told =
        [server.notification(), server.notification()].map(|told| told["subscription_id"].to_string());
    told.sort();
    let mut both = [json!(stopped).to_string(), json!(kept).to_string()];
    both.sort();
    assert_eq!(told, both);
    server.ok("event/unsubscribe", json!({"subscription_id": stopped}));
    server.say(&thread, "y");
    assert_eq!(server.notification()["subscription_id"], kept);
    server.assert_quiet();
    for id in [stopped.as_str(), "x", "sub_00000000000000000000000000000000"] {
        let error = server.err("event/unsubscribe", json!({"subscription_id": id}));
        assert_eq!(error["data"]["kind"], "not_found", "{error}");
    }
}

#[test]
fn a_connection_cannot_end_the_subscription_of_another() {
    let home = Home::new();
    let (mut one, mut two) = (home.server(), home.server());
    let (_, thread) = one.thread();
    let subscription = subscribe(&mut one, json!({}));
    let error = two.err("event/unsubscribe", json!({"subscription_id": subscription}));
    assert_eq!(error["data"]["kind"], "not_found");
    two.say(&thread, "x");
    assert_eq!(one.notification()["subscription_id"], subscription);
}

#[test]
fn each_of_a_thousand_subscriptions_is_notified_once() {
    const COUNT: usize = 1000;
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let filters = [
        json!({}),
        json!({"workroom_id": room}),
        json!({"thread_id": thread}),
        json!({"kinds": ["message"]}),
    ];
    let mut all: Vec<_> =
        (0..COUNT).map(|index| subscribe(&mut server, filters[index % filters.len()].clone())).collect();
    all.sort();
    for other in [false, true] {
        let event = if other { home.server().say(&thread, "x") } else { server.say(&thread, "x") };
        let mut told: Vec<String> = (0..COUNT)
            .map(|_| {
                let told = server.notification();
                assert_eq!(told["event"], event);
                told["subscription_id"].as_str().unwrap().into()
            })
            .collect();
        told.sort();
        assert!(told == all);
        server.assert_quiet();
    }
}

#[test]
fn a_reader_that_pauses_loses_nothing_and_gets_nothing_twice() {
    const COUNT: usize = 3000;
    let home = Home::new();
    let mut writer = home.server();
    let (_, thread) = writer.thread();
    let mut reader = Raw::piped(home.command(["app-server"]));
    let subscriptions = ["{}".into(), format!(r#"{{"thread_id":"{thread}"}}"#), r#"{"after_seq":0}"#.into()];
    let mut told: HashMap<String, Vec<u64>> = HashMap::new();
    for params in &subscriptions {
        reader.write(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"event/subscribe\",\"params\":{params}}}\n"
        ));
        let answer: Value = serde_json::from_str(&reader.line()).unwrap();
        told.insert(answer["result"]["subscription_id"].as_str().unwrap().into(), Vec::new());
    }
    // Far more than the pipe and the server's buffer hold: three times about 20 MB.
    let content = "x".repeat(7000);
    let kind = json!({"event": "message", "content": content});
    let events = vec![json!({"thread_id": thread, "kind": kind}); 100];
    for _ in 0..COUNT / 100 {
        writer.ok("event/appendBatch", json!({"events": events}));
    }
    assert!(most_memory(reader.pid()) < MAX_MEMORY_KIB);
    for _ in 0..3 * COUNT + 2 {
        let line = reader.line();
        let notification: Value = serde_json::from_str(&line).unwrap();
        let params = &notification["params"];
        let seqs = told.get_mut(params["subscription_id"].as_str().unwrap()).unwrap();
        seqs.push(params["event"]["seq"].as_u64().unwrap());
    }
    assert!(most_memory(reader.pid()) < MAX_MEMORY_KIB);
    let last = COUNT as u64 + 2;
    let mut heard: Vec<_> = told.into_values().collect();
    heard.sort();
    assert!(heard[0] == (1..=last).collect::<Vec<_>>());
    assert!(heard[1..] == [(3..=last).collect::<Vec<_>>(), (3..=last).collect()]);
    // Once it has caught up, it receives live events again and still answers requests.
    let event = writer.say(&thread, "y");
    for _ in 0..3 {
        let told: Value = serde_json::from_str(&reader.line()).unwrap();
        assert_eq!(told["params"]["event"], event);
    }
    reader.write("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"server/status\"}\n");
    assert!(reader.line().contains("\"subscriptions\":3"));
    reader.input = None;
    assert_eq!(reader.rest(), "");
    assert!(reader.ended().success());
}

#[test]
fn requests_are_answered_while_events_wait_for_a_reader() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let kind = json!({"event": "message", "content": "x".repeat(7000)});
    let events = vec![json!({"thread_id": thread, "kind": kind}); 1000];
    server.ok("event/appendBatch", json!({"events": events}));
    let subscription = subscribe(&mut server, json!({"after_seq": 0}));
    // Responses do not wait until the whole history is delivered.
    let told: u64 = server.ok("server/status", json!({}))["head_seq"].as_u64().unwrap();
    let heard = follow(&mut server, &subscription, told);
    assert_eq!(heard.len(), 1002);
    server.assert_quiet();
}
