use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Home, Ran};

/// The findings with this name.
fn findings(ran: &Ran, name: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["ok"], ran.code == Some(0), "{report}");
    let all = report["findings"].as_array().unwrap();
    all.iter().filter(|finding| finding["name"] == name).cloned().collect()
}

#[test]
fn a_good_installation_has_no_problems() {
    let home = Home::new();
    let (epoch, head) = {
        let mut server = home.server();
        server.thread();
        let status = server.ok("server/status", json!({}));
        (status["epoch"].clone(), status["head_seq"].clone())
    };
    let ran = home.run(["doctor", "--json"]);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{}", ran.out);
    assert_eq!(findings(&ran, "epoch")[0]["detail"], epoch);
    assert_eq!(findings(&ran, "head")[0]["detail"], format!("{head} events"));
    let place = format!("{} (from WORKROOM_HOME)", home.path().display());
    assert_eq!(findings(&ran, "home")[0]["detail"], place);
    for name in
        ["workroom", "sqlite", "git", "folder", "files", "store", "schema", "inotify", "write and sync"]
    {
        assert_eq!(findings(&ran, name).len(), 1, "{name}");
    }
    let text = home.run(["doctor"]).ok();
    assert!(text.contains("write and sync"), "{text}");
    let left: Vec<_> = home.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().starts_with("workroom.")), "{left:?}");
}

#[test]
fn before_the_first_use_nothing_is_wrong_and_nothing_is_created() {
    let home = Home::new();
    let ran = home.run(["doctor", "--json"]);
    assert!(findings(&ran, "folder")[0]["detail"].as_str().unwrap().contains("does not exist yet"));
    assert!(!home.path().exists());
}

#[test]
fn readable_files_are_a_warning_with_the_remedy() {
    let home = Home::new();
    home.server().thread();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(home.store(), Permissions::from_mode(0o644)).unwrap();
    let ran = home.run(["doctor", "--json"]);
    assert_eq!(ran.code, Some(0));
    for (name, remedy) in [
        ("folder", format!("chmod 700 {}", home.path().display())),
        ("files", format!("chmod 600 {}", home.store().display())),
    ] {
        let found = &findings(&ran, name)[0];
        assert_eq!((&found["status"], &found["advice"]), (&json!("warning"), &json!(remedy)));
    }
}

#[test]
fn broken_parts_are_reported_as_errors() {
    let home = Home::new();
    fs::write(home.path(), "a file").unwrap();
    let ran = home.run(["doctor", "--json"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(findings(&ran, "folder")[0]["status"], "wrong");

    let home = Home::new();
    fs::create_dir(home.path()).unwrap();
    fs::write(home.store(), "this is not a store of anything".repeat(100)).unwrap();
    let ran = home.run(["doctor", "--json"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(findings(&ran, "store")[0]["status"], "wrong");
}

#[test]
fn a_store_of_a_newer_version_is_an_error_and_an_older_one_is_not() {
    for (version, status) in [(999_000, "wrong"), (1_000, "ok")] {
        let home = Home::new();
        home.server().thread();
        let conn = rusqlite::Connection::open(home.store()).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        let ran = home.run(["doctor", "--json"]);
        assert_eq!(findings(&ran, "store")[0]["status"], status, "{version}");
        let after: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(after, version);
    }
}
