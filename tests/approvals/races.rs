//! Concurrent decisions: exactly one wins.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::approvals::decision;
use crate::support::Home;

const PROCESSES: usize = 4;
const DECIDERS: usize = 64;
const APPROVALS: usize = 2000;

#[test]
fn of_64_deciders_in_several_processes_one_wins_each_approval() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let bare = json!({"thread_id": thread, "kind": {"event": "approval_request", "tool_name": "shell"}});
    for _ in 0..APPROVALS / 1000 {
        agent.ok("event/appendBatch", json!({"events": vec![bare.clone(); 1000]}));
    }
    let mut pending = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut page = ada.ok("approval/list", json!({"limit": 200, "cursor": cursor}));
        pending.append(page["approvals"].as_array_mut().unwrap());
        cursor = page["next_cursor"].take();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(pending.len(), APPROVALS);

    // Each approval is decided by several of the 64 deciders, with different decisions, in several processes.
    let mut processes: Vec<_> = (0..PROCESSES).map(|_| home.server()).collect();
    let deciders_each = DECIDERS / PROCESSES;
    let mut answers: HashMap<String, Vec<Value>> = HashMap::new();
    let results: Vec<Vec<(String, Value)>> = std::thread::scope(|scope| {
        let running: Vec<_> = processes
            .iter_mut()
            .enumerate()
            .map(|(process, server)| {
                let pending = &pending;
                scope.spawn(move || {
                    let mut answers = Vec::new();
                    for decider in 0..deciders_each {
                        let number = process * deciders_each + decider;
                        // Each of the 64 takes an eighth of the approvals, so that every approval has eight deciders
                        // from all processes.
                        let mine =
                            pending.iter().enumerate().filter(|(at, _)| (at + number).is_multiple_of(8));
                        let sent: Vec<_> = mine
                            .map(|(_, approval)| {
                                let mut params = decision(approval, ["approved", "denied"][number % 2]);
                                params["reason"] = json!(format!("decider {number}"));
                                let id = approval["approval_id"].as_str().unwrap().to_owned();
                                (id, server.send("approval/decide", params))
                            })
                            .collect();
                        let mut told = server.answers(sent.iter().map(|(_, request)| *request));
                        for (id, request) in sent {
                            answers.push((id, told.remove(&request).unwrap()));
                        }
                    }
                    answers
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (id, answer) in results.into_iter().flatten() {
        answers.entry(id).or_default().push(answer);
    }

    assert_eq!(answers.len(), APPROVALS);
    for (id, answers) in answers {
        assert_eq!(answers.len(), 8);
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.get("result").is_some());
        assert_eq!(won.len(), 1, "{id}: {won:?}");
        let winner = &won[0]["result"];
        for loser in lost {
            assert_eq!(loser["error"]["data"]["kind"], "already_decided", "{loser}");
            assert_eq!(&loser["error"]["data"]["approval"], winner);
        }
        assert_eq!(&ada.ok("approval/read", json!({"approval_id": id})), winner);
    }
    let decided = ada.ok("event/list", json!({"kinds": ["approval_decided"], "limit": 1}));
    assert!(decided["more"].as_bool().unwrap());
    assert_eq!(ada.ok("approval/list", json!({"states": ["pending"]}))["approvals"], json!([]));
}
