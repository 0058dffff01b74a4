//! The approver secret: once it is set, no decision of the owner counts without it.

use serde_json::{Value, json};

use crate::approvals::{ask, decision};
use crate::support::{Home, Server};

const SECRET: &str = "correct horse battery";

#[track_caller]
fn reason(server: &mut Server, method: &str, params: Value) -> Value {
    let error = server.err(method, params);
    assert_eq!(
        (&error["data"]["kind"], &error["data"]["reason"]),
        (&json!("forbidden"), &json!("approver_secret"))
    );
    error
}

fn with(mut params: Value, name: &str, value: &str) -> Value {
    params[name] = json!(value);
    params
}

#[test]
fn once_a_secret_is_set_the_owner_needs_it_to_decide() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    assert_eq!(ada.ok("approver/status", json!({})), json!({"set": false, "unlocked": true}));
    let set = ada.ok("approver/set", json!({"secret": SECRET}));
    assert_eq!((&set["set"], &set["unlocked"]), (&json!(true), &json!(false)));

    let asked = ask(&mut agent, &thread);
    for decide in [decision(&asked, "approved"), decision(&asked, "denied")] {
        reason(&mut ada, "approval/decide", decide.clone());
        reason(&mut ada, "approval/decide", with(decide, "approver_secret", "a guess of mine"));
    }
    // By a token for a device of the owner's, too.
    let device = json!({"handle": "ada", "kind": "human", "scopes": ["approve"]});
    let device = ada.token(with(device, "approver_secret", SECRET));
    let mut device = home.bearer(&device);
    reason(&mut device, "approval/decide", decision(&asked, "approved"));
    let decided = ada.ok("approval/decide", with(decision(&asked, "approved"), "approver_secret", SECRET));
    assert_eq!(
        (&decided["state"], &decided["decided_how"]["approver_secret"]),
        (&json!("approved"), &json!(true))
    );

    // Unlocking applies to this connection and to no other.
    reason(&mut device, "approver/unlock", json!({"secret": "something else"}));
    assert_eq!(device.ok("approver/unlock", json!({"secret": SECRET}))["unlocked"], true);
    let asked = ask(&mut agent, &thread);
    reason(&mut ada, "approval/decide", decision(&asked, "approved"));
    let decided = device.ok("approval/decide", decision(&asked, "denied"));
    assert_eq!(decided["decided_how"]["approver_secret"], true);

    // Changing the secret locks connections that were unlocked with the old one.
    reason(&mut ada, "approver/set", json!({"secret": "another secret"}));
    let next = json!({"secret": "another secret", "current": SECRET});
    ada.ok("approver/set", next);
    let asked = ask(&mut agent, &thread);
    reason(&mut device, "approval/decide", decision(&asked, "approved"));
    reason(&mut ada, "approver/off", json!({"secret": SECRET}));
    assert_eq!(ada.ok("approver/off", json!({"secret": "another secret"}))["set"], false);
    assert_eq!(ada.ok("approval/decide", decision(&asked, "approved"))["state"], "approved");
}

#[test]
fn others_decide_without_the_owners_secret_and_cannot_change_it() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    ada.ok("approver/set", json!({"secret": SECRET}));
    let bob = json!({"handle": "bob", "kind": "human", "scopes": ["approve", "admin"], "workrooms": [room], "role": "owner"});
    let mut bob = home.bearer(&ada.token(with(bob, "approver_secret", SECRET)));
    let asked = ask(&mut agent, &thread);
    assert_eq!(bob.ok("approval/decide", decision(&asked, "approved"))["state"], "approved");
    for (method, params) in [
        ("approver/set", json!({"secret": "a secret of bob's"})),
        ("approver/off", json!({"secret": SECRET})),
    ] {
        assert_eq!(bob.refusal(method, params.clone()), "forbidden");
        assert_eq!(agent.refusal(method, params), "forbidden");
    }
    assert_eq!(agent.refusal("approver/unlock", json!({"secret": SECRET})), "forbidden");
}

