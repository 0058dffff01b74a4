//! Several servers use one store without a daemon, and each sees the writes of the others at once.

use crate::support::{Home, Server};
use serde_json::{Value, json};

fn subscribe(server: &mut Server, params: Value) -> Value {
    server.ok("event/subscribe", params)["subscription_id"].take()
}

/// The next event of a subscription.
#[track_caller]
fn told(server: &mut Server, subscription: &Value) -> Value {
    let mut notification = server.notification();
    assert_eq!(&notification["subscription_id"], subscription, "{notification}");
    notification["event"].take()
}

#[test]
fn a_process_reads_what_another_has_acknowledged() {
    let home = Home::new();
    let (mut one, mut two) = (home.server(), home.server());
    let (room, thread) = one.thread();
    for round in 0..20 {
        let (writer, reader) = if round % 2 == 0 { (&mut one, &mut two) } else { (&mut two, &mut one) };
        let event = writer.say(&thread, &format!("round {round}"));
        assert_eq!(reader.ok("event/read", json!({"event_id": event["id"]}))["event"], event);
        let read = reader.ok("thread/read", json!({"thread_id": thread, "limit": 1}));
        assert_eq!(read["events"][0], event);
        assert_eq!(read["head_seq"], event["seq"]);
        let rooms = reader.ok("workroom/list", json!({}));
        assert_eq!(rooms["workrooms"][0]["head_seq"], event["seq"]);
        let found = reader.ok("search/query", json!({"query": format!("\"round {round}\"")}));
        assert_eq!(found["hits"][0]["event_id"], event["id"]);
    }
    two.ok("thread/archive", json!({"thread_id": thread}));
    assert_eq!(one.ok("thread/list", json!({"workroom_id": room}))["threads"], json!([]));
    two.ok("workroom/update", json!({"workroom_id": room, "title": "New"}));
    assert_eq!(one.ok("workroom/read", json!({"workroom_id": room}))["title"], "New");
}

#[test]
fn live_events_of_other_processes_equal_those_read_later() {
    let home = Home::new();
    let (mut one, mut two) = (home.server(), home.agent("p", "m", "bot"));
    let (room, thread) = one.thread();
    let of_one = subscribe(&mut one, json!({"workroom_id": room}));
    let of_two = subscribe(&mut two, json!({"thread_id": thread}));
    let mut events = Vec::new();
    for round in 0..10 {
        let writer = if round % 2 == 0 { &mut one } else { &mut two };
        events.push(writer.say(&thread, &round.to_string()));
        assert_eq!(&told(&mut one, &of_one), events.last().unwrap());
        assert_eq!(&told(&mut two, &of_two), events.last().unwrap());
    }
    let listed = one.ok("event/list", json!({"after_seq": 2}));
    assert_eq!(listed["events"], json!(events));
    one.assert_quiet();
    two.assert_quiet();
}

#[test]
fn a_subscription_delivers_only_what_was_requested() {
    let home = Home::new();
    let (mut reader, mut writer) = (home.server(), home.server());
    let (_, thread) = writer.thread();
    let (other_room, other) = writer.thread();
    let failures = subscribe(&mut reader, json!({"thread_id": thread, "kinds": ["failure"]}));
    let elsewhere = subscribe(&mut reader, json!({"workroom_id": other_room}));
    writer.say(&thread, "not told");
    let failure = writer.append(&thread, json!({"event": "failure", "error": "x"}));
    assert_eq!(told(&mut reader, &failures), failure);
    writer.append(&thread, json!({"event": "receipt", "summary": "not told"}));
    let said = writer.say(&other, "told");
    assert_eq!(told(&mut reader, &elsewhere), said);
    reader.ok("event/unsubscribe", json!({"subscription_id": elsewhere}));
    writer.say(&other, "not told any more");
    let last = writer.append(&thread, json!({"event": "failure", "error": "y"}));
    assert_eq!(told(&mut reader, &failures), last);
    reader.assert_quiet();
    assert_eq!(reader.refusal("event/unsubscribe", json!({"subscription_id": elsewhere})), "not_found");
}

