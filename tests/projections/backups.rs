//! `store::back_up`: a copy of one moment, while others keep writing.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use workroom_store::{self as store, StoreError};

use crate::support::{Home, Server};

/// Every event of a log.
fn log(server: &mut Server) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map_or(json!(0), |event| event["seq"].clone());
        let mut page = server.ok("event/list", json!({"after_seq": after, "limit": 200}));
        all.extend(serde_json::from_value::<Vec<Value>>(page["events"].take()).unwrap());
        if page["more"] == false {
            return all;
        }
    }
}

/// An existing home, and the future path of its store.
fn empty_home() -> (Home, PathBuf) {
    let home = Home::new();
    std::fs::create_dir(home.path()).unwrap();
    let store = home.store();
    (home, store)
}

#[test]
fn a_backup_during_writes_of_another_process_is_a_prefix_of_the_log() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    // Large enough to be copied in several steps.
    for _ in 0..12 {
        server.say(&thread, &"needle and more ".repeat(60_000));
    }
    let (copy, path) = empty_home();
    let mut steps = 0;
    let bytes = store::back_up(&home.path(), &path, &mut |_, _| {
        steps += 1;
        assert!(steps < 1000, "the backup restarts after each write");
        server.say(&thread, &format!("meanwhile {steps}"));
    })
    .unwrap();
    assert!(steps > 1, "nothing was written meanwhile");
    assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
    let names: Vec<_> =
        std::fs::read_dir(copy.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["workroom.db"], "one file, whole in itself");

    let whole = log(&mut server);
    let copied = log(&mut copy.server());
    assert!(copied.len() >= 14 && copied.len() < whole.len());
    assert!(copied == whole[..copied.len()]);
    let report = store::check(&copy.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.damage.is_empty() && report.stale.is_empty(), "{report:?}");
}

#[test]
fn a_backup_is_an_independent_store() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "before");
    let (copy, path) = empty_home();
    store::back_up(&home.path(), &path, &mut |_, _| {}).unwrap();
    let mut restored = copy.server();
    assert_eq!(restored.say(&thread, "in the copy")["seq"], 4);
    server.say(&thread, "in the store");
    assert_eq!(log(&mut server)[..3], log(&mut restored)[..3]);
}

#[test]
fn a_backup_never_replaces_a_file() {
    let home = Home::new();
    home.server().thread();
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "mine").unwrap();
    let error = store::back_up(&home.path(), &taken, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    let mut appears = |_, _| std::fs::write(folder.path().join("late"), "mine").unwrap();
    store::back_up(&home.path(), &folder.path().join("late"), &mut appears).unwrap_err();
    for name in ["taken", "late"] {
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), b"mine");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left of the copy");
}

#[test]
fn a_backup_without_a_valid_target_is_an_error() {
    let home = Home::new();
    home.server().thread();
    let error = store::back_up(&home.path(), Path::new("/nowhere/at/all"), &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, StoreError::Storage { .. }), "{error:?}");
}
