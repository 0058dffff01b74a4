//! `artifact/*`: files inside the folder of the room, and none outside.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{ArtifactLink, ArtifactRead, WorkroomUpdate};

use crate::support::{Home, Server};

/// A room on a temporary folder, with a thread.
pub(super) struct Room {
    pub(super) folder: TempDir,
    pub(super) room: String,
    pub(super) thread: String,
    pub(super) server: Server,
    pub(super) _home: Home,
}

impl Room {
    pub(super) fn new() -> Self {
        let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
        let mut server = home.server();
        let (room, thread) = server.thread();
        server.call::<WorkroomUpdate>(json!({"workroom_id": room, "workspace": folder.path()}));
        Self { folder, room, thread, server, _home: home }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), contents).unwrap();
    }

    pub(super) fn link(&mut self, path: &str) -> Value {
        let params = json!({"thread_id": self.thread, "path": path, "kind": "report"});
        self.server.ok("artifact/link", params)
    }

    pub(super) fn read(&mut self, artifact: &Value, offset: u64, max_bytes: u64) -> Value {
        let params =
            json!({"artifact_id": artifact["artifact_id"], "offset": offset, "max_bytes": max_bytes});
        self.server.ok("artifact/read", params)
    }
}

#[test]
fn a_linked_file_is_measured() {
    let mut room = Room::new();
    std::fs::create_dir(room.path().join("out")).unwrap();
    room.write("out/report.md", "hello\n");
    let params = json!({"thread_id": room.thread, "path": "./out//report.md", "kind": "report", "label": "The report"});
    let artifact = room.server.ok("artifact/link", params);
    assert_eq!(artifact["path"], "out/report.md");
    assert_eq!(artifact["size"], 6);
    assert_eq!(artifact["media_type"], "text/markdown");
    assert_eq!(artifact["sha256"], "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
    assert_eq!((&artifact["kind"], &artifact["label"]), (&json!("report"), &json!("The report")));
    assert_eq!((&artifact["thread_id"], &artifact["workroom_id"]), (&json!(room.thread), &json!(room.room)));
    let event = room.server.ok("event/read", json!({"event_id": artifact["event_id"]}))["event"].take();
    assert_eq!(event["kind"]["sha256"], artifact["sha256"]);
    let listed = room.server.ok("artifact/list", json!({"thread_id": room.thread}));
    assert_eq!(listed["artifacts"], json!([artifact]));
}

#[test]
fn an_absolute_path_inside_the_folder_is_stored_as_relative() {
    let mut room = Room::new();
    room.write("a", "x");
    let path = room.path().join("a");
    assert_eq!(room.link(path.to_str().unwrap())["path"], "a");
}

#[test]
fn contents_of_artifacts_are_stored_nowhere() {
    let mut room = Room::new();
    room.write("a.txt", "nobody-stores-this");
    let artifact = room.link("a.txt");
    assert_eq!(room.read(&artifact, 0, 100)["content"], "nobody-stores-this");
    for file in std::fs::read_dir(room._home.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(18).any(|part| part == b"nobody-stores-this"));
    }
}

#[test]
fn artifacts_are_listed_newest_first_in_pages() {
    let mut room = Room::new();
    room.write("a", "x");
    for number in 0..5 {
        let params = json!({"thread_id": room.thread, "path": "a", "kind": number.to_string()});
        room.server.ok("artifact/link", params);
    }
    let (_, other) = room.server.thread();
    let scopes = [
        (json!({}), 5),
        (json!({"thread_id": room.thread}), 5),
        (json!({"workroom_id": room.room}), 5),
        (json!({"thread_id": other}), 0),
    ];
    for (scope, count) in scopes {
        for limit in [1, 2, 5, 6] {
            let mut seen = Vec::new();
            let mut cursor = Value::Null;
            loop {
                let mut params = scope.clone();
                params["limit"] = json!(limit);
                params["cursor"] = cursor;
                let page = room.server.ok("artifact/list", params);
                seen.extend(page["artifacts"].as_array().unwrap().iter().map(|a| a["kind"].clone()));
                cursor = page["next_cursor"].clone();
                if cursor.is_null() {
                    break;
                }
            }
            let all = [json!("4"), json!("3"), json!("2"), json!("1"), json!("0")];
            assert_eq!(seen, all[..count], "{scope} {limit}");
        }
    }
}

