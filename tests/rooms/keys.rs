//! The keys that lead from a folder to its workroom: what changes them, and what must not.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use workroom_protocol::methods::WorkroomUpdate;

use super::repositories::{Repository, git, open, opens_the_same};
use crate::support::{Home, Server, needs};

/// A server that has no git, or whose environment says something about repositories.
fn with(home: &Home, variables: &[(&str, &Path)]) -> Server {
    let mut command = home.command(["app-server"]);
    command.envs(variables.iter().copied());
    Server::spawn(command)
}

#[test]
fn with_and_without_git_a_folder_has_one_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let nothing = repository.folder.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    for git_first in [true, false] {
        let home = Home::new();
        let mut servers = [home.server(), with(&home, &[("PATH", &nothing)])];
        if !git_first {
            servers.reverse();
        }
        let [first, second] = &mut servers;
        let room = open(first, &repository.path());
        for _ in 0..2 {
            for folder in [repository.path(), repository.side(), repository.path().join("src")] {
                opens_the_same(second, &room, &folder);
                opens_the_same(first, &room, &folder);
            }
        }
    }
}

#[test]
fn another_repository_at_the_same_place_gets_its_own_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let first = server.ok("workroom/create", json!({"workspace": repository.side()}));
    assert_eq!(open(&mut server, &repository.path())["workroom"]["id"], first["id"]);
    git(&repository.path(), &["worktree", "remove", "--force", "../side"]);
    std::fs::create_dir(repository.side()).unwrap();
    git(&repository.side(), &["init", "--quiet"]);
    let second = open(&mut server, &repository.side());
    assert_eq!(second["created"], true);
    opens_the_same(&mut server, &second, &repository.side());
    assert_eq!(open(&mut server, &repository.path())["workroom"]["id"], first["id"]);
}

#[test]
fn a_room_that_returns_to_a_folder_is_found_there_again() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let other = repository.path().with_file_name("other");
    git(&repository.path(), &["worktree", "add", "--quiet", "-b", "other", "../other"]);
    let home = Home::new();
    let mut server = home.server();
    let room = server.ok("workroom/create", json!({"workspace": repository.side()}));
    for folder in [&other, &repository.side(), &other] {
        server.call::<WorkroomUpdate>(json!({"workroom_id": room["id"], "workspace": folder}));
        assert_eq!(open(&mut server, &repository.path())["workroom"]["id"], room["id"]);
    }
    assert_eq!(server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len(), 1);
}

#[test]
fn a_worktree_made_of_a_folder_does_not_change_the_room_of_its_repository() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    git(&repository.path(), &["worktree", "remove", "--force", "../side"]);
    std::fs::create_dir(repository.side()).unwrap();
    let home = Home::new();
    let mut server = home.server();
    let plain = open(&mut server, &repository.side());
    let room = open(&mut server, &repository.path());
    std::fs::remove_dir(repository.side()).unwrap();
    git(&repository.path(), &["worktree", "add", "--quiet", "../side", "side"]);
    for _ in 0..2 {
        let side = open(&mut server, &repository.side());
        assert_eq!(side["workroom"]["id"], room["workroom"]["id"]);
        assert_eq!(side["others"][0]["id"], plain["workroom"]["id"]);
        opens_the_same(&mut server, &room, &repository.path());
    }
}

#[test]
fn a_room_keeps_the_keys_that_it_has_had() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let room = open(&mut server, &repository.path());
    // Its folder stays where it is, whatever becomes of the directory of git.
    let (there, away) = (repository.path().join(".git"), repository.folder.path().join("away"));
    for _ in 0..2 {
        std::fs::rename(&there, &away).unwrap();
        opens_the_same(&mut server, &room, &repository.path());
        std::fs::rename(&away, &there).unwrap();
        opens_the_same(&mut server, &room, &repository.path());
    }
    opens_the_same(&mut server, &room, &repository.side());
    assert_eq!(server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len(), 1);
}

#[test]
fn keys_of_a_store_of_version_10_stay_and_folders_are_added() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let room = open(&mut server, &repository.path());
    drop(server);
    let conn = Connection::open(home.store()).unwrap();
    let before = "DELETE FROM repository WHERE key LIKE 'folder:%';
        CREATE TABLE kept AS SELECT * FROM repository;
        DROP TABLE repository;
        CREATE TABLE repository (workroom INTEGER PRIMARY KEY, workspace TEXT NOT NULL, key TEXT NOT NULL) STRICT;
        INSERT INTO repository SELECT workroom, workspace, key FROM kept;
        DROP TABLE kept;
        CREATE INDEX repository_by_key ON repository (key);
        PRAGMA user_version = 10000;";
    conn.execute_batch(before).unwrap();
    let mut server = home.server();
    opens_the_same(&mut server, &room, &repository.side());
    std::fs::rename(repository.path().join(".git"), repository.folder.path().join("away")).unwrap();
    opens_the_same(&mut server, &room, &repository.path());
}

#[test]
fn no_variable_of_git_splits_a_repository() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let (repository, other) = (Repository::new(), Repository::new());
    let home = Home::new();
    let room = open(&mut home.server(), &repository.path());
    let elsewhere = other.path();
    let (one, name, src) = (Path::new("1"), Path::new("core.worktree"), repository.path().join("src"));
    for variables in [
        &[("GIT_CEILING_DIRECTORIES", &*src)][..],
        &[("GIT_DISCOVERY_ACROSS_FILESYSTEM", one)],
        &[("GIT_DIR", &*elsewhere.join(".git"))],
        &[("GIT_COMMON_DIR", &*elsewhere.join(".git"))],
        &[("GIT_DIR", &*elsewhere.join(".git")), ("GIT_WORK_TREE", &*elsewhere)],
        &[("GIT_CONFIG_COUNT", one), ("GIT_CONFIG_KEY_0", name), ("GIT_CONFIG_VALUE_0", Path::new("/etc"))],
    ] {
        opens_the_same(&mut with(&home, variables), &room, &src.join("deep"));
    }
}