#[test]
fn guessing_is_slowed_down_across_all_processes() {
    let home = Home::new();
    let mut ada = home.server();
    ada.ok("approver/set", json!({"secret": SECRET}));
    for guess in 0..5 {
        let error = reason(&mut ada, "approver/unlock", json!({"secret": format!("guess {guess}")}));
        assert_eq!(error["data"].get("retry_after_ms"), None);
    }
    // Another process is slowed down too, even with the correct secret.
    let mut other = home.server();
    let error = reason(&mut other, "approver/unlock", json!({"secret": SECRET}));
    let wait = error["data"]["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1000).contains(&wait), "{error}");
    assert!(other.ok("approver/status", json!({}))["retry_at"].is_string());
}

#[test]
fn the_secret_is_stored_nowhere() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    ada.ok("approver/set", json!({"secret": SECRET}));
    let asked = ask(&mut agent, &thread);
    let decide = with(decision(&asked, "approved"), "approver_secret", SECRET);
    let decide = with(decide, "reason", &format!("I say {SECRET}"));
    assert_eq!(ada.ok("approval/decide", decide)["reason"], "I say [redacted:approver_secret]");
    drop((ada, agent));
    let mut folders = vec![home.path()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{}", path.display());
        }
    }
    for short in ["", "short"] {
        assert_eq!(home.server().misfit("approver/set", json!({"secret": short})), "secret");
    }
}

#[test]
fn nobody_is_given_the_right_to_decide_without_it() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let token = |handle: &str, scope: &str| json!({"handle": handle, "kind": "human", "scopes": [scope], "workrooms": [room]});
    let member = |handle: &str, role: &str| json!({"workroom_id": room, "handle": handle, "kind": "human", "role": role});
    let update = |handle: &str, role: &str| json!({"workroom_id": room, "handle": handle, "role": role});
    ada.ok("member/add", member("eve", "contributor"));
    // From before: a token that could decide, once its bearer was a maintainer somewhere.
    ada.token(json!({"handle": "eve", "kind": "human", "scopes": ["approve"]}));
    ada.ok("approver/set", json!({"secret": SECRET}));
    let given = [
        ("token/create", token("bob", "approve")),
        ("token/create", token("bob", "admin")),
        ("token/create", with(token("hal", "post"), "role", "maintainer")),
        ("token/create", json!({"handle": "ada", "kind": "human", "scopes": ["approve"]})),
        ("member/add", member("zoe", "maintainer")),
        ("member/add", member("yan", "owner")),
        ("member/update", update("eve", "maintainer")),
        ("member/update", update("eve", "owner")),
    ];
    for (method, params) in &given {
        reason(&mut ada, method, params.clone());
        reason(&mut ada, method, with(params.clone(), "approver_secret", "a guess of mine"));
        ada.ok(method, with(params.clone(), "approver_secret", SECRET));
        // What was guessed wrong is made good by what was right.
        assert_eq!(ada.ok("approver/status", json!({})).get("retry_at"), None);
    }
    // What lets nobody decide does not need it.
    ada.ok("token/create", token("dan", "post"));
    ada.ok("member/update", update("eve", "contributor"));
    ada.ok("member/add", json!({"workroom_id": room, "handle": "ci", "kind": "agent", "role": "maintainer"}));
    ada.ok("member/remove", json!({"workroom_id": room, "handle": "zoe"}));
    // Given once, it is good for the connection.
    let mut other = home.server();
    other.ok("approver/unlock", json!({"secret": SECRET}));
    other.ok("token/create", token("bob", "approve"));
    other.ok("member/update", update("eve", "maintainer"));
    // A retry is the same one with it and without it.
    let keyed = with(token("fay", "approve"), "idempotency_key", "k");
    let first = other.ok("token/create", keyed.clone())["token"].take();
    let again = ada.ok("token/create", with(keyed, "approver_secret", SECRET));
    assert_eq!((&again["token"], again.get("secret")), (&first, None));
}