#[test]
fn reading_a_part_of_a_file_names_the_next_position() {
    let mut room = Room::new();
    let text = "aé漢🐳z".repeat(7);
    room.write("a.txt", &text);
    let artifact = room.link("a.txt");
    for max_bytes in 4..=20 {
        let (mut offset, mut read) = (0, String::new());
        loop {
            let part = room.read(&artifact, offset, max_bytes);
            assert_eq!((&part["encoding"], &part["offset"]), (&json!("utf8"), &json!(offset)));
            let content = part["content"].as_str().unwrap();
            assert!(content.len() as u64 <= max_bytes);
            read.push_str(content);
            let Some(next) = part["next_offset"].as_u64() else { break };
            offset = next;
        }
        assert_eq!(read, text, "{max_bytes}");
    }
}

#[test]
fn parts_smaller_than_a_character_are_returned_as_bytes() {
    let mut room = Room::new();
    room.write("a.txt", "🐳");
    let artifact = room.link("a.txt");
    let mut bytes = Vec::new();
    for offset in 0..4 {
        let part = room.read(&artifact, offset, 1);
        assert_eq!(part["encoding"], "base64");
        bytes.extend(STANDARD.decode(part["content"].as_str().unwrap()).unwrap());
    }
    assert_eq!(bytes, "🐳".as_bytes());
}

#[test]
fn binary_content_is_returned_as_base64() {
    let mut room = Room::new();
    let bytes: Vec<u8> = (0..=255).collect();
    room.write("a.bin", &bytes);
    let artifact = room.link("a.bin");
    let part = room.read(&artifact, 0, 1000);
    assert_eq!(part["encoding"], "base64");
    assert_eq!(STANDARD.decode(part["content"].as_str().unwrap()).unwrap(), bytes);
    assert!(part.get("next_offset").is_none());
    let part = room.read(&artifact, 250, 3);
    assert_eq!(STANDARD.decode(part["content"].as_str().unwrap()).unwrap(), [250, 251, 252]);
    assert_eq!(part["next_offset"], 253);
}

#[test]
fn reading_past_the_end_returns_nothing() {
    let mut room = Room::new();
    room.write("a", "abc");
    let artifact = room.link("a");
    for offset in [3, 1000, u64::MAX] {
        let part = room.read(&artifact, offset, 10);
        assert_eq!((&part["content"], &part["size"]), (&json!(""), &json!(3)));
        assert!(part.get("next_offset").is_none());
    }
    let mut check = |field: &str, value: Value| {
        let params = json!({"artifact_id": artifact["artifact_id"], field: value});
        assert_eq!(room.server.misfit("artifact/read", params), field);
    };
    check("max_bytes", json!(0));
    check("max_bytes", json!(1024 * 1024 + 1));
    check("offset", json!(-1));
}

#[test]
fn an_empty_file_is_an_artifact() {
    let mut room = Room::new();
    room.write("a", "");
    let artifact = room.link("a");
    assert_eq!(artifact["size"], 0);
    let part = room.read(&artifact, 0, 10);
    assert_eq!(
        (&part["content"], &part["encoding"], &part["changed"]),
        (&json!(""), &json!("utf8"), &json!(false))
    );
}

#[test]
fn an_edited_file_is_reported_as_changed() {
    let mut room = Room::new();
    room.write("a", "abc");
    let artifact = room.link("a");
    assert_eq!(room.read(&artifact, 0, 10)["changed"], false);
    room.write("a", "abd");
    let part = room.read(&artifact, 0, 10);
    assert_eq!((&part["changed"], &part["content"]), (&json!(true), &json!("abd")));
    room.write("a", "abcd");
    let part = room.read(&artifact, 1, 1);
    assert_eq!((&part["changed"], &part["content"], &part["size"]), (&json!(true), &json!("b"), &json!(4)));
    room.write("a", "abc");
    assert_eq!(room.read(&artifact, 0, 10)["changed"], false);
}

