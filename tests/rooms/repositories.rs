//! One workroom for each repository: `workroom/open`, and `workroom/create` if a room already exists.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use workroom_protocol::methods::{WorkroomArchive, WorkroomUpdate};

use crate::support::{Home, Server, needs};

/// A git repository with a worktree beside it.
pub(super) struct Repository {
    pub(super) folder: TempDir,
}

impl Repository {
    pub(super) fn new() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(made.path().join("src/deep")).unwrap();
        git(&made.path(), &["init", "--quiet", "--initial-branch", "main"]);
        git(&made.path(), &["commit", "--quiet", "--allow-empty", "--message", "first"]);
        git(&made.path(), &["worktree", "add", "--quiet", "-b", "side", "../side"]);
        made
    }

    /// Its folder, without symbolic links.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    pub(super) fn side(&self) -> PathBuf {
        self.path().with_file_name("side")
    }
}

pub(super) fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env_remove("GIT_DIR");
    assert!(command.status().unwrap().success(), "git {arguments:?}");
}

#[track_caller]
pub(super) fn open(server: &mut Server, folder: &Path) -> Value {
    server.ok("workroom/open", json!({"workspace": folder}))
}

#[track_caller]
pub(super) fn opens_the_same(server: &mut Server, room: &Value, folder: &Path) {
    let again = open(server, folder);
    assert_eq!((&again["workroom"]["id"], &again["created"]), (&room["workroom"]["id"], &json!(false)));
}

#[test]
fn every_folder_and_worktree_of_a_repository_opens_one_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let side = open(&mut server, &repository.side());
    assert_eq!((&side["created"], &side["branch"]), (&json!(true), &json!("side")));
    assert_eq!(side["workroom"]["workspace"], json!(repository.path()));
    assert_eq!(side["workroom"]["title"], "project");
    assert_eq!(side["workroom"].get("branch"), None, "the branch is the thread's");
    let root = open(&mut server, &repository.path());
    assert_eq!((&root["created"], &root["branch"]), (&json!(false), &json!("main")));
    for folder in ["", "src", "src/deep", "src/../src/", ".git"] {
        opens_the_same(&mut server, &side, &repository.path().join(folder));
    }
    #[cfg(unix)]
    {
        let link = repository.folder.path().join("link");
        std::os::unix::fs::symlink(repository.path().join("src"), &link).unwrap();
        opens_the_same(&mut server, &side, &link);
    }
    assert_eq!(server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len(), 1);
}

#[test]
fn processes_that_open_at_once_get_one_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut servers: Vec<Server> = (0..4).map(|_| home.server()).collect();
    let folders = [repository.path(), repository.side(), repository.path().join("src"), repository.path()];
    let calls: Vec<u64> = servers
        .iter_mut()
        .zip(&folders)
        .map(|(server, folder)| server.send("workroom/open", json!({"workspace": folder})))
        .collect();
    let answers: Vec<Value> =
        servers.iter_mut().zip(calls).map(|(server, id)| server.answer(id)["result"].take()).collect();
    let created = answers.iter().filter(|answer| answer["created"] == true).count();
    assert_eq!(created, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer["workroom"]["id"] == answers[0]["workroom"]["id"]));
}

#[test]
fn each_folder_without_git_has_its_own_room() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let home = Home::new();
    let mut server = home.server();
    let outer = open(&mut server, folder.path());
    opens_the_same(&mut server, &outer, &inner.join(".."));
    assert_eq!(open(&mut server, &inner)["created"], true);
}

#[test]
fn a_folder_that_becomes_a_repository_keeps_its_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new();
    let mut server = home.server();
    let room = open(&mut server, folder.path());
    git(folder.path(), &["init", "--quiet"]);
    opens_the_same(&mut server, &room, folder.path());
    std::fs::create_dir(folder.path().join("src")).unwrap();
    opens_the_same(&mut server, &room, &folder.path().join("src"));
}

#[test]
fn submodules_and_clones_are_separate_repositories() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let clone = repository.folder.path().join("clone");
    git(&repository.path(), &["clone", "--quiet", ".", clone.to_str().unwrap()]);
    let home = Home::new();
    let mut server = home.server();
    assert_eq!(open(&mut server, &repository.path())["created"], true);
    assert_eq!(open(&mut server, &clone)["created"], true);
}

#[test]
fn a_folder_that_points_to_another_repository_does_not_get_its_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let room = open(&mut server, &repository.path());
    let stranger = repository.folder.path().join("stranger");
    std::fs::create_dir(&stranger).unwrap();
    for target in [".git", ".git/worktrees/side"] {
        let target = format!("gitdir: {}\n", repository.path().join(target).display());
        std::fs::write(stranger.join(".git"), target).unwrap();
        let opened = open(&mut server, &stranger);
        assert_ne!(opened["workroom"]["id"], room["workroom"]["id"]);
        assert_eq!(opened["workroom"]["workspace"], json!(stranger.canonicalize().unwrap()));
    }
    // A repository whose settings name another working folder.
    let elsewhere = repository.folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    git(&elsewhere, &["init", "--quiet"]);
    git(&elsewhere, &["config", "core.worktree", repository.path().to_str().unwrap()]);
    let opened = open(&mut server, &elsewhere);
    assert_eq!(opened["workroom"]["workspace"], json!(elsewhere.canonicalize().unwrap()));
}

