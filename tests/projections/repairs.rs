//! `store::check`: differences from the log are found and repaired.

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};
use workroom_store::{self as store, CheckReport};

use crate::support::Home;

const TABLES: [&str; 6] = ["workroom", "thread", "open_item", "participant", "artifact", "search"];

/// A closed store with rows in every projection.
fn filled() -> Home {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.thread();
    server.say(&thread, "a needle 修复");
    server.append(&thread, json!({"event": "failure", "error": "no luck"}));
    server.append(&thread, json!({"event": "needs_human", "reason": "which one?"}));
    server.append(&thread, json!({"event": "artifact_linked", "path": "a", "kind": "log"}));
    server.ok("thread/attachRef", json!({"thread_id": thread, "ref": "o/r#1"}));
    home
}

fn check(home: &Home, repair: bool) -> CheckReport {
    store::check(&home.path(), repair, &mut |_, _| {}).unwrap()
}

/// Every row of every table except the search index, and every word of that index.
fn rows(home: &Home) -> Vec<Vec<Cell>> {
    let conn = Connection::open(home.store()).unwrap();
    conn.execute_batch("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'search', 'instance')")
        .unwrap();
    let mut all = Vec::new();
    for table in [
        "meta",
        "event",
        "idempotency",
        "workroom",
        "thread",
        "open_item",
        "participant",
        "artifact",
        "temp.words",
    ] {
        let mut statement = conn.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            all.push((0..columns).map(|column| row.get(column).unwrap()).collect());
        }
    }
    all
}

/// Damages one projection and checks that the damage is found, not repaired by default, and repaired on request.
#[track_caller]
fn mends(table: &str, damage: &str) {
    let home = filled();
    let before = rows(&home);
    let conn = Connection::open(home.store()).unwrap();
    conn.execute_batch(damage).unwrap();
    drop(conn);
    for repair in [false, true] {
        let report = check(&home, repair);
        assert_eq!((&report.damage, &report.stale), (&vec![], &vec![table.to_owned()]), "{damage}");
        assert_eq!((report.repaired, report.is_sound()), (repair, repair));
    }
    assert_eq!(check(&home, true), CheckReport { events: 9, ..CheckReport::default() }, "{damage}");
    assert!(rows(&home) == before, "{damage}");
    let found = home.server().ok("search/query", json!({"query": "修复"}));
    assert_eq!(found["hits"].as_array().unwrap().len(), 1);
}

#[test]
fn an_undamaged_store_is_left_unchanged() {
    let home = filled();
    let before = rows(&home);
    assert_eq!(check(&home, true), CheckReport { events: 9, ..CheckReport::default() });
    assert!(rows(&home) == before);
}

#[test]
fn changed_rows_are_found_and_repaired() {
    mends("workroom", "UPDATE workroom SET title = 'wrong' WHERE row = 1");
    mends("workroom", "UPDATE workroom SET active_threads = active_threads + 1");
    mends("thread", "UPDATE thread SET status = '\"idle\"' WHERE row = 2");
    mends("thread", "UPDATE thread SET refs = '[]'");
    mends("open_item", "UPDATE open_item SET actor = 'somebody'");
    mends("participant", "UPDATE participant SET events = events + 1");
    mends("artifact", "UPDATE artifact SET json = '{}'");
    mends("search", "INSERT INTO search(search, rowid, text) VALUES ('delete', 2, 'Thread')");
    mends("inbox_item", "UPDATE inbox_item SET views = 1");
    mends("inbox_item", "UPDATE inbox_item SET changed = changed + 1");
    mends("inbox_count", "UPDATE inbox_count SET v0 = v0 + 1 WHERE workroom = 0");
}

#[test]
fn missing_rows_are_found_and_repaired() {
    for table in TABLES {
        if table != "search" {
            mends(
                table,
                &format!("DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} LIMIT 1)")
                    .replace("rowid", key(table)),
            );
        }
    }
    mends("search", "INSERT INTO search(search) VALUES ('delete-all')");
}

/// A column that tables without rowid also have.
fn key(table: &str) -> &'static str {
    if table == "participant" { "who" } else { "rowid" }
}

#[test]
fn added_rows_are_found_and_repaired() {
    mends("open_item", "INSERT INTO open_item VALUES (99, x'00', 1, 2, 'failure', 'x', 1, NULL)");
    mends("participant", "INSERT INTO participant VALUES (2, '{}', 1, 1, 1)");
    mends("approval", "INSERT INTO approval VALUES (99, x'00', 1, 2, 'pending', NULL, '{}')");
    mends(
        "member",
        "INSERT INTO member VALUES (99, 1, 1, 'ghost', 'owner', NULL, 1, 1, '{}', 1, 'ghost', 'ghost')",
    );
    mends("artifact", "INSERT INTO artifact VALUES (99, x'00', 1, 2, '{}')");
    mends("search", "INSERT INTO search (rowid, text) VALUES (99, 'ghost')");
    mends("notice", "INSERT INTO notice VALUES (1, 2, 3, '{\"mention\":[1,3]}')");
}

#[test]
fn missing_tables_are_rebuilt() {
    for table in TABLES {
        mends(table, &format!("DROP TABLE {table}"));
    }
}

