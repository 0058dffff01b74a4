//! The owner of the store does not depend on the environment.

use serde_json::json;

use crate::support::{Home, Server};

#[test]
fn the_environment_does_not_determine_the_owner() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let asked = ada.ok("approval/request", json!({"thread_id": thread, "tool_name": "t", "summary": "s"}));
    let bob = json!({"handle": "bob", "kind": "human", "scopes": ["read", "post"], "workrooms": [room]});
    ada.token(bob);
    drop(ada);
    for name in ["zoe", "bob", ""] {
        let mut command = home.command(["app-server"]);
        for variable in ["USER", "LOGNAME", "USERNAME"] {
            command.env(variable, name);
        }
        let mut server = Server::spawn(command);
        assert_eq!(server.say(&thread, "x")["actor"], json!({"kind": "human", "handle": "ada"}));
        let decide = json!({
            "approval_id": asked["approval_id"], "action_digest": asked["action_digest"], "decision": "approved"
        });
        assert_eq!(server.refusal("approval/decide", decide), "forbidden");
    }
}

#[test]
fn an_owner_who_changes_their_handle_stays_the_same_person() {
    let home = Home::new();
    let (mut ada, mut bot) = (home.server(), home.agent("p", "m", "bot"));
    let (room, thread) = ada.thread();
    let direct =
        json!({"workroom_id": room, "title": "D", "kind": "direct_message", "participants": ["ada"]});
    let direct = ada.ok("thread/create", direct)["id"].as_str().unwrap().to_owned();
    let own = ada.ok("approval/request", json!({"thread_id": thread, "tool_name": "t", "summary": "s"}));
    bot.append(&thread, json!({"event": "needs_human", "reason": "which?"}));
    let key = json!({"title": "Once", "idempotency_key": "k"});
    let once = ada.ok("workroom/create", key.clone());
    ada.ok("inbox/save", json!({"thread_id": thread}));
    let before = ada.ok("inbox/counts", json!({}))["counts"].take();

    assert_eq!(home.run(["owner"]).ok(), "ada\n");
    assert_eq!(home.run(["owner", "set", "zoe"]).ok(), "zoe\n");
    assert_eq!(home.run(["owner"]).ok(), "zoe\n");
    let mut zoe = home.server();
    for server in [&mut ada, &mut zoe] {
        // This includes connections opened before the change.
        assert_eq!(server.say(&thread, "x")["actor"]["handle"], "zoe");
        assert_eq!(server.ok("inbox/counts", json!({}))["counts"], before);
        assert_eq!(server.ok("workroom/create", key.clone())["id"], once["id"]);
        let decide = json!({
            "approval_id": own["approval_id"], "action_digest": own["action_digest"], "decision": "approved"
        });
        assert_eq!(server.refusal("approval/decide", decide), "forbidden");
    }
    bot.say(&direct, "for the owner");
    assert_eq!(zoe.ok("inbox/list", json!({"view": "direct"}))["items"].as_array().unwrap().len(), 1);
    let members = zoe.ok("member/list", json!({"workroom_id": room}))["members"].take();
    let owner = members.as_array().unwrap().iter().find(|member| member["role"] == "owner").unwrap();
    assert_eq!(owner["handle"], "zoe");
    // Nobody else can take the old handle.
    let token = |handle: &str| json!({"handle": handle, "kind": "human", "scopes": ["read"]});
    assert_eq!(zoe.ok("token/create", token("ada"))["token"]["handle"], "zoe");
    let bridge = json!({"handle": "ada", "kind": "bridge", "scopes": ["read"]});
    assert_eq!(zoe.refusal("token/create", bridge), "invalid_params");
    assert_eq!(bot.refusal("owner/set", json!({"handle": "bot"})), "forbidden");
    // The owner cannot take the handle of somebody else.
    zoe.token(token("bob"));
    for (taken, kind) in
        [("bob", "conflict"), ("BОB", "invalid_params"), ("bot", "conflict"), ("b t", "invalid_params")]
    {
        assert_eq!(zoe.refusal("owner/set", json!({"handle": taken})), kind, "{taken}");
    }
    zoe.ok("approval/cancel", json!({"approval_id": own["approval_id"]}));
    drop((ada, zoe, bot));
    let report = workroom_store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
    home.run(["owner", "set", "ada"]).ok();
    let report = workroom_store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn the_owners_devices_stay_the_owners_under_another_handle() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let token = |handle: &str| json!({"handle": handle, "kind": "human", "scopes": ["post", "approve"]});
    let secret = ada.token(token("ada"));
    let mut before = home.bearer(&secret);
    let own = json!({"thread_id": thread, "tool_name": "t", "summary": "s"});
    let own = before.ok("approval/request", own);
    let asked = home
        .agent("p", "m", "bot")
        .ok("approval/request", json!({"thread_id": thread, "tool_name": "t", "summary": "s"}));
    home.run(["owner", "set", "zoe"]).ok();

    // Connections from before, tokens from before, and tokens for the former handle.
    let made = ada.ok("token/create", token("ada"));
    assert_eq!(made["token"]["handle"], "zoe");
    let mut devices = [before, home.bearer(&secret), home.bearer(made["secret"].as_str().unwrap())];
    for device in &mut devices {
        assert_eq!(device.ok("workroom/list", json!({}))["workrooms"][0]["id"], room);
        assert_eq!(device.say(&thread, "x")["actor"], json!({"kind": "human", "handle": "zoe"}));
        assert_ne!(device.ok("inbox/list", json!({}))["items"], json!([]));
        let decide = json!({
            "approval_id": own["approval_id"], "action_digest": own["action_digest"], "decision": "approved"
        });
        assert_eq!(device.refusal("approval/decide", decide), "forbidden", "they asked for it themselves");
    }
    let [mut before, mut again, mut another] = devices;
    // A request is the token's that made it, under whichever name.
    let as_requester = json!({"approval_id": own["approval_id"], "as_requester": true});
    assert_eq!(another.refusal("approval/read", as_requester.clone()), "forbidden");
    for device in [&mut before, &mut again] {
        device.ok("approval/read", as_requester.clone());
    }
    again.ok("approval/cancel", json!({"approval_id": own["approval_id"]}));
    let decide = json!({"approval_id": asked["approval_id"], "action_digest": asked["action_digest"], "decision": "approved"});
    assert_eq!(before.ok("approval/decide", decide)["decided_by"]["handle"], "zoe");
    // The owner has one membership, and the former name stays nobody else's.
    let add = json!({"workroom_id": room, "handle": "ada", "kind": "human", "role": "viewer"});
    assert_eq!(ada.refusal("member/add", add), "conflict");
    assert_eq!(
        ada.refusal("token/create", json!({"handle": "ada", "kind": "agent", "scopes": ["post"]})),
        "invalid_params"
    );
    drop((ada, before, again, another));
    let report = workroom_store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
