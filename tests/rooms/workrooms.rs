//! `workroom/*`: creating, listing, changing, archiving.

use serde_json::{Value, json};
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{
    EventList, ThreadCreate, WorkroomArchive, WorkroomCreate, WorkroomList, WorkroomRead, WorkroomUnarchive,
    WorkroomUpdate,
};
use workroom_protocol::workroom::{WorkroomCreateParams, WorkroomVisibility};

use crate::support::{Home, Server};

const UNKNOWN: &str = "wr_00000000000000000000000000000000";

fn create(server: &mut Server, params: Value) -> String {
    server.call::<WorkroomCreate>(params).id.0
}

/// The titles of a list, in order.
fn titles(server: &mut Server, params: Value) -> Vec<String> {
    server.call::<WorkroomList>(params).workrooms.into_iter().map(|room| room.title).collect()
}

#[test]
fn a_new_room_is_private_and_belongs_to_its_creator() {
    let home = Home::new();
    let mut server = home.server();
    let room = server.call::<WorkroomCreate>(WorkroomCreateParams::default());
    assert_eq!(room.title, "Untitled workroom");
    assert_eq!(room.owner, "ada");
    assert_eq!(room.visibility, WorkroomVisibility::Private);
    assert_eq!(room.workspace, None);
    assert_eq!(room.link, format!("codewhale://workroom/{}", room.id));
    assert_eq!(room.head_seq, 1);
    assert_eq!(room.archived_at, None);
    assert_eq!(server.call::<WorkroomRead>(json!({"workroom_id": room.id})), room);
}

#[test]
fn a_title_is_one_line_of_visible_text() {
    let home = Home::new();
    let mut server = home.server();
    let room = server.call::<WorkroomCreate>(json!({"title": " two\n lines\u{202e} "}));
    assert_eq!(room.title, "two lines");
    assert_eq!(server.misfit("workroom/create", json!({"title": " \n "})), "title");
    assert_eq!(server.misfit("workroom/create", json!({"title": "x".repeat(501)})), "title");
    let longest = "é".repeat(500);
    assert_eq!(server.call::<WorkroomCreate>(json!({"title": longest})).title, longest);
}

#[test]
fn a_workspace_is_stored_as_a_normalised_absolute_path() {
    let home = Home::new();
    let mut server = home.server();
    let room = server.call::<WorkroomCreate>(json!({"workspace": "/nowhere//a/./b/"}));
    assert_eq!(room.workspace.as_deref(), Some("/nowhere/a/b"));
    for (given, folder) in [
        ("/nowhere/../elsewhere", "/elsewhere"),
        ("/nowhere/a/../../b/./c/..", "/b"),
        ("/../../nowhere", "/nowhere"),
    ] {
        let room = server.call::<WorkroomCreate>(json!({"title": "x", "workspace": given}));
        assert_eq!(room.workspace.as_deref(), Some(folder), "{given}");
    }
    for bad in [
        "relative",
        "",
        "./a",
        "~/a",
        "/nul\0byte",
        "/",
        "/..",
        "/proc",
        "/proc/self/cwd",
        "/sys",
        "/dev/shm",
    ] {
        assert_eq!(server.misfit("workroom/create", json!({"workspace": bad})), "workspace", "{bad:?}");
    }
    let long = format!("/{}", "x/".repeat(5000));
    assert_eq!(server.misfit("workroom/create", json!({"workspace": long})), "workspace");
}

#[test]
fn a_repository_is_checked_and_normalised() {
    let home = Home::new();
    let mut server = home.server();
    let given = json!({"owner": "O", "name": "r.git", "host": "GitHub.com"});
    let room = server.ok("workroom/create", json!({"repo_identity": given}));
    assert_eq!(room["repo_identity"], json!({"owner": "O", "name": "r"}));
    let bad = json!({"repo_identity": {"owner": "a/b", "name": "r"}});
    assert_eq!(server.misfit("workroom/create", bad), "repo_identity.owner");
    let bad = json!({"repo_identity": {"owner": "o", "name": "r", "token": "x"}});
    assert_eq!(server.misfit("workroom/create", bad), "repo_identity.token");
}

#[test]
fn sharing_accepts_only_ids_of_tokens() {
    let home = Home::new();
    let mut server = home.server();
    let id = format!("tok_{}", "0".repeat(32));
    let shared = json!({"shared": {"allowed_tokens": [id]}});
    let room = server.ok("workroom/create", json!({"visibility": shared}));
    assert_eq!(room["visibility"], shared);

    let secret = "wrk_agent_abcdefghijklmnopqrstuvwxyz";
    let bad = json!({"visibility": {"shared": {"allowed_tokens": [id, secret]}}});
    let error = server.err("workroom/create", bad.clone());
    assert_eq!(error["data"]["path"], "visibility.shared.allowed_tokens[1]");
    assert!(!error.to_string().contains(secret), "{error}");
    let mut update = bad;
    update["workroom_id"] = room["id"].clone();
    assert_eq!(server.misfit("workroom/update", update), "visibility.shared.allowed_tokens[1]");
}