#[test]
fn a_deleted_file_is_not_found() {
    let mut room = Room::new();
    room.write("a", "abc");
    let artifact = room.link("a");
    std::fs::remove_file(room.path().join("a")).unwrap();
    let params = json!({"artifact_id": artifact["artifact_id"]});
    assert_eq!(room.server.refused::<ArtifactRead>(params), ErrorKind::NotFound);
    let link = json!({"thread_id": room.thread, "path": "a", "kind": "x"});
    assert_eq!(room.server.refused::<ArtifactLink>(link), ErrorKind::NotFound);
    assert_eq!(room.server.refused::<ArtifactRead>(json!({"artifact_id": "art_0"})), ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn files_outside_the_folder_cannot_be_linked() {
    use std::os::unix::fs::symlink;
    let mut room = Room::new();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "x").unwrap();
    symlink(&secret, room.path().join("out")).unwrap();
    symlink(outside.path(), room.path().join("outdir")).unwrap();
    symlink("loop", room.path().join("loop")).unwrap();
    std::fs::create_dir(room.path().join("folder")).unwrap();
    room.write("inside", "x");
    symlink("inside", room.path().join("in")).unwrap();
    let fifo = room.path().join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let sibling = format!("{}-sibling/a", room.path().display());

    for path in [
        "out",
        "outdir/secret",
        "loop",
        "../secret",
        "folder/../../secret",
        "folder",
        ".",
        "",
        "fifo",
        "nul\0byte",
        "/etc/passwd",
        "/dev/zero",
        "/proc/self/environ",
        secret.to_str().unwrap(),
        sibling.as_str(),
    ] {
        let params = json!({"thread_id": room.thread, "path": path, "kind": "x"});
        assert_eq!(room.server.misfit("artifact/link", params), "path", "{path:?}");
    }
    assert_eq!(room.link("in")["path"], "in");
}

#[cfg(target_os = "linux")]
#[test]
fn a_room_on_a_named_pipe_gets_a_response() {
    let mut room = Room::new();
    let fifo = room.path().join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    room.server.ok("workroom/update", json!({"workroom_id": room.room, "workspace": fifo}));
    let params = json!({"thread_id": room.thread, "path": "a", "kind": "x"});
    assert_eq!(room.server.refused::<ArtifactLink>(params), ErrorKind::NotFound);
}

/// `security.md`, "A client that means harm": a wide folder must be chosen explicitly, and links do not change the
/// folder later.
#[cfg(unix)]
#[test]
fn a_workspace_is_resolved_once_and_a_wide_one_must_be_explicit() {
    use std::os::unix::fs::symlink;
    let mut room = Room::new();
    let links = tempfile::tempdir().unwrap();
    let home = room._home.path().parent().unwrap().to_owned();
    let above = home.parent().unwrap().to_owned();
    for (number, wide) in [Path::new("/"), &home, &above].into_iter().enumerate() {
        let link = links.path().join(number.to_string());
        symlink(wide, &link).unwrap();
        for folder in [wide, &link] {
            let update = json!({"workroom_id": room.room, "workspace": folder});
            assert_eq!(room.server.misfit("workroom/update", update), "workspace", "{folder:?}");
            let create = json!({"title": "x", "workspace": folder});
            assert_eq!(room.server.misfit("workroom/create", create), "workspace", "{folder:?}");
        }
        let create = json!({"title": "x", "workspace": link, "allow_any_workspace": true});
        let created = room.server.ok("workroom/create", create);
        assert_eq!(created["workspace"], json!(wide.canonicalize().unwrap()));
    }
    for system in ["/proc", "/sys/kernel", "/dev"] {
        let create = json!({"title": "x", "workspace": system, "allow_any_workspace": true});
        assert_eq!(room.server.misfit("workroom/create", create), "workspace", "{system}");
    }
    // The target folder of the link belongs to the room from then on, wherever the link points later.
    std::fs::create_dir(room.path().join("project")).unwrap();
    room.write("project/a", "mine");
    let link = links.path().join("project");
    symlink(room.path().join("project"), &link).unwrap();
    let set = json!({"workroom_id": room.room, "workspace": link});
    let real = json!(room.path().join("project").canonicalize().unwrap());
    assert_eq!(room.server.ok("workroom/update", set)["workspace"], real);
    let found = room.server.ok("workroom/list", json!({"workspace": link}));
    assert_eq!(found["workrooms"][0]["id"], json!(room.room));
    let artifact = room.link(link.join("a").to_str().unwrap());
    assert_eq!(artifact["path"], "a");
    std::fs::remove_file(&link).unwrap();
    symlink("/", &link).unwrap();
    assert_eq!(room.read(&artifact, 0, 10)["content"], "mine");
}

/// The files of the store cannot be linked under any name.
#[cfg(unix)]
#[test]
fn a_hard_link_to_the_store_is_no_artifact_and_releases_no_lock() {
    let mut room = Room::new();
    let thread = room.thread.clone();
    for (number, name) in ["workroom.db", "workroom.db-wal", "workroom.db-shm"].into_iter().enumerate() {
        let link = room.path().join(number.to_string());
        if std::fs::hard_link(room._home.path().join(name), &link).is_err() {
            // The folders are on different file systems, which cannot share hard links.
            continue;
        }
        let params = json!({"thread_id": thread, "path": number.to_string(), "kind": "x"});
        assert_eq!(room.server.misfit("artifact/link", params), "path", "{name}");
    }
    room.server.say(&thread, "still whole");
}

#[cfg(unix)]
#[test]
fn files_outside_the_folder_cannot_be_read_through_a_later_link() {
    let mut room = Room::new();
    room.write("a", "mine");
    let artifact = room.link("a");
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "not yours").unwrap();
    std::fs::remove_file(room.path().join("a")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), room.path().join("a")).unwrap();
    let error = room.server.err("artifact/read", json!({"artifact_id": artifact["artifact_id"]}));
    assert_eq!(error["data"]["kind"], "unsupported");
}

