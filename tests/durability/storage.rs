//! Full disks and read-only files are reported, leave nothing half written, and recover when repaired.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, geteuid, prlimit};
use serde_json::{Value, json};
use workroom_store as store;

use crate::support::{Home, Server, workroom};

/// Simulates a full disk for a server: files larger than this cannot be written.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let pid = Pid::from_raw(server.pid().cast_signed()).unwrap();
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

/// Lets each file of the store grow by at most this much.
fn fill_disk(home: &Home, server: &Server, left: u64) {
    let wal = std::fs::metadata(home.path().join("workroom.db-wal")).unwrap().len();
    limit_files(server, Some(wal + left));
}

fn append(thread: &str, content: &str) -> Value {
    json!({"thread_id": thread, "kind": {"event": "message", "content": content}})
}

fn assert_sound(home: &Home) {
    let report = store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound() && report.stale.is_empty(), "{report:?}");
}

/// `protocol.md`, "Errors" and "The log": a full disk results in `storage` errors. Acknowledged events stay, and free
/// space ends the error.
#[test]
fn a_full_disk_is_reported_and_acknowledged_events_are_stored() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    fill_disk(&home, &server, 200_000);
    let mut written = 0;
    let text = "x".repeat(20_000);
    let error = loop {
        let id = server.send("event/append", append(&thread, &text));
        let mut answer = server.answer(id);
        if answer.get("error").is_some() {
            break answer["error"].take();
        }
        written += 1;
    };
    assert_eq!(error["code"], 1008, "{error}");
    assert!(written > 0);
    let page = server.ok("event/list", json!({"after_seq": 2}));
    assert_eq!(page["events"].as_array().unwrap().len(), written);
    assert_eq!(server.refusal("event/append", append(&thread, &text)), "storage");

    limit_files(&server, None);
    assert_eq!(server.say(&thread, "mended")["seq"], 3 + written);
    drop(server);
    assert_sound(&home);
}

/// `protocol.md`, "The log": a batch is stored completely or not at all.
#[test]
fn a_batch_that_does_not_fit_the_disk_is_not_stored() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    fill_disk(&home, &server, 100_000);
    let batch = json!({"events": vec![append(&thread, &"needle ".repeat(1000)); 100]});
    assert_eq!(server.refusal("event/appendBatch", batch.clone()), "storage");
    assert_eq!(server.ok("event/list", json!({}))["head_seq"], 2);
    assert_eq!(server.ok("search/query", json!({"query": "needle"}))["hits"], json!([]));
    limit_files(&server, None);
    assert_eq!(server.ok("event/appendBatch", batch)["events"][99]["seq"], 102);
    drop(server);
    assert_sound(&home);
}

/// `protocol.md`, "The log": this also applies to writes that share a commit.
#[test]
fn of_writes_that_share_a_commit_exactly_the_acknowledged_ones_are_stored() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    fill_disk(&home, &server, 300_000);
    for number in 0..100 {
        server.send("event/append", append(&thread, &format!("{number} {}", "x".repeat(8000))));
    }
    let mut answered = Vec::new();
    for _ in 0..100 {
        let mut answer: Value = serde_json::from_str(&server.line()).unwrap();
        match answer.get("error") {
            None => answered.push(answer["result"]["event"].take()),
            Some(error) => assert_eq!(error["code"], 1008, "{error}"),
        }
    }
    answered.sort_by_key(|event| event["seq"].as_u64());
    assert!(answered.len() < 100);
    let page = server.ok("event/list", json!({"after_seq": 2, "limit": 200}));
    assert_eq!(page["events"], json!(answered));
    limit_files(&server, None);
    drop(server);
    assert_sound(&home);
}

/// `protocol.md`, "Errors": each request tries again to create a store that could not be created.
#[test]
fn a_store_that_does_not_fit_the_disk_is_created_once_it_does() {
    let home = Home::new();
    let mut server = home.server();
    limit_files(&server, Some(20_000));
    for _ in 0..2 {
        assert_eq!(server.refusal("workroom/create", json!({})), "storage");
    }
    limit_files(&server, None);
    server.ok("workroom/create", json!({}));
    drop(server);
    assert_sound(&home);
}

/// The home of a user without privileges, for whom files can be read-only.
struct Unprivileged {
    home: Home,
    binary: PathBuf,
}

// "nobody"; only needed if the tests run as root.
const NOBODY: u32 = 65534;

impl Unprivileged {
    fn new() -> Self {
        let home = Home::new();
        let parent = home.path().parent().unwrap().to_owned();
        if !geteuid().is_root() {
            return Self { home, binary: workroom().to_owned() };
        }
        // Other users cannot read the build folder.
        let binary = parent.join("workroom");
        if std::fs::hard_link(workroom(), &binary).is_err() {
            std::fs::copy(workroom(), &binary).unwrap();
        }
        chown(&parent, Some(NOBODY), Some(NOBODY)).unwrap();
        Self { home, binary }
    }

    fn server(&self) -> Server {
        let mut command = Command::new(&self.binary);
        let like = self.home.command(["app-server"]);
        command.args(like.get_args());
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        Server::spawn(command)
    }

    fn chmod(&self, path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
}

/// `protocol.md`, "Errors": a file that cannot be written is `read_only` until it becomes writable.
#[test]
fn a_read_only_file_is_reported_and_served_once_it_is_writable() {
    let place = Unprivileged::new();
    let home = &place.home;
    place.server().thread();
    place.chmod(&home.store(), 0o400);
    let before = std::fs::read(home.store()).unwrap();
    let mut server = place.server();
    for method in ["workroom/create", "workroom/list"] {
        let error = server.err(method, json!({}));
        assert_eq!(error["data"]["reason"], "read_only", "{error}");
    }
    assert!(std::fs::read(home.store()).unwrap() == before);
    place.chmod(&home.store(), 0o600);
    server.ok("workroom/create", json!({}));
    assert_eq!(server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len(), 2);
    drop(server);
    assert_sound(home);
}

/// The same applies to a folder, because SQLite needs files beside the store.
#[test]
fn a_read_only_folder_is_reported_and_served_once_it_is_writable() {
    let place = Unprivileged::new();
    let home = &place.home;
    place.server().thread();
    std::fs::remove_file(home.path().join("workroom.wake")).unwrap();
    place.chmod(&home.path(), 0o500);
    let mut server = place.server();
    for method in ["workroom/create", "workroom/list"] {
        assert_eq!(server.refusal(method, json!({})), "storage");
    }
    place.chmod(&home.path(), 0o700);
    server.ok("workroom/create", json!({}));
    drop(server);
    assert_sound(home);
}

/// The same applies to a home that does not exist.
#[test]
fn a_home_that_cannot_be_created_is_reported_and_created_once_possible() {
    let place = Unprivileged::new();
    let parent = place.home.path().parent().unwrap().to_owned();
    place.chmod(&parent, 0o500);
    let mut server = place.server();
    assert_eq!(server.refusal("workroom/create", json!({})), "storage");
    assert!(!place.home.path().exists());
    place.chmod(&parent, 0o700);
    server.ok("workroom/create", json!({}));
}

/// `security.md`, "Another user of the machine": files of another user are `not_ours`.
#[test]
fn another_users_store_is_refused() {
    let place = Unprivileged::new();
    if !geteuid().is_root() {
        // Only root can give files away.
        return;
    }
    place.server().thread();
    let error = place.home.server().err("workroom/list", json!({}));
    assert_eq!(error["data"]["reason"], "not_ours", "{error}");
}