#[test]
fn the_room_with_the_newest_activity_comes_first() {
    let home = Home::new();
    let mut server = home.server();
    let first = create(&mut server, json!({"title": "first"}));
    create(&mut server, json!({"title": "second"}));
    create(&mut server, json!({"title": "third"}));
    assert_eq!(titles(&mut server, json!({})), ["third", "second", "first"]);
    server.call::<ThreadCreate>(json!({"workroom_id": first, "title": "t", "kind": "channel"}));
    assert_eq!(titles(&mut server, json!({})), ["first", "third", "second"]);
}

#[test]
fn a_query_searches_title_folder_branch_and_repository() {
    let home = Home::new();
    let mut server = home.server();
    create(&mut server, json!({"title": "Über uns 50%"}));
    create(&mut server, json!({"title": "b", "workspace": "/nowhere/a_b"}));
    create(&mut server, json!({"title": "c", "branch": "fix/axb"}));
    create(&mut server, json!({"title": "d", "repo_identity": {"owner": "Octo", "name": "Parser"}}));
    let mut check = |query: &str, expected: &[&str]| {
        assert_eq!(titles(&mut server, json!({"query": query})), expected, "{query:?}");
    };
    check("über", &["Über uns 50%"]);
    check("50%", &["Über uns 50%"]);
    check("%", &["Über uns 50%"]);
    check("a_b", &["b"]);
    check("_", &["b"]);
    check("\\", &[]);
    check("AXB", &["c"]);
    check("octo/parser", &["d"]);
    check("", &["d", "c", "b", "Über uns 50%"]);
    check("'; DROP TABLE event; --", &[]);
    check("\0", &[]);
}

#[test]
fn a_query_of_any_length_is_answered() {
    let home = Home::new();
    let mut server = home.server();
    create(&mut server, json!({}));
    for length in [1_000, 100_000] {
        assert_eq!(server.misfit("workroom/list", json!({"query": "%".repeat(length)})), "query");
    }
}

#[test]
fn rooms_are_found_by_folder_and_by_repository() {
    let home = Home::new();
    let mut server = home.server();
    create(&mut server, json!({"title": "a", "workspace": "/nowhere/a"}));
    create(&mut server, json!({"title": "ab", "workspace": "/nowhere/ab"}));
    create(&mut server, json!({"title": "r", "repo_identity": {"owner": "Octo", "name": "Parser"}}));
    create(&mut server, json!({"title": "s", "repo_identity": {"owner": "Octo", "name": "Parser2"}}));
    assert_eq!(titles(&mut server, json!({"workspace": "/nowhere/a/"})), ["a"]);
    assert_eq!(titles(&mut server, json!({"repo": "OCTO/parser"})), ["r"]);
    assert_eq!(titles(&mut server, json!({"repo": "octo/none"})), [""; 0]);
    assert_eq!(server.misfit("workroom/list", json!({"repo": "octo"})), "repo");
    assert_eq!(server.misfit("workroom/list", json!({"workspace": "a"})), "workspace");
}

#[test]
fn archiving_hides_a_room_and_loses_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let id = json!({"workroom_id": room});
    let archived = server.call::<WorkroomArchive>(&id);
    assert!(archived.archived_at.is_some());
    assert_eq!(titles(&mut server, json!({})), [""; 0]);
    assert_eq!(titles(&mut server, json!({"include_archived": true})), ["Room"]);
    server.say(&thread, "what ends late is not lost");
    let params = json!({"workroom_id": room, "title": "t", "kind": "channel"});
    assert_eq!(server.refused::<ThreadCreate>(params), ErrorKind::Conflict);

    let back = server.call::<WorkroomUnarchive>(&id);
    assert_eq!(back.archived_at, None);
    assert_eq!(titles(&mut server, json!({})), ["Room"]);
}

#[test]
fn archiving_again_changes_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let room = create(&mut server, json!({}));
    let id = json!({"workroom_id": room});
    for method in ["workroom/unarchive", "workroom/archive", "workroom/unarchive"] {
        let once = server.ok(method, id.clone());
        let twice = server.ok(method, id.clone());
        assert_eq!(once, twice, "{method}");
    }
    // Three events: created, archived, unarchived. Calls that changed nothing wrote nothing.
    assert_eq!(server.call::<EventList>(json!({})).head_seq, 3);
}

#[test]
fn an_update_sets_given_fields_clears_null_fields_and_keeps_the_rest() {
    let home = Home::new();
    let mut server = home.server();
    let room = create(
        &mut server,
        json!({
            "title": "before", "workspace": "/nowhere/a", "branch": "main",
            "repo_identity": {"owner": "o", "name": "r", "host": "git.example.com"},
        }),
    );
    let updated = server.call::<WorkroomUpdate>(json!({"workroom_id": room, "title": "after"}));
    assert_eq!(updated.title, "after");
    assert_eq!(updated.workspace.as_deref(), Some("/nowhere/a"));
    assert_eq!(updated.branch.as_deref(), Some("main"));
    assert_eq!(updated.repo_identity.unwrap().host.as_deref(), Some("git.example.com"));

    let clear = json!({"workroom_id": room, "workspace": null, "branch": null, "repo_identity": null});
    let cleared = server.ok("workroom/update", clear);
    assert_eq!(cleared["title"], "after");
    assert_eq!(cleared["workspace"], Value::Null);
    assert_eq!(cleared["repo_identity"], Value::Null);
    assert!(cleared.get("branch").is_none());

    let set = json!({"workroom_id": room, "branch": "b", "repo_identity": {"owner": "x", "name": "y"}});
    let set = server.ok("workroom/update", set);
    assert_eq!(set["branch"], "b");
    assert_eq!(set["repo_identity"], json!({"owner": "x", "name": "y"}));
    assert_eq!(server.ok("workroom/read", json!({"workroom_id": room})), set);
}

