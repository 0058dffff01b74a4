use rusqlite::Connection;
use serde_json::{Value, json};
use workroom_store::SCHEMA_VERSION;

use crate::support::Home;

/// A store with a few events, damaged by `sql`.
fn damaged(sql: &str) -> Home {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "hello");
    drop(server);
    let conn = Connection::open(home.store()).unwrap();
    conn.execute_batch(sql).unwrap();
    home
}

#[test]
fn a_sound_store_is_sound() {
    let home = damaged("");
    assert_eq!(home.run(["check"]).ok(), "Sound: every list agrees with the log of 3 events.\n");
    let report = home.run(["check", "--json"]).json();
    assert_eq!(report, json!({"sound": true, "events": 3, "damage": [], "stale": [], "repaired": false}));
}

#[test]
fn a_damaged_projection_is_found_and_repaired() {
    for (sql, table) in [
        ("UPDATE thread SET title = 'Another'", "thread"),
        ("DELETE FROM workroom", "workroom"),
        ("INSERT INTO search (rowid, text) VALUES (99, 'made up')", "search"),
        ("DROP TABLE artifact", "artifact"),
    ] {
        let home = damaged(sql);
        let ran = home.run(["check"]);
        assert_eq!((ran.code, &*ran.err), (Some(1), ""), "{sql}");
        assert!(ran.out.contains(table) && ran.out.contains("--repair"), "{sql}: {}", ran.out);

        let out = home.run(["check", "--repair"]).ok();
        assert!(out.contains(&format!("{table}: rebuilt")), "{sql}: {out}");
        home.run(["check"]).ok();
        let mut server = home.server();
        let threads = server.ok("thread/list", json!({}));
        assert_eq!(threads["threads"][0]["title"], "Thread", "{sql}");
    }
}

#[test]
fn a_damaged_log_is_found_but_not_repaired() {
    for sql in ["DELETE FROM event WHERE seq = 2", "UPDATE event SET json = '{}' WHERE seq = 3"] {
        let home = damaged(sql);
        for arguments in [&["check", "--json"][..], &["check", "--json", "--repair"]] {
            let ran = home.run(arguments.iter().copied());
            assert_eq!((ran.code, &*ran.err), (Some(1), ""), "{sql}");
            let report: Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!((&report["sound"], &report["repaired"]), (&json!(false), &json!(false)), "{sql}");
            assert_eq!(report["damage"].as_array().unwrap().len(), 1, "{sql}: {report}");
        }
    }
}

#[test]
fn the_first_command_migrates_an_old_store() {
    let home = damaged(&format!("PRAGMA user_version = {}; DROP TABLE thread", SCHEMA_VERSION / 1000 * 1000));
    let listed = home.run(["list", "--json"]).json();
    assert_eq!(listed["workrooms"][0]["title"], "Room");
    home.run(["check"]).ok();
}

#[test]
fn a_check_without_a_store_creates_none() {
    let home = Home::new();
    let complaint = home.run(["check"]).failed();
    assert!(complaint.contains("no store at"), "{complaint}");
    assert!(!home.path().exists());
}
