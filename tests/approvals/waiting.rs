//! Waiting for a decision does not block other requests.

use serde_json::{Value, json};

use crate::approvals::{ask, decision, id_of};
use crate::support::{Home, Server};

#[test]
fn a_wait_is_answered_by_a_decision_from_another_process() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let waiting = agent.send("approval/wait", id_of(&asked));
    // Other requests on the connection are answered meanwhile.
    agent.send_raw("{\"jsonrpc\":\"2.0\",\"id\":\"between\",\"method\":\"server/status\"}\n");
    let between: Value = serde_json::from_str(&agent.line()).unwrap();
    assert_eq!(between["id"], "between");
    let decided = ada.ok("approval/decide", decision(&asked, "approved"));
    assert_eq!(agent.answer(waiting)["result"], decided);
    assert_eq!(agent.ok("approval/wait", id_of(&asked)), decided);
}

#[test]
fn a_wait_ends_when_its_caller_loses_access_to_the_approval() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let asked = ask(&mut home.agent("acme", "m-1", "builder"), &thread);
    let token = json!({"handle": "bob", "kind": "human", "scopes": ["read"], "workrooms": [room]});
    let member = |handle: &str| json!({"workroom_id": room, "handle": handle});
    for revoked in [true, false] {
        let made = ada.ok("token/create", token.clone());
        let mut bob = home.bearer(made["secret"].as_str().unwrap());
        let waiting = [bob.send("approval/wait", id_of(&asked)), bob.send("approval/wait", id_of(&asked))];
        // Events that do not affect bob's access do not end the wait.
        ada.say(&thread, "x");
        ada.ok(
            "member/add",
            json!({"workroom_id": room, "handle": "eve", "kind": "human", "role": "viewer"}),
        );
        ada.ok("member/remove", member("eve"));
        let subscribed = bob.ok("event/subscribe", json!({"thread_id": thread}));
        bob.ok("event/unsubscribe", json!({"subscription_id": subscribed["subscription_id"]}));
        if revoked {
            ada.ok("token/revoke", json!({"token_id": made["token"]["token_id"]}));
        } else {
            ada.ok("member/remove", member("bob"));
        }
        for waiting in waiting {
            let ended = bob.answer(waiting)["error"]["data"]["kind"].take();
            assert_eq!(ended, if revoked { "unauthenticated" } else { "not_found" });
        }
    }
}

#[test]
fn a_wait_with_a_token_ends_when_the_token_expires() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let asked = ask(&mut home.agent("acme", "m-1", "builder"), &thread);
    let soon = std::time::SystemTime::now() + std::time::Duration::from_millis(1500);
    let millis = soon.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let expires_at = workroom_protocol::time::Timestamp::from_millis(millis as i64);
    let mut bob = home.bearer(&ada.token(json!({
        "handle": "bob", "kind": "human", "scopes": ["read"], "workrooms": [room], "expires_at": expires_at
    })));
    let waiting = bob.send("approval/wait", id_of(&asked));
    assert_eq!(bob.answer(waiting)["error"]["data"]["kind"], "unauthenticated");
}

#[test]
fn a_wait_that_times_out_returns_the_current_state() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (_, thread) = agent.thread();
    let asked = ask(&mut agent, &thread);
    for timeout in [0, 50] {
        let mut params = id_of(&asked);
        params["timeout_ms"] = json!(timeout);
        assert_eq!(agent.ok("approval/wait", params), asked);
    }
}

