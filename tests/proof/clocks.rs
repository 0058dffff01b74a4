//! Clocks that are set back, jump, or stand still.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::log;
use crate::support::clock::Clock;
use crate::support::{Home, Server};

const FROZEN: &str = "2026-01-02T03:04:05Z";

/// Pages of one entry each.
#[track_caller]
fn pages(server: &mut Server, method: &str, field: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut params = json!({"limit": 1});
    loop {
        let mut page = server.ok(method, params.clone());
        all.extend(page[field].as_array_mut().unwrap().drain(..).map(|mut entry| entry["id"].take()));
        match page.get("next_cursor") {
            Some(cursor) => params["cursor"] = cursor.clone(),
            None => return all,
        }
    }
}

/// Writes with a server whose clock is set to each of `times` in turn, while the clock of another server is correct.
fn check(times: &[&str]) {
    let home = Home::new();
    let clock = Clock::new();
    clock.set(times[0]);
    let mut strange = clock.server(&home);
    let (mut right, mut witness) = (home.server(), home.server());
    let rooms: Vec<_> = (0..3).map(|_| strange.thread()).collect();
    let subscription = witness.ok("event/subscribe", json!({"after_seq": 0}))["subscription_id"].take();
    let mut written = Vec::new();
    for time in times {
        clock.set(time);
        for number in 0..12 {
            let (_, thread) = &rooms[number % 3];
            let key = format!("{time} {number}");
            let kind = json!({"event": "message", "content": key});
            let params = json!({"thread_id": thread, "kind": kind, "idempotency_key": key});
            let event = strange.ok("event/append", params.clone())["event"].take();
            written.push((params, event));
            right.say(thread, "meanwhile");
        }
        // Timeouts do not depend on the time of day.
        let ask = json!({"thread_id": rooms[0].1, "tool_name": "t", "summary": "s"});
        let asked = strange.ok("approval/request", ask);
        let wait = json!({"approval_id": asked["approval_id"], "timeout_ms": 20});
        assert_eq!(strange.ok("approval/wait", wait)["state"], "pending");
        // Activity is ordered by the log, not by any clock.
        for (room, thread) in &rooms {
            strange.say(thread, "the newest");
            for server in [&mut strange, &mut right] {
                assert_eq!(server.ok("workroom/list", json!({"limit": 1}))["workrooms"][0]["id"], **room);
            }
        }
        if time.ends_with('y') {
            strange.kill();
            strange = clock.server(&home);
        }
    }
    // The results are the same with the last clock as with each earlier one.
    for (params, event) in &written {
        assert_eq!(&strange.ok("event/append", params.clone())["event"], event);
    }
    let all = log::read(&mut strange);
    assert_eq!(log::read(&mut right), all);
    for event in &all {
        let told = witness.notification();
        assert_eq!((&told["subscription_id"], &told["event"]), (&subscription, event));
    }
    witness.assert_quiet();
    let ids: HashSet<_> = all.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len(), "an id was given twice");
    let times: HashSet<_> = all.iter().map(|event| &event["timestamp"].as_str().unwrap()[..13]).collect();
    assert!(times.len() > 1, "the clock was right all the time: {times:?}");
    for (method, field) in [("workroom/list", "workrooms"), ("thread/list", "threads")] {
        let whole = pages(&mut right, method, field);
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), rooms.len(), "{method}: {whole:?}");
        assert_eq!(pages(&mut strange, method, field), whole);
    }
    drop((strange, right, witness));
    log::assert_sound(&home);
}

/// `protocol.md`, "The log": times can go back, but `seq` cannot. Subscriptions, lists, retries and waits still work.
#[test]
fn a_clock_that_is_set_back_an_hour_breaks_nothing() {
    check(&["+0", "-1h", "+0", "-1h"]);
}

/// A clock that was a year ahead, even when the store was created.
#[test]
fn a_clock_that_jumps_a_year_breaks_nothing() {
    check(&["+0", "+1y", "+0"]);
    check(&["+1y", "+0", "-1y"]);
}

/// A clock that stands still: waits continue, and every id is unique.
#[test]
fn a_clock_that_stands_still_breaks_nothing() {
    check(&[FROZEN, "+0", FROZEN]);
}

/// Clocks before 1970: ids cannot represent such times, but events and expiries can.
#[test]
fn a_clock_before_1970_breaks_nothing() {
    check(&["1969-12-31T23:59:59.999Z", "+0", "1601-01-01T00:00:00Z", "-60y"]);
}

/// All times in requests and responses work before 1970 as they do after it.
#[test]
fn all_methods_with_times_work_before_1970() {
    let home = Home::new();
    let clock = Clock::new();
    clock.set("1969-07-20T20:17:40Z");
    let mut ada = clock.server(&home);
    let (room, thread) = ada.thread();
    let event = ada.say(&thread, "landed");
    assert_eq!(event["timestamp"], "1969-07-20T20:17:40.000Z");
    assert_eq!(ada.ok("server/status", json!({}))["started_at"], "1969-07-20T20:17:40.000Z");
    // Expiries follow this clock.
    let later = "1969-07-21T02:56:15.000Z";
    let ask = json!({"thread_id": thread, "tool_name": "t", "summary": "s", "expires_at": later});
    let asked = ada.ok("approval/request", ask.clone());
    let token = json!({"handle": "bob", "kind": "human", "scopes": ["read"], "workrooms": [room], "expires_at": later});
    let secret = ada.token(token);
    let mut bob = clock.server(&home);
    bob.ok("initialize", json!({"client_info": {"name": "test", "version": "1"}, "token": secret}));
    bob.ok("thread/read", json!({"thread_id": thread}));
    ada.ok("inbox/snooze", json!({"thread_id": thread, "until": later}));
    clock.set("1969-07-21T02:56:16Z");
    let id = json!({"approval_id": asked["approval_id"]});
    assert_eq!(ada.ok("approval/read", id)["state"], "expired");
    assert_eq!(bob.refusal("thread/read", json!({"thread_id": thread})), "unauthenticated");
    assert_eq!(ada.misfit("approval/request", ask), "expires_at");
    assert_eq!(ada.ok("audit/list", json!({}))["entries"][0]["at"].as_str().map(|at| &at[..4]), Some("1969"));
    drop((ada, bob));
    log::assert_sound(&home);
}
