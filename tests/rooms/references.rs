//! `thread/attachRef` and `thread/detachRef`.

use serde_json::{Value, json};
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{
    ThreadAttachRef, ThreadCreate, ThreadDetachRef, WorkroomCreate, WorkroomUpdate,
};

use crate::support::{Home, Server};

/// A thread in a room on `o/r`.
fn thread_of_repo(server: &mut Server) -> String {
    let room = server.call::<WorkroomCreate>(json!({"repo_identity": {"owner": "o", "name": "r"}}));
    let params = json!({"workroom_id": room.id, "title": "t", "kind": "channel"});
    server.call::<ThreadCreate>(params).id.0
}

fn attach(server: &mut Server, thread: &str, text: &str) -> Value {
    server.ok("thread/attachRef", json!({"thread_id": thread, "ref": text}))
}

fn issue(number: u64) -> Value {
    json!({"kind": "git_hub_issue", "owner": "o", "repo": "r", "number": number})
}

#[test]
fn pasted_references_are_read() {
    let home = Home::new();
    let mut server = home.server();
    for (text, target) in [
        ("https://github.com/o/r/issues/12", issue(12)),
        ("https://github.com/o/r/issues/12?tab=x#issuecomment-1", issue(12)),
        ("o/r#12", issue(12)),
        ("#12", issue(12)),
        (
            "https://github.com/o/r/pull/12/files",
            json!({"kind": "git_hub_pull_request", "owner": "o", "repo": "r", "number": 12}),
        ),
        ("o/r@ABCDEF1", json!({"kind": "git_hub_commit", "owner": "o", "repo": "r", "sha": "abcdef1"})),
        (
            "https://github.com/o/r/runs/345",
            json!({"kind": "git_hub_check", "owner": "o", "repo": "r", "check_run_id": 345}),
        ),
        (
            "https://git.example.com/o/r/issues/12",
            json!({"kind": "git_hub_issue", "owner": "o", "repo": "r", "number": 12, "host": "git.example.com"}),
        ),
        (
            "https://user:secret@example.com/page?token=secret#secret",
            json!({"kind": "web", "url": "https://example.com/page"}),
        ),
        ("**o/r#12**,", issue(12)),
        ("\u{201c}#12\u{201d}.", issue(12)),
        ("\u{200b}o/r#12。", issue(12)),
        ("[the bug](https://github.com/o/r/issues/12).", issue(12)),
        ("'https://github.com/o/r/issues/12。'", issue(12)),
        ("（`https://github.com/o/r/issues/12`）", issue(12)),
    ] {
        for field in ["ref", "url"] {
            let thread = thread_of_repo(&mut server);
            let attached = server.ok("thread/attachRef", json!({"thread_id": thread, field: text}));
            assert_eq!(attached["external_ref"], target, "{text}");
            assert!(!attached.to_string().contains("secret"), "{attached}");
        }
        let thread = thread_of_repo(&mut server);
        let attached = server.ok("thread/attachRef", json!({"thread_id": thread, "ref": target}));
        assert_eq!(attached["external_ref"], target, "typed {text}");
    }
    let log = server.ok("event/list", json!({"kinds": ["ref_attached"], "limit": 200})).to_string();
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn a_bare_number_requires_a_room_with_a_repository() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let params = json!({"thread_id": thread, "ref": "#12"});
    assert_eq!(server.misfit("thread/attachRef", params.clone()), "ref");
    let repo = json!({"owner": "o", "name": "r", "host": "git.example.com"});
    server.call::<WorkroomUpdate>(json!({"workroom_id": room, "repo_identity": repo}));
    let attached = server.ok("thread/attachRef", params);
    assert_eq!(attached["external_ref"]["host"], "git.example.com");
}

#[test]
fn attaching_twice_is_one_reference() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    let first = attach(&mut server, &thread, "#12");
    for same in [
        "o/r#12",
        "O/R#12",
        "https://github.com/o/r/issues/12#x",
        "GH-12",
        "<https://github.com/O/r/issues/12>",
    ] {
        assert_eq!(attach(&mut server, &thread, same), first, "{same}");
    }
    assert_eq!(first["external_refs"].as_array().unwrap().len(), 1);
    assert_eq!(first["external_refs"][0]["url"], "https://github.com/o/r/issues/12");
}

#[test]
fn the_address_of_a_pull_request_replaces_its_number() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    attach(&mut server, &thread, "#12");
    let clearer = attach(&mut server, &thread, "https://github.com/o/r/pull/12");
    assert_eq!(clearer["external_refs"].as_array().unwrap().len(), 1);
    assert_eq!(clearer["external_ref"]["kind"], "git_hub_pull_request");
    assert_eq!(attach(&mut server, &thread, "#12"), clearer);
}

