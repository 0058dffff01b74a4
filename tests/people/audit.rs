//! The audit trail: who did what with which token.

use serde_json::{Value, json};

use crate::support::{Home, Server};

/// Actor, method, outcome, and whether events were written, oldest first.
fn trail(server: &mut Server, params: Value) -> Vec<[String; 3]> {
    let mut entries = server.ok("audit/list", params)["entries"].take();
    let entries = entries.as_array_mut().unwrap();
    entries.reverse();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.iter().map(|e| [text(&e["actor"]["handle"]), text(&e["method"]), text(&e["outcome"])]).collect()
}

fn of(entries: &[[&str; 3]]) -> Vec<[String; 3]> {
    entries.iter().map(|entry| entry.map(Into::into)).collect()
}

#[test]
fn uses_and_refusals_of_a_token_are_in_the_trail() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    ada.say(&thread, "not in the trail: the log has it");
    let create = json!({"handle": "bob", "kind": "human", "scopes": ["read", "post"], "role": "viewer", "workrooms": [room]});
    let made = ada.ok("token/create", create);
    let token = made["token"]["token_id"].clone();
    let mut bob = home.bearer(made["secret"].as_str().unwrap());
    bob.ok("thread/read", json!({"thread_id": thread}));
    let append = json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}});
    assert_eq!(bob.refusal("event/append", append.clone()), "forbidden");
    assert_eq!(bob.refusal("token/list", json!({})), "forbidden");
    ada.ok("member/update", json!({"workroom_id": room, "handle": "bob", "role": "contributor"}));
    let event = bob.ok("event/append", append)["event"].take();
    ada.ok("token/revoke", json!({"token_id": token}));

    // Refusals are recorded separately from responses, so the trail has no fixed order across processes, only within
    // each.
    let (adas, bobs): (Vec<_>, _) =
        trail(&mut ada, json!({})).into_iter().partition(|entry| entry[0] == "ada");
    let expected = [["token/create", "ok"], ["member/update", "ok"], ["token/revoke", "ok"]];
    assert_eq!(adas, of(&expected.map(|[method, outcome]| ["ada", method, outcome])));
    let expected = [
        ["initialize", "ok"],
        ["event/append", "forbidden"],
        ["token/list", "forbidden"],
        ["event/append", "ok"],
    ];
    assert_eq!(bobs, of(&expected.map(|[method, outcome]| ["bob", method, outcome])));
    let bobs = ada.ok("audit/list", json!({"token_id": token}))["entries"].take();
    let appended = bobs.as_array().unwrap().iter().find(|entry| entry["token_id"] == token).unwrap();
    assert_eq!((&appended["method"], &appended["token_id"]), (&json!("event/append"), &token));
    assert_eq!((&appended["first_seq"], &appended["last_seq"]), (&event["seq"], &event["seq"]));
    assert_eq!(appended["workroom_id"], room);
    let bobs = bobs.as_array().unwrap();
    let about: Vec<_> = bobs.iter().filter(|e| e["about_token_id"] == token).map(|e| &e["method"]).collect();
    assert_eq!(about, [&json!("token/revoke"), &json!("token/create")]);
    assert_eq!(bobs.len(), 4 + about.len());
    let of_room = trail(&mut ada, json!({"workroom_id": room}));
    let expected =
        of(&[["ada", "token/create", "ok"], ["ada", "member/update", "ok"], ["bob", "event/append", "ok"]]);
    assert_eq!(of_room, expected);
    let used = ada.ok("token/list", json!({"include_ended": true}))["tokens"][0]["last_used_at"].take();
    assert!(used.is_string(), "{used}");
}

#[test]
fn the_trail_comes_in_pages_newest_first() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    for number in 0..5 {
        let params =
            json!({"workroom_id": room, "handle": format!("m{number}"), "kind": "human", "role": "viewer"});
        ada.ok("member/add", params);
    }
    let first = ada.ok("audit/list", json!({"limit": 3}));
    assert_eq!(first["entries"].as_array().unwrap().len(), 3);
    let second = ada.ok("audit/list", json!({"limit": 3, "cursor": first["next_cursor"]}));
    assert_eq!(second["entries"].as_array().unwrap().len(), 2);
    assert_eq!(second.get("next_cursor"), None);
    let seqs: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| {
            page["entries"].as_array().unwrap().iter().map(|entry| entry["first_seq"].as_u64().unwrap())
        })
        .collect();
    assert!(seqs.is_sorted_by(|a, b| a > b), "{seqs:?}");
}

#[test]
fn repeated_refusals_of_a_client_do_not_fill_the_trail() {
    let home = Home::new();
    let mut ada = home.server();
    let secret = ada.token(json!({"handle": "bob", "kind": "human", "scopes": ["read"]}));
    let mut bob = home.bearer(&secret);
    for _ in 0..150 {
        assert_eq!(bob.refusal("token/list", json!({})), "forbidden");
    }
    drop(bob);
    let mut count = 0;
    let mut cursor = Value::Null;
    loop {
        let mut page = ada.ok("audit/list", json!({"cursor": cursor, "limit": 200}));
        count += page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["outcome"] == "forbidden")
            .count();
        cursor = page["next_cursor"].take();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(count, 100);
}