#[test]
fn a_table_with_another_definition_is_rebuilt() {
    mends("open_item", "DROP TABLE open_item; CREATE TABLE open_item (seq INTEGER PRIMARY KEY, other TEXT)");
    mends("artifact", "ALTER TABLE artifact ADD COLUMN more TEXT");
}

#[test]
fn a_damaged_search_index_is_rebuilt() {
    mends("search", "DELETE FROM search_data WHERE id > 10");
    mends("search", "UPDATE search_data SET block = x'00' WHERE id > 10");
    mends("search", "DROP TABLE search_data");
    mends("search", "DELETE FROM search_data");
}

#[test]
fn a_damaged_log_is_reported_and_not_used_for_a_rebuild() {
    for (damage, expected) in [
        ("DELETE FROM event WHERE seq = 5", "event 5 is missing"),
        ("UPDATE event SET json = '{' WHERE seq = 5", "event 5 cannot be read"),
        ("UPDATE event SET kind = 'receipt' WHERE seq = 5", "event 5 does not match its row"),
        (
            "UPDATE event SET id = x'00112233445566778899aabbccddeeff' WHERE seq = 5",
            "event 5 does not match its row",
        ),
        ("UPDATE event SET thread_before = 1 WHERE seq = 5", "event 5 does not follow the events before it"),
    ] {
        let home = filled();
        let conn = Connection::open(home.store()).unwrap();
        conn.execute_batch(damage).unwrap();
        conn.execute_batch("DELETE FROM thread").unwrap();
        drop(conn);
        let report = check(&home, true);
        assert!(report.damage.iter().any(|finding| finding.starts_with(expected)), "{damage}: {report:?}");
        assert!(!report.repaired && !report.is_sound());
    }
}

/// Every read that covers the missing event reports the damage, and nothing is written after it.
#[test]
fn a_missing_event_is_detected() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let token = server.token(json!({"handle": "bob", "kind": "human", "scopes": ["read"]}));
    server.ok("member/add", json!({"workroom_id": room, "handle": "bob", "kind": "human", "role": "viewer"}));
    for number in 0..6 {
        server.say(&thread, &number.to_string());
    }
    let head = server.ok("event/list", json!({}))["head_seq"].as_u64().unwrap();
    let link = format!("codewhale://workroom/{room}/thread/{thread}");
    for gone in [head, head - 3] {
        let copy = Home::new();
        std::fs::create_dir(copy.path()).unwrap();
        store::back_up(&home.path(), &copy.store(), &mut |_, _| {}).unwrap();
        let sql = format!("DELETE FROM event WHERE seq = {gone}");
        Connection::open(copy.store()).unwrap().execute_batch(&sql).unwrap();
        let mut server = copy.server();
        let message = json!({"event": "message", "content": "x"});
        for (method, params) in [
            ("event/list", json!({})),
            ("event/list", json!({"workroom_id": room})),
            ("event/list", json!({"thread_id": thread, "kinds": ["message"]})),
            ("thread/read", json!({"thread_id": thread})),
            ("thread/read", json!({"thread_id": thread, "before_seq": head + 1})),
            ("thread/read", json!({"thread_id": thread, "after_seq": 1})),
            ("workroom/resolve", json!({"link": link})),
        ] {
            assert_eq!(server.err(method, params.clone())["data"]["reason"], "corrupt", "{method} {params}");
        }
        if gone == head {
            // Not even after a repair, because only the projections show where the log ended.
            let report = check(&copy, true);
            let lost = format!("event {head} is missing");
            assert_eq!((report.damage, report.repaired), (vec![lost], false));
            let params = json!({"thread_id": thread, "kind": message});
            assert_eq!(server.err("event/append", params)["data"]["reason"], "corrupt");
        } else {
            // A caller who sees only some rooms reads each of them separately.
            for kinds in [json!(null), json!(["message"]), json!(["receipt"])] {
                let error = copy.bearer(&token).err("event/list", json!({"kinds": kinds}));
                assert_eq!(error["data"]["reason"], "corrupt", "{kinds}: {error}");
            }
            // Reads that do not cover the missing event work as before.
            server.ok("thread/read", json!({"thread_id": thread, "after_seq": 1, "limit": 2}));
        }
    }
}

#[test]
fn a_repair_works_while_servers_write() {
    let home = filled();
    let mut server = home.server();
    let (_, thread) = server.thread();
    Connection::open(home.store()).unwrap().execute_batch("UPDATE thread SET title = 'wrong'").unwrap();
    for number in 0..200 {
        let kind = json!({"event": "message", "content": number.to_string()});
        server.send("event/append", json!({"thread_id": thread, "kind": kind}));
    }
    assert!(check(&home, true).repaired);
    for _ in 0..200 {
        let answer: Value = serde_json::from_str(&server.line()).unwrap();
        assert!(answer.get("result").is_some(), "{answer}");
    }
    assert_eq!(server.ok("thread/read", json!({"thread_id": thread}))["thread"]["title"], "Thread");
    drop(server);
    assert_eq!(check(&home, false).stale, [""; 0]);
}