#[test]
fn an_empty_update_writes_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let room = server.call::<WorkroomCreate>(json!({"title": "x"}));
    assert_eq!(server.call::<WorkroomUpdate>(json!({"workroom_id": room.id})), room);
    assert_eq!(server.call::<EventList>(json!({})).head_seq, 1);
}

#[test]
fn an_unknown_room_is_not_found() {
    let home = Home::new();
    let mut server = home.server();
    for id in [UNKNOWN, "", "wr_", "'", "thr_00000000000000000000000000000000"] {
        for method in ["read", "update", "archive", "unarchive", "link"] {
            let params = json!({"workroom_id": id});
            assert_eq!(server.refusal(&format!("workroom/{method}"), params), "not_found", "{method} {id:?}");
        }
    }
}

#[test]
fn unknown_fields_and_invalid_limits_are_refused_by_name() {
    let home = Home::new();
    let mut server = home.server();
    assert_eq!(server.misfit("workroom/create", json!({"titel": "x"})), "titel");
    assert_eq!(server.misfit("workroom/list", json!({"limit": 0})), "limit");
    assert_eq!(server.misfit("workroom/list", json!({"limit": 201})), "limit");
    assert_eq!(server.misfit("workroom/list", json!({"cursor": "abc"})), "cursor");
    assert_eq!(server.misfit("workroom/list", json!({"cursor": ""})), "cursor");
}

#[test]
fn an_invented_cursor_is_refused_or_returns_a_page() {
    let home = Home::new();
    let mut server = home.server();
    create(&mut server, json!({}));
    create(&mut server, json!({}));
    let cursor = server.call::<WorkroomList>(json!({"limit": 1})).next_cursor.unwrap();
    let (head, _) = cursor.rsplit_once('.').unwrap();
    for forged in
        [format!("{head}.ffffffffffffffff"), format!("{head}.+1"), format!("{head}.-1"), format!("{head}.")]
    {
        for method in ["workroom/list", "thread/list", "artifact/list"] {
            let id = server.send(method, json!({"cursor": forged}));
            let answer = server.answer(id);
            let refused = answer["error"]["code"] == -32602;
            assert!(refused || answer.get("result").is_some(), "{method} {forged}: {answer}");
        }
    }
}

#[test]
fn a_cursor_from_another_store_has_expired() {
    let (one, other) = (Home::new(), Home::new());
    let mut server = one.server();
    create(&mut server, json!({}));
    create(&mut server, json!({}));
    let cursor = server.call::<WorkroomList>(json!({"limit": 1})).next_cursor.unwrap();
    assert_eq!(other.server().refused::<WorkroomList>(json!({"cursor": cursor})), ErrorKind::CursorExpired);
}

#[test]
fn pages_of_any_size_hold_every_room_once() {
    let home = Home::new();
    let mut server = home.server();
    for number in 0..7 {
        create(&mut server, json!({"title": number.to_string()}));
    }
    let all = titles(&mut server, json!({}));
    for limit in 1..=8 {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = server.call::<WorkroomList>(json!({"limit": limit, "cursor": cursor}));
            let count = page.workrooms.len();
            assert!(count <= limit);
            seen.extend(page.workrooms.into_iter().map(|room| room.title));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
            assert_eq!(count, limit, "a page before the last is full");
        }
        assert_eq!(seen, all, "limit {limit}");
    }
}

#[test]
fn pages_hold_every_room_once_while_others_write() {
    let home = Home::new();
    let mut server = home.server();
    let mut other = home.server();
    let rooms: Vec<_> = (0..6).map(|n| create(&mut server, json!({"title": n.to_string()}))).collect();
    let mut seen = Vec::new();
    let mut cursor = None;
    // Between the pages the oldest room, which is still to come, gets activity, one that was seen does, and a new
    // one is created.
    for turn in 0.. {
        let page = server.call::<WorkroomList>(json!({"limit": 2, "cursor": cursor}));
        seen.extend(page.workrooms.into_iter().map(|room| room.title));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
        for room in [&rooms[0], &rooms[5]] {
            let params = json!({"workroom_id": room, "title": format!("t{turn}"), "kind": "channel"});
            other.call::<ThreadCreate>(params);
        }
        create(&mut other, json!({"title": "new"}));
    }
    assert_eq!(seen, ["5", "4", "3", "2", "1", "0"]);
}