#[cfg(unix)]
#[test]
fn repository_settings_cannot_run_a_program() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let repository = Repository::new();
    let ran = repository.folder.path().join("ran");
    let script = repository.folder.path().join("evil");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let evil = script.to_str().unwrap();
    let bang = format!("!{evil}");
    for (name, value) in [
        ("core.fsmonitor", evil),
        ("core.sshCommand", evil),
        ("core.pager", evil),
        ("core.editor", evil),
        ("core.askPass", evil),
        ("core.gitProxy", evil),
        ("core.alternateRefsCommand", evil),
        ("core.hooksPath", repository.folder.path().to_str().unwrap()),
        ("credential.helper", evil),
        ("alias.config", &bang),
        ("alias.rev-parse", &bang),
        ("alias.ls-remote", &bang),
        ("pager.config", evil),
        ("pager.ls-remote", evil),
        ("remote.origin.url", "git@github.com-work:o/r.git"),
        ("remote.origin.vcs", "evil"),
        ("remote.origin.uploadpack", evil),
        ("remote.--upload-pack=evil.url", "x"),
        ("ssh.variant", "ssh"),
    ] {
        git(&repository.path(), &["config", name, value]);
    }
    let home = Home::new();
    open(&mut home.server(), &repository.path());
    assert!(!ran.exists(), "a program of the repository ran");
}

#[test]
fn creating_a_second_room_names_the_first_and_must_be_explicit() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let first = server.ok("workroom/create", json!({"workspace": repository.path(), "idempotency_key": "k"}));
    for folder in [repository.path(), repository.side(), repository.path().join("src")] {
        let error = server.err("workroom/create", json!({"workspace": folder}));
        assert_eq!(error["code"], 1002, "{error}");
        let existing = json!({"id": first["id"], "title": first["title"], "link": first["link"]});
        assert_eq!(error["data"], json!({"kind": "conflict", "existing": existing}));
    }
    let retried = json!({"workspace": repository.path(), "idempotency_key": "k"});
    assert_eq!(server.ok("workroom/create", retried), first);
    let another = server.ok("workroom/create", json!({"workspace": repository.path(), "another": true}));
    let opened = open(&mut server, &repository.side());
    assert_eq!(opened["workroom"]["id"], first["id"], "the oldest one");
    assert_eq!(opened["others"][0]["id"], another["id"]);
    assert_eq!(opened["others"].as_array().unwrap().len(), 1);
    // An archived room does not count.
    for room in [&first, &another] {
        server.call::<WorkroomArchive>(json!({"workroom_id": room["id"]}));
    }
    assert_eq!(open(&mut server, &repository.path())["created"], true);
}

#[test]
fn rooms_of_an_older_store_are_found() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut server = home.server();
    let first = server.ok("workroom/create", json!({"workspace": repository.path().join("src")}));
    let second = server.ok("workroom/create", json!({"workspace": repository.side(), "another": true}));
    drop(server);
    let conn = Connection::open(home.store()).unwrap();
    conn.execute("DELETE FROM repository", []).unwrap();
    let opened = open(&mut home.server(), &repository.path());
    assert_eq!(opened["workroom"]["id"], first["id"]);
    assert_eq!(opened["others"][0]["id"], second["id"]);
    let known: u32 =
        conn.query_row("SELECT count(DISTINCT workroom) FROM repository", [], |row| row.get(0)).unwrap();
    assert_eq!(known, 2, "git is asked once about each");
}

#[test]
fn a_room_that_moves_to_another_folder_belongs_to_that_folder() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let (one, two) = (Repository::new(), Repository::new());
    let home = Home::new();
    let mut server = home.server();
    let room = open(&mut server, &one.path());
    let id = &room["workroom"]["id"];
    server.call::<WorkroomUpdate>(json!({"workroom_id": id, "workspace": two.path()}));
    opens_the_same(&mut server, &room, &two.side());
    assert_eq!(open(&mut server, &one.path())["created"], true);
}

#[test]
fn a_token_does_not_reveal_whether_a_folder_has_a_room() {
    if !needs::met(&["git"], "the room of a repository") {
        return;
    }
    let repository = Repository::new();
    let home = Home::new();
    let mut ada = home.server();
    let token = json!({"handle": "bob", "kind": "human", "scopes": ["read", "post"]});
    let mut bob = home.bearer(&ada.token(token));
    let mut refuse = |method: &str| bob.err(method, json!({"workspace": repository.path()}));
    let before = [refuse("workroom/open"), refuse("workroom/create")];
    open(&mut ada, &repository.path());
    let after = [refuse("workroom/open"), refuse("workroom/create")];
    assert_eq!(before, after);
    assert_eq!(before[0]["data"]["kind"], "forbidden");
}

#[test]
fn a_thread_keeps_the_branch_that_it_is_given() {
    let home = Home::new();
    let mut server = home.server();
    let (room, plain) = server.thread();
    let params = json!({"workroom_id": room, "title": "T", "kind": "channel", "branch": "fix/tabs"});
    let thread = server.ok("thread/create", params);
    assert_eq!(thread["branch"], "fix/tabs");
    let read = server.ok("thread/read", json!({"thread_id": thread["id"]}));
    assert_eq!(read["thread"]["branch"], "fix/tabs");
    assert_eq!(read["events"][0]["kind"]["branch"], "fix/tabs");
    assert_eq!(server.ok("thread/read", json!({"thread_id": plain}))["thread"].get("branch"), None);
}