#[test]
fn a_wait_ends_when_the_client_cancels_it_or_the_input_ends() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let waiting = agent.send("approval/wait", id_of(&asked));
    agent.notify("$/cancelRequest", json!({"id": waiting}));
    assert_eq!(agent.answer(waiting)["error"]["code"], 1010);

    let waiting = agent.send("approval/wait", id_of(&asked));
    let shutdown = agent.send("shutdown", json!({}));
    let (status, lines) = agent.wait();
    assert!(status.success());
    let answers: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |id: u64| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!((&of(waiting)["error"]["code"], &of(shutdown)["result"]), (&json!(1010), &json!({})));

    // The end of input ends a wait without a timeout. A wait with a timeout is still answered.
    let mut agent = home.agent("acme", "m-1", "builder");
    let endless = agent.send("approval/wait", id_of(&asked));
    let mut timed = id_of(&asked);
    timed["timeout_ms"] = json!(20_000);
    let timed = agent.send("approval/wait", timed);
    agent.close_input();
    assert_eq!(agent.answer(endless)["error"]["code"], 1010);
    let decided = ada.ok("approval/decide", decision(&asked, "approved"));
    assert_eq!(agent.answer(timed)["result"], decided);
    assert!(agent.wait().0.success());
}

#[test]
fn a_wait_survives_a_crash_of_either_side() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    agent.send("approval/wait", id_of(&asked));
    agent.kill();
    let mut agent = home.agent("acme", "m-1", "builder");
    let waiting = agent.send("approval/wait", id_of(&asked));
    // The server is killed, possibly before the decider reads the response. The decision stands.
    ada.send("approval/decide", decision(&asked, "denied"));
    assert_eq!(agent.answer(waiting)["result"]["state"], "denied");
    ada.kill();
    agent.kill();
    let mut agent = home.agent("acme", "m-1", "builder");
    assert_eq!(agent.ok("approval/wait", id_of(&asked))["state"], "denied");
}

#[test]
fn waits_in_a_batch_do_not_block_the_connection() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let wait =
        |id: usize| json!({"jsonrpc": "2.0", "id": id, "method": "approval/wait", "params": id_of(&asked)});
    let batch: Vec<_> = (10_000..10_500).map(wait).collect();
    agent.send_raw(format!("{}\n", json!(batch)));
    agent.ok("server/status", json!({}));
    let decided = ada.ok("approval/decide", decision(&asked, "approved"));
    let answers: Value = serde_json::from_str(&agent.line()).unwrap();
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 500);
    assert!(answers.iter().all(|answer| answer["result"] == decided));
}

#[test]
fn twenty_thousand_waits_do_not_block_other_work() {
    const WAITS: usize = 20_000;
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked: Vec<_> = (0..4).map(|_| ask(&mut agent, &thread)).collect();
    let first = agent.send("approval/wait", id_of(&asked[0]));
    for number in 1..WAITS {
        agent.send("approval/wait", id_of(&asked[number % 4]));
    }
    agent.ok("server/status", json!({}));
    agent.say(&thread, "work continues");
    for (number, approval) in asked.iter().enumerate() {
        let decided = ada.ok("approval/decide", decision(approval, "approved"));
        let mut ids: Vec<u64> = (0..WAITS / 4)
            .map(|_| {
                let answer: Value = serde_json::from_str(&agent.line()).unwrap();
                assert_eq!(answer["result"], decided);
                answer["id"].as_u64().unwrap()
            })
            .collect();
        ids.sort_unstable();
        let expected: Vec<u64> = (0..WAITS as u64 / 4).map(|n| first + 4 * n + number as u64).collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn a_caller_who_lost_access_does_not_learn_the_decision() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let scopes = json!(["read", "post"]);
    let secret =
        ada.token(json!({"handle": "codex", "kind": "agent", "scopes": scopes, "workrooms": [room]}));
    let mut codex: Server = home.bearer(&secret);
    let asked = ask(&mut codex, &thread);
    let waiting = codex.send("approval/wait", id_of(&asked));
    codex.ok("server/status", json!({}));
    ada.ok("member/remove", json!({"workroom_id": room, "handle": "codex"}));
    ada.ok("approval/decide", decision(&asked, "approved"));
    assert_eq!(codex.answer(waiting)["error"]["data"]["kind"], "not_found");
}