#[test]
fn an_event_cannot_claim_measurements_or_reach_outside_the_folder() {
    let mut room = Room::new();
    let kind = json!({
        "event": "artifact_linked", "path": "../../../etc/passwd", "kind": "log",
        "size": 1, "sha256": "00", "media_type": "text/html", "artifact_id": "art_1",
    });
    let thread = room.thread.clone();
    let event = room.server.append(&thread, kind);
    assert!(event["kind"].get("size").is_none() && event["kind"].get("sha256").is_none(), "{event}");
    let artifact = room.server.ok("artifact/list", json!({}))["artifacts"][0].take();
    assert_eq!(artifact["artifact_id"], event["kind"]["artifact_id"]);
    assert_ne!(artifact["artifact_id"], "art_1");
    let params = json!({"artifact_id": artifact["artifact_id"]});
    assert_eq!(room.server.refused::<ArtifactRead>(params), ErrorKind::Unsupported);
}

#[test]
fn an_unmeasured_artifact_does_not_claim_to_be_unchanged() {
    let mut room = Room::new();
    room.write("a", "abc");
    let thread = room.thread.clone();
    room.server.append(&thread, json!({"event": "artifact_linked", "path": "a", "kind": "log"}));
    let artifact = room.server.ok("artifact/list", json!({}))["artifacts"][0].take();
    let part = room.read(&artifact, 0, 10);
    assert_eq!(part["content"], "abc");
    assert!(part.get("changed").is_none());
}

#[test]
fn a_page_of_artifacts_is_limited_by_its_bytes() {
    let mut room = Room::new();
    let thread = room.thread.clone();
    for _ in 0..5 {
        let path = "x".repeat(500_000);
        room.server.append(&thread, json!({"event": "artifact_linked", "path": path, "kind": "log"}));
    }
    let (mut seen, mut cursor) = (0, Value::Null);
    loop {
        let page = room.server.ok("artifact/list", json!({"cursor": cursor}));
        assert!(page.to_string().len() < 1_200_000);
        seen += page["artifacts"].as_array().unwrap().len();
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, 5);
}

#[test]
fn a_room_without_folder_has_no_files() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let params = json!({"thread_id": thread, "path": "a", "kind": "x"});
    assert_eq!(server.refused::<ArtifactLink>(params), ErrorKind::Unsupported);
    let params = json!({"thread_id": "thr_0", "path": "a", "kind": "x"});
    assert_eq!(server.refused::<ArtifactLink>(params), ErrorKind::NotFound);
}