#[test]
fn a_subscription_joins_history_and_live_events_without_gap_or_repeat() {
    let home = Home::new();
    let mut writer = home.server();
    let (_, thread) = writer.thread();
    let batch = |count: usize| {
        let event = json!({"thread_id": thread, "kind": {"event": "message", "content": "x".repeat(500)}});
        json!({"events": vec![event; count]})
    };
    writer.ok("event/appendBatch", batch(300));
    let mut readers: Vec<_> = (0..3).map(|_| home.server()).collect();
    // The readers connect during the writes.
    let mut subscriptions = Vec::new();
    let mut ids = Vec::new();
    for (index, reader) in readers.iter_mut().enumerate() {
        ids.push(writer.send("event/appendBatch", batch(100)));
        subscriptions.push(subscribe(reader, json!({"after_seq": index})));
        ids.push(writer.send("event/appendBatch", batch(100)));
    }
    for id in ids {
        assert!(writer.answer(id).get("result").is_some());
    }
    for (index, (reader, subscription)) in readers.iter_mut().zip(&subscriptions).enumerate() {
        for seq in index + 1..=902 {
            assert_eq!(told(reader, subscription)["seq"], seq);
        }
        reader.assert_quiet();
    }
}

#[test]
fn events_of_several_writers_arrive_in_one_order() {
    let home = Home::new();
    let mut readers = [home.server(), home.server()];
    let (_, thread) = readers[0].thread();
    let subscriptions = readers.each_mut().map(|reader| subscribe(reader, json!({"thread_id": thread})));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut writer = home.server();
                for number in 0..50 {
                    writer.say(&thread, &number.to_string());
                }
            });
        }
    });
    let orders = [0, 1].map(|index| -> Vec<Value> {
        (0..150).map(|_| told(&mut readers[index], &subscriptions[index])).collect()
    });
    assert_eq!(orders[0], orders[1]);
    assert!(orders[0].iter().map(|event| event["seq"].as_u64().unwrap()).eq(3..153));
}

#[test]
fn the_end_of_one_process_does_not_affect_the_others() {
    let home = Home::new();
    let mut reader = home.server();
    let (_, thread) = reader.thread();
    let subscription = subscribe(&mut reader, json!({}));
    for round in 0..5 {
        let mut writer = home.server();
        let event = writer.say(&thread, &round.to_string());
        if round % 2 == 0 {
            writer.kill();
        }
        assert_eq!(told(&mut reader, &subscription), event);
        let event = reader.say(&thread, "still here");
        assert_eq!(told(&mut reader, &subscription), event);
    }
}

#[test]
fn a_reader_resumes_in_another_process_from_its_position() {
    let home = Home::new();
    let mut first = home.server();
    let (_, thread) = first.thread();
    let begun = first.ok("event/subscribe", json!({"thread_id": thread}));
    let seen = first.say(&thread, "seen");
    assert_eq!(told(&mut first, &begun["subscription_id"]), seen);
    first.kill();
    let missed = home.server().say(&thread, "missed");
    let mut second = home.server();
    let params = json!({"thread_id": thread, "after_seq": seen["seq"], "epoch": begun["epoch"]});
    let subscription = subscribe(&mut second, params);
    assert_eq!(told(&mut second, &subscription), missed);
    let live = second.say(&thread, "live");
    assert_eq!(told(&mut second, &subscription), live);
}

#[test]
fn a_batch_of_long_texts_full_of_mentions_lets_others_write() {
    let home = Home::new();
    let (mut one, mut two) = (home.server(), home.server());
    let (_, thread) = one.thread();
    // Each text is just below a megabyte and has a hundred thousand different mentions.
    let text: String = (0..100_000).map(|number| format!("@x{number} ")).collect();
    let event = json!({"thread_id": thread, "kind": {"event": "message", "content": text}});
    let batch: Vec<_> = (0..8).map(|_| event.clone()).collect();
    let id = one.send("event/appendBatch", json!({"events": batch}));
    // Concurrent writers get a response other than `busy`.
    for round in 0..20 {
        two.say(&thread, &format!("round {round}"));
    }
    let answer = one.answer(id);
    assert_eq!(answer["result"]["events"].as_array().unwrap().len(), 8);
    assert_eq!(answer["result"]["unreached"].as_array().unwrap().len(), 100, "mentions of one text");
}
