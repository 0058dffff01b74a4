//! The members of a workroom.

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn members(server: &mut Server, room: &str) -> Vec<[String; 3]> {
    let members = server.ok("member/list", json!({"workroom_id": room}))["members"].take();
    let text = |member: &Value, name: &str| member[name].as_str().unwrap().to_owned();
    members
        .as_array()
        .unwrap()
        .iter()
        .map(|m| [text(m, "handle"), text(m, "kind"), text(m, "role")])
        .collect()
}

fn of(members: &[[&str; 3]]) -> Vec<[String; 3]> {
    members.iter().map(|member| member.map(Into::into)).collect()
}

fn add(room: &str, handle: &str, kind: &str, role: &str) -> Value {
    json!({"workroom_id": room, "handle": handle, "kind": kind, "role": role})
}

#[test]
fn the_creator_of_a_room_owns_it() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    assert_eq!(members(&mut ada, &room), of(&[["ada", "human", "owner"]]));
}

#[test]
fn the_local_user_also_owns_the_rooms_of_their_agents() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (room, _) = agent.thread();
    let expected = of(&[["builder", "agent", "maintainer"], ["ada", "human", "owner"]]);
    assert_eq!(members(&mut agent, &room), expected);
}

#[test]
fn changes_of_members_are_recorded_in_the_log() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let mut params = add(&room, "@Bob", "human", "viewer");
    params["display_name"] = json!("Robert");
    let bob = ada.ok("member/add", params);
    assert_eq!([&bob["handle"], &bob["display_name"]], ["Bob", "Robert"]);
    assert_eq!(bob["added_by"], json!({"kind": "human", "handle": "ada"}));
    let changed = json!({"workroom_id": room, "handle": "bob", "role": "maintainer", "display_name": null});
    let bob = ada.ok("member/update", changed);
    assert_eq!((&bob["role"], bob.get("display_name")), (&json!("maintainer"), None));
    ada.ok("member/remove", json!({"workroom_id": room, "handle": "BOB"}));
    assert_eq!(members(&mut ada, &room), of(&[["ada", "human", "owner"]]));

    let listed = ada.ok("event/list", json!({"workroom_id": room, "kinds": ["member_changed"]}));
    let kinds: Vec<_> =
        listed["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(
        json!(kinds),
        json!([
            {"event": "member_changed", "handle": "Bob", "member_kind": "human", "role": "viewer", "display_name": "Robert"},
            {"event": "member_changed", "handle": "Bob", "role": "maintainer", "display_name": null},
            {"event": "member_changed", "handle": "Bob", "role": null},
        ])
    );
}

#[test]
fn taking_part_makes_an_agent_a_member() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    agent.say(&thread, "x");
    let expected = of(&[["ada", "human", "owner"], ["builder", "agent", "contributor"]]);
    assert_eq!(members(&mut ada, &room), expected);
    // Added explicitly, with another role.
    ada.ok("member/add", add(&room, "builder", "agent", "viewer"));
    let expected = of(&[["ada", "human", "owner"], ["builder", "agent", "viewer"]]);
    assert_eq!(members(&mut ada, &room), expected);
    assert_eq!(
        agent.refusal("event/append", json!({"thread_id": thread, "kind": {"event": "resumed"}})),
        "forbidden"
    );
    assert_eq!(ada.refusal("member/add", add(&room, "builder", "agent", "viewer")), "conflict");
}

#[test]
fn a_handle_is_case_insensitive() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    assert_eq!(ada.refusal("member/add", add(&room, "ADA", "human", "viewer")), "conflict");
    assert_eq!(ada.refusal("member/add", add(&room, "Ada", "agent", "viewer")), "conflict");
    for handle in ["", "a b", "a@b", "a/b", "a.", "a\u{202e}b"] {
        assert_eq!(ada.misfit("member/add", add(&room, handle, "human", "viewer")), "handle", "{handle}");
    }
    assert_eq!(ada.misfit("member/add", add(&room, "x", "system", "viewer")), "kind");
    assert_eq!(ada.misfit("member/add", add(&room, "x", "human", "king")), "role");
    assert_eq!(ada.refusal("member/update", json!({"workroom_id": room, "handle": "nobody"})), "not_found");
    assert_eq!(ada.refusal("member/remove", json!({"workroom_id": room, "handle": "nobody"})), "not_found");
}

#[test]
fn a_room_always_has_an_owner() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let demote = json!({"workroom_id": room, "handle": "ada", "role": "viewer"});
    assert_eq!(ada.refusal("member/update", demote.clone()), "conflict");
    assert_eq!(ada.refusal("member/remove", json!({"workroom_id": room, "handle": "ada"})), "conflict");
    // The local user stays an owner even if there is another, because otherwise the room would disappear from their
    // inbox.
    ada.ok("member/add", add(&room, "bob", "human", "owner"));
    let scopes = json!(["read", "admin"]);
    let bob = ada.token(json!({"handle": "bob", "kind": "human", "scopes": scopes, "workrooms": [room]}));
    for server in [&mut ada, &mut home.bearer(&bob)] {
        assert_eq!(server.refusal("member/update", demote.clone()), "conflict");
        assert_eq!(
            server.refusal("member/remove", json!({"workroom_id": room, "handle": "Ada"})),
            "conflict"
        );
    }
    let members = members(&mut ada, &room);
    assert_eq!(members, of(&[["ada", "human", "owner"], ["bob", "human", "owner"]]));
}

#[test]
fn an_agent_or_a_bridge_does_not_count_as_the_last_owner() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    ada.ok("member/add", add(&room, "bob", "human", "owner"));
    ada.ok("member/add", add(&room, "codex", "agent", "owner"));
    drop(ada);
    // Another person now owns the same store and has no special rights in the room.
    home.run(["owner", "set", "eve"]).ok();
    let mut eve = home.server();
    eve.ok("member/remove", json!({"workroom_id": room, "handle": "bob"}));
    assert_eq!(eve.refusal("member/remove", json!({"workroom_id": room, "handle": "eve"})), "conflict");
    eve.ok("member/remove", json!({"workroom_id": room, "handle": "codex"}));
    assert_eq!(members(&mut eve, &room), of(&[["eve", "human", "owner"]]));
}

#[test]
fn nobody_can_grant_or_revoke_more_than_they_have() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let scopes = json!(["read", "post", "admin"]);
    let token = json!({"handle": "bob", "kind": "human", "scopes": scopes, "workrooms": [room], "role": "maintainer"});
    let mut bob = home.bearer(&ada.token(token));
    bob.ok("member/add", add(&room, "carol", "human", "maintainer"));
    assert_eq!(bob.refusal("member/add", add(&room, "dave", "human", "owner")), "forbidden");
    let raise = json!({"workroom_id": room, "handle": "carol", "role": "owner"});
    assert_eq!(bob.refusal("member/update", raise), "forbidden");
    assert_eq!(bob.refusal("member/remove", json!({"workroom_id": room, "handle": "ada"})), "forbidden");
    bob.ok("member/remove", json!({"workroom_id": room, "handle": "carol"}));
}

#[test]
fn members_are_paged_in_the_order_in_which_they_joined() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    for number in 0..7 {
        ada.ok("member/add", add(&room, &format!("m{number}"), "human", "viewer"));
    }
    let mut handles = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut page = ada.ok("member/list", json!({"workroom_id": room, "limit": 3, "cursor": cursor}));
        let members = page["members"].take();
        handles.extend(members.as_array().unwrap().iter().map(|m| m["handle"].as_str().unwrap().to_owned()));
        cursor = page["next_cursor"].take();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(handles, ["ada", "m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
}
