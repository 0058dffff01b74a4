use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn log(server: &mut Server) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let mut page = server.ok("event/list", json!({"after_seq": events.len(), "limit": 200}));
        events.append(page["events"].as_array_mut().unwrap());
        if page["more"] == false {
            return events;
        }
    }
}

#[test]
fn a_backup_taken_while_another_process_writes_has_the_same_events() {
    let (home, other) = (Home::new(), Home::new());
    let mut server = home.server();
    let (_, thread) = server.thread();
    for number in 0..300 {
        server.say(&thread, &format!("before {number}"));
    }
    let before = log(&mut server).len();
    std::fs::create_dir_all(other.path()).unwrap();
    let copy = other.store();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let server = &mut server;
        let done = &done;
        let writing = scope.spawn(move || {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                number += 1;
                server.say(&thread, &format!("meanwhile {number}"));
            }
        });
        let ran = home.run(["backup", copy.to_str().unwrap(), "--json"]);
        done.store(true, Ordering::Relaxed);
        writing.join().unwrap();
        let copied = ran.json();
        assert_eq!(copied["bytes"], copy.metadata().unwrap().len());
    });
    let copied = log(&mut other.server());
    assert!(copied.len() >= before);
    assert_eq!(copied, log(&mut server)[..copied.len()]);
    other.run(["check"]).ok();
}

#[test]
fn a_backup_replaces_nothing_and_a_failed_one_leaves_nothing_behind() {
    let home = Home::new();
    home.server().thread();
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "mine").unwrap();
    let complaint = home.run(["backup", taken.to_str().unwrap()]).failed();
    assert!(complaint.contains("already exists"), "{complaint}");
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "mine");
    home.run(["backup", folder.path().join("no/folder").to_str().unwrap()]).failed();
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);

    let empty = Home::new();
    let complaint = empty.run(["backup", folder.path().join("new").to_str().unwrap()]).failed();
    assert!(complaint.contains("no store at"), "{complaint}");
    assert!(!empty.path().exists());
}

/// If another file already exists at the target of the copy, the backup does not use, follow or replace it.
#[test]
fn a_backup_uses_only_files_that_it_has_created() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::new();
    home.server().thread();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let elsewhere = place("elsewhere");
    for target in [&elsewhere, &home.store()] {
        symlink(target, place("link")).unwrap();
        let complaint = home.run(["backup", place("link").to_str().unwrap()]).failed();
        assert!(complaint.contains("already exists, as a symbolic link"), "{complaint}");
        std::fs::remove_file(place("link")).unwrap();
    }
    assert!(!elsewhere.exists());
    std::fs::create_dir(place("dir")).unwrap();
    std::fs::write(place("file"), "mine").unwrap();
    for (to, told) in [
        ("dir", "is a folder"),
        ("dir/", "is a folder"),
        ("file/copy", "Not a directory"),
        ("none/copy", "No such file"),
        ("new/", "is not a file name"),
    ] {
        let complaint = home.run(["backup", place(to).to_str().unwrap()]).failed();
        assert!(
            complaint.contains(told) && complaint.contains(to.split('/').next().unwrap()),
            "{to}: {complaint}"
        );
    }
    // Names that an earlier version used, readable by everybody.
    let copy = place("copy");
    for pid in 0..20 {
        let partial = place(&format!("copy.{pid}.partial"));
        std::fs::write(&partial, "not a copy").unwrap();
        std::fs::set_permissions(&partial, PermissionsExt::from_mode(0o666)).unwrap();
    }
    home.run(["backup", copy.to_str().unwrap()]).ok();
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let left = folder.path().read_dir().unwrap().count();
    assert_eq!(left, 20 + 3, "the folder, the file, the copy and what was there");
    std::fs::copy(&copy, place("store")).unwrap();
    // The copy is a complete store with a write-ahead log.
    let conn = rusqlite::Connection::open(&copy).unwrap();
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_backup_to_a_folder_without_write_permission_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        // Root can write everywhere.
        return;
    }
    let home = Home::new();
    home.server().thread();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o500)).unwrap();
    let complaint = home.run(["backup", folder.path().join("copy").to_str().unwrap()]).failed();
    assert!(complaint.contains("Permission denied"), "{complaint}");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

/// An interrupted copy leaves nothing.
#[test]
fn an_interrupted_backup_leaves_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let message = json!({"thread_id": thread, "kind": {"event": "message", "content": "x".repeat(200_000)}});
    for _ in 0..15 {
        server.ok("event/appendBatch", json!({"events": vec![message.clone(); 50]}));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut backup = home.command(["backup", folder.path().join("copy").to_str().unwrap()]);
    let mut backup =
        backup.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    // The copy has begun once there is a file.
    while folder.path().read_dir().unwrap().count() == 0 && backup.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    crate::cli::signal(backup.id(), rustix::process::Signal::TERM);
    let whole = crate::cli::end_of(&mut backup).success();
    // On a fast machine, the copy can finish before the signal arrives.
    assert_eq!(folder.path().read_dir().unwrap().count(), usize::from(whole));
}
