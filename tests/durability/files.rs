//! The files of the store are private to their user and never accessed through links.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::json;
use workroom_store as store;

use crate::support::{Home, Server};

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A server with this umask.
fn server_with_umask(home: &Home, umask: &str) -> Server {
    let binary = home.command([]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("umask {umask}; exec \"$0\" app-server")]).arg(binary.get_program());
    for (name, value) in binary.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Server::spawn(command)
}

/// `security.md`, "Another user of the machine": every file is 0600, the folder 0700.
#[test]
fn files_are_private_whatever_the_umask() {
    for umask in ["000", "022", "077", "777", "277"] {
        let home = Home::new();
        let mut server = server_with_umask(&home, umask);
        let (_, thread) = server.thread();
        server.say(&thread, "x");
        assert_eq!(mode(&home.path()), 0o700, "umask {umask}");
        let mut names = Vec::new();
        for file in std::fs::read_dir(home.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(mode(&file.path()), 0o600, "{:?} with umask {umask}", file.file_name());
            names.push(file.file_name().into_string().unwrap());
        }
        names.sort();
        assert_eq!(names, ["workroom.db", "workroom.db-shm", "workroom.db-wal", "workroom.wake"]);
    }
}

#[test]
fn a_store_that_is_not_open_is_one_file() {
    let home = Home::new();
    let (mut one, mut two) = (home.server(), home.server());
    let (room, thread) = one.thread();
    two.ok("event/subscribe", json!({"kinds": []}));
    two.say(&thread, "x");
    one.ok("search/query", json!({"query": "x"}));
    drop(one);
    drop(two);
    let copy = Home::new();
    std::fs::create_dir(copy.path()).unwrap();
    std::fs::copy(home.store(), copy.store()).unwrap();
    assert_eq!(copy.server().ok("workroom/read", json!({"workroom_id": room}))["head_seq"], 3);
    assert!(!home.path().join("workroom.db-wal").exists());
}

#[test]
fn missing_parent_folders_of_a_home_are_created_private() {
    let home = Home::new();
    let deep = home.path().join("a/b");
    let mut command = home.command(["app-server"]);
    command.env("WORKROOM_HOME", &deep);
    Server::spawn(command).thread();
    for folder in [home.path(), home.path().join("a"), deep] {
        assert_eq!(mode(&folder), 0o700);
    }
}

#[test]
fn a_backup_is_private() {
    let home = Home::new();
    home.server().thread();
    let copy = home.path().join("copy.db");
    store::back_up(&home.path(), &copy, &mut |_, _| {}).unwrap();
    assert_eq!(mode(&copy), 0o600);
}

/// `security.md`, "Another user of the machine": a symbolic link in place of the store's file is refused as
/// `not_ours`.
#[test]
fn a_symbolic_link_in_place_of_the_store_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("target");
    for exists in [false, true] {
        let home = Home::new();
        std::fs::create_dir(home.path()).unwrap();
        if exists {
            std::fs::write(&target, "").unwrap();
        }
        symlink(&target, home.store()).unwrap();
        let error = home.server().err("workroom/create", json!({}));
        assert_eq!(error["data"]["reason"], "not_ours", "{error}");
        assert_eq!(target.exists(), exists);
        if exists {
            assert_eq!(std::fs::read(&target).unwrap(), b"");
        }
    }
}

/// `security.md`, "Another user of the machine": the folder can be a link to a folder of the same user.
#[test]
fn a_link_to_a_folder_of_the_same_user_is_used_and_one_to_another_users_is_not() {
    let elsewhere = tempfile::tempdir().unwrap();
    let home = Home::new();
    symlink(elsewhere.path(), home.path()).unwrap();
    home.server().thread();
    assert!(elsewhere.path().join("workroom.db").is_file());
    if !rustix::process::geteuid().is_root() {
        // Only root can give folders away.
        return;
    }
    std::os::unix::fs::chown(elsewhere.path(), Some(65534), None).unwrap();
    let error = home.server().err("workroom/list", json!({}));
    assert_eq!(error["data"]["reason"], "not_ours", "{error}");
}

/// The files beside the store are never written through a symbolic link.
#[test]
fn a_symbolic_link_beside_the_store_is_not_written_through() {
    let outside = tempfile::tempdir().unwrap();
    for name in ["workroom.db-wal", "workroom.db-shm", "workroom.wake"] {
        let home = Home::new();
        let target = outside.path().join(name);
        std::fs::write(&target, "mine").unwrap();
        std::fs::create_dir(home.path()).unwrap();
        symlink(&target, home.path().join(name)).unwrap();
        let mut server = home.server();
        let id = server.send("workroom/create", json!({}));
        let answer = server.answer(id);
        // The server may remove the link, because these files belong to the store, but it must not follow it.
        let fine = answer.get("result").is_some() || answer["error"]["code"] == 1008;
        assert!(fine, "{name}: {answer}");
        assert_eq!(std::fs::read(&target).unwrap(), b"mine", "{name}");
        // Either SQLite has replaced it with its own file, or the link still exists and must be removed.
        let place = home.path().join(name);
        if place.is_symlink() {
            std::fs::remove_file(place).unwrap();
        }
        server.ok("workroom/create", json!({}));
    }
}

#[test]
fn a_folder_in_place_of_the_store_is_refused() {
    let home = Home::new();
    std::fs::create_dir_all(home.store()).unwrap();
    assert_eq!(home.server().refusal("workroom/list", json!({})), "storage");
}

/// `protocol.md`, "Errors": a store that cannot be opened results in `storage` errors, and each request tries again.
#[test]
fn a_home_that_cannot_be_created_is_reported_and_used_once_it_can() {
    let home = Home::new();
    std::fs::write(home.path(), "a file in the way").unwrap();
    let mut command = home.command(["app-server"]);
    command.env("WORKROOM_HOME", home.path().join("deep/home"));
    let mut below = Server::spawn(command);
    let mut server = home.server();
    for server in [&mut below, &mut server] {
        for method in ["workroom/list", "workroom/create", "server/status"] {
            assert_eq!(server.refusal(method, json!({})), "storage", "{method}");
        }
    }
    std::fs::remove_file(home.path()).unwrap();
    for server in [&mut below, &mut server] {
        let room = server.ok("workroom/create", json!({}));
        assert_eq!(server.ok("workroom/list", json!({}))["workrooms"][0]["id"], room["id"]);
    }
}