#[test]
fn the_first_reference_is_primary_until_another_becomes_primary() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    attach(&mut server, &thread, "#1");
    let two = attach(&mut server, &thread, "#2");
    assert_eq!(two["external_ref"], issue(1));
    let three = server.ok("thread/attachRef", json!({"thread_id": thread, "ref": "#3", "primary": true}));
    assert_eq!(three["external_ref"], issue(3));
    let primary: Vec<_> = three["external_refs"].as_array().unwrap().iter().map(|r| &r["primary"]).collect();
    assert_eq!(primary, [false, false, true]);
    let again = server.ok("thread/attachRef", json!({"thread_id": thread, "ref": "#1", "primary": true}));
    assert_eq!(again["external_ref"], issue(1));
    let none = server.ok("thread/attachRef", json!({"thread_id": thread, "ref": "#1", "primary": false}));
    assert!(none.get("external_ref").is_none());
    assert_eq!(none["external_refs"].as_array().unwrap().len(), 3);
}

#[test]
fn a_title_is_kept_until_it_is_replaced() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    server.call::<ThreadAttachRef>(json!({"thread_id": thread, "ref": "#1", "title": "Parser  fails"}));
    let same = attach(&mut server, &thread, "#1");
    assert_eq!(same["external_refs"][0]["title"], "Parser fails");
    let other = server.ok("thread/attachRef", json!({"thread_id": thread, "ref": "#1", "title": "Other"}));
    assert_eq!(other["external_refs"][0]["title"], "Other");
    let attached_at = |thread: &Value| thread["external_refs"][0]["attached_at"].clone();
    assert_eq!(attached_at(&same), attached_at(&other));
}

#[test]
fn a_reference_can_be_detached_by_any_of_its_names() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    attach(&mut server, &thread, "#1");
    attach(&mut server, &thread, "#2");
    let left =
        server.ok("thread/detachRef", json!({"thread_id": thread, "url": "https://github.com/O/R/issues/1"}));
    assert_eq!(left["external_refs"].as_array().unwrap().len(), 1);
    assert!(left.get("external_ref").is_none());
    assert_eq!(
        server.refused::<ThreadDetachRef>(json!({"thread_id": thread, "ref": "#1"})),
        ErrorKind::NotFound
    );
    let none = server.ok("thread/detachRef", json!({"thread_id": thread, "ref": issue(2)}));
    assert_eq!(none["external_refs"], json!([]));
    let back = attach(&mut server, &thread, "#1");
    assert_eq!(back["external_ref"], issue(1));
}

#[test]
fn a_new_thread_can_have_a_reference() {
    let home = Home::new();
    let mut server = home.server();
    let room = server.ok("workroom/create", json!({}));
    let params =
        json!({"workroom_id": room["id"], "title": "t", "kind": "channel", "external_ref": issue(7)});
    let thread = server.ok("thread/create", params);
    assert_eq!(thread["external_ref"], issue(7));
    assert_eq!(thread["external_refs"][0]["primary"], true);
    assert_eq!(thread["status"], "idle");
}

#[test]
fn an_invalid_reference_is_refused_with_the_field() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    for method in ["thread/attachRef", "thread/detachRef"] {
        for (params, path) in [
            (json!({"thread_id": thread}), "ref"),
            (json!({"thread_id": thread, "ref": "#1", "url": "o/r#1"}), "url"),
            (json!({"thread_id": thread, "ref": ""}), "ref"),
            (json!({"thread_id": thread, "url": "just words"}), "url"),
            (json!({"thread_id": thread, "ref": "javascript:alert(1)"}), "ref"),
            (json!({"thread_id": thread, "ref": {"kind": "git_hub_issue", "owner": "o"}}), "ref.repo"),
            (
                json!({"thread_id": thread, "ref": {"kind": "git_hub_issue", "owner": "o", "repo": "r", "number": 0}}),
                "ref.number",
            ),
            (json!({"thread_id": thread, "ref": {"kind": "telepathy"}}), "ref.kind"),
        ] {
            assert_eq!(server.misfit(method, params.clone()), path, "{method} {params}");
        }
        assert_eq!(server.refusal(method, json!({"thread_id": "thr_0", "ref": "o/r#1"})), "not_found");
    }
}

#[test]
fn a_thread_has_at_most_a_hundred_references() {
    let home = Home::new();
    let mut server = home.server();
    let thread = thread_of_repo(&mut server);
    for number in 1..=100 {
        attach(&mut server, &thread, &format!("#{number}"));
    }
    let params = json!({"thread_id": thread, "ref": "#101"});
    assert_eq!(server.refused::<ThreadAttachRef>(params), ErrorKind::Conflict);
    assert_eq!(attach(&mut server, &thread, "#100")["external_refs"].as_array().unwrap().len(), 100);
}
