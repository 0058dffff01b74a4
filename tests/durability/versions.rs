//! Stores of other versions, and files that are not stores.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};
use workroom_store::{self as store, SCHEMA_VERSION};

use crate::support::{Home, Server};

/// A closed store with some of everything.
fn filled() -> Home {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "a needle");
    server.append(&thread, json!({"event": "failure", "error": "no luck"}));
    server.append(&thread, json!({"event": "artifact_linked", "path": "a", "kind": "log"}));
    server.ok("thread/attachRef", json!({"thread_id": thread, "ref": "o/r#1"}));
    home
}

fn sql(home: &Home, script: &str) {
    Connection::open(home.store()).unwrap().execute_batch(script).unwrap();
}

/// The version of a store that has all the tables but projections in an older format.
const OLDER: u32 = SCHEMA_VERSION / 1000 * 1000;

fn user_version(home: &Home) -> u32 {
    Connection::open(home.store()).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Everything that the server reports about a store.
fn told(server: &mut Server) -> Vec<Value> {
    [
        ("workroom/list", json!({})),
        ("thread/list", json!({})),
        ("event/list", json!({})),
        ("artifact/list", json!({})),
        ("search/query", json!({"query": "needle"})),
    ]
    .map(|(method, params)| server.ok(method, params))
    .into()
}

/// Checks that reading, writing, checking and opening a store all fail for this reason and leave the file unchanged.
#[track_caller]
fn refused(home: &Home, reason: &str) {
    let before = std::fs::read(home.store()).unwrap();
    let mut server = home.server();
    let client = json!({"client_info": {"name": "t", "version": "1"}});
    for (method, params) in [
        ("initialize", client),
        ("workroom/list", json!({})),
        ("workroom/create", json!({"title": "x"})),
        ("search/query", json!({"query": "x"})),
        ("server/status", json!({})),
    ] {
        let error = server.err(method, params);
        assert_eq!(error["code"], 1008, "{method}: {error}");
        assert_eq!(error["data"]["reason"], reason, "{method}: {error}");
    }
    drop(server);
    let error = store::check(&home.path(), true, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, store::StoreError::Storage { .. }), "{error:?}");
    assert!(std::fs::read(home.store()).unwrap() == before, "the file has changed");
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_unchanged() {
    let home = filled();
    let before = told(&mut home.server());
    for version in [SCHEMA_VERSION + 1, SCHEMA_VERSION + 1000, i32::MAX as u32] {
        sql(&home, &format!("PRAGMA user_version = {version}"));
        refused(&home, "newer_version");
    }
    sql(&home, &format!("PRAGMA user_version = {SCHEMA_VERSION}"));
    assert_eq!(told(&mut home.server()), before);
}

#[test]
fn the_projections_of_an_older_store_are_rebuilt() {
    let home = filled();
    let before = told(&mut home.server());
    sql(
        &home,
        &format!(
            "DELETE FROM thread; DROP TABLE artifact; UPDATE workroom SET title = 'wrong'; DROP TABLE search;
             DROP TABLE open_item; CREATE TABLE open_item (of_an_older_shape TEXT); PRAGMA user_version = {OLDER}"
        ),
    );
    assert_eq!(told(&mut home.server()), before);
    assert_eq!(user_version(&home), SCHEMA_VERSION);
    let report = store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

/// Converts a store to the first version: it has the log, retries, and projections that will be rebuilt.
fn make_first_version(home: &Home) {
    let conn = Connection::open(home.store()).unwrap();
    let list = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table'";
    let tables: String = conn.query_row(list, [], |row| row.get(0)).unwrap();
    let kept = ["event", "meta", "idempotency"];
    let shadows = |name: &str| name.starts_with("search_") || name.starts_with("sqlite_");
    for table in tables.split(',').filter(|name| !kept.contains(name) && !shadows(name)) {
        conn.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    conn.execute_batch(
        "ALTER TABLE event DROP COLUMN checksum; ALTER TABLE event DROP COLUMN workroom_before;
         ALTER TABLE event DROP COLUMN thread_before; ALTER TABLE idempotency DROP COLUMN rooms;
         DELETE FROM meta WHERE key IN ('owner', 'sessions_since'); PRAGMA user_version = 1001",
    )
    .unwrap();
}

#[test]
fn a_store_of_the_first_version_gets_all_later_additions() {
    let home = filled();
    let before = told(&mut home.server());
    make_first_version(&home);
    let mut server = home.server();
    assert_eq!(told(&mut server), before);
    server.token(json!({"handle": "bob", "kind": "human", "scopes": ["read"]}));
    assert_eq!(user_version(&home), SCHEMA_VERSION);
}

/// Removes what stores have had since they record their owner.
const BEFORE_OWNERS: &str = "
    DROP TABLE owner_name; DROP TABLE session; DROP TABLE reader_alias; DROP INDEX audit_of_events;
    DROP INDEX token_by_key; DROP INDEX token_by_shape; DROP INDEX agent_by_key; DROP INDEX agent_by_shape;
    ALTER TABLE token DROP COLUMN key; ALTER TABLE token DROP COLUMN shape; ALTER TABLE token DROP COLUMN expired;
    ALTER TABLE agent DROP COLUMN key; ALTER TABLE agent DROP COLUMN shape;
    ALTER TABLE idempotency DROP COLUMN rooms;
    DELETE FROM meta WHERE key IN ('owner', 'sessions_since')";

#[test]
fn an_older_store_belongs_to_its_previous_owner() {
    let home = filled();
    let retry = json!({"title": "Again", "idempotency_key": "k"});
    let made = home.server().ok("workroom/create", retry.clone());
    let mut agent = home.agent_of("m-1", "codex", "s");
    let kept = json!({"title": "Of an agent", "idempotency_key": "k"});
    let by_agent = agent.ok("workroom/create", kept.clone());
    drop(agent);
    sql(&home, BEFORE_OWNERS);
    sql(
        &home,
        "UPDATE idempotency SET caller = 'Human:ada' WHERE caller LIKE '%owner%';
         UPDATE idempotency SET caller = 'Agent:codex' WHERE caller LIKE '%session%';
         DROP TABLE repository; DROP TABLE approver;
         PRAGMA user_version = 7006",
    );
    // The account and the command line do not matter now.
    let mut command = std::process::Command::new(crate::support::workroom());
    command.args(["--owner", "mallory", "app-server"]).env("WORKROOM_HOME", home.path());
    command.env("USER", "mallory").env("LOGNAME", "mallory");
    let mut server = Server::spawn(command);
    assert_eq!(server.ok("owner/read", json!({}))["handle"], "ada");
    assert_eq!(server.ok("workroom/create", retry)["id"], made["id"]);
    assert_eq!(home.agent("p", "m", "codex").ok("workroom/create", kept)["id"], by_agent["id"]);
    drop(server);
    assert!(store::check(&home.path(), false, &mut |_, _| {}).unwrap().is_sound());
}

/// Converts a store to version 6, in which the checksums of events cover less and do not include the previous event.
fn make_version_6(home: &Home) {
    let conn = Connection::open(home.store()).unwrap();
    conn.execute_batch(
        "ALTER TABLE event DROP COLUMN workroom_before; ALTER TABLE event DROP COLUMN thread_before;
         DROP TABLE approver; DROP TABLE repository; PRAGMA user_version = 6006",
    )
    .unwrap();
    conn.execute_batch(BEFORE_OWNERS).unwrap();
    let mut select =
        conn.prepare("SELECT seq, workroom, coalesce(thread, 0), kind, json FROM event").unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let mut sum = crc32fast::Hasher::new();
        (0..3).for_each(|column| sum.update(&row.get::<_, i64>(column).unwrap().to_le_bytes()));
        (3..5).for_each(|column| sum.update(row.get::<_, String>(column).unwrap().as_bytes()));
        let values = (row.get::<_, i64>(0).unwrap(), sum.finalize());
        conn.execute("UPDATE event SET checksum = ?2 WHERE seq = ?1", values).unwrap();
    }
}

#[test]
fn events_of_the_previous_version_are_migrated_unchanged_or_not_at_all() {
    let home = filled();
    let before = told(&mut home.server());
    make_version_6(&home);
    assert_eq!(told(&mut home.server()), before);
    assert!(store::check(&home.path(), false, &mut |_, _| {}).unwrap().is_sound());

    let home = filled();
    make_version_6(&home);
    sql(&home, "UPDATE event SET json = replace(json, 'needle', 'noodle')");
    assert_eq!(home.server().err("workroom/list", json!({}))["data"]["reason"], "corrupt");
}

#[test]
fn an_older_store_that_lacks_an_event_is_not_migrated_as_complete() {
    let home = filled();
    make_first_version(&home);
    sql(&home, "DELETE FROM event WHERE seq = 3");
    assert_eq!(home.server().err("workroom/list", json!({}))["data"]["reason"], "corrupt");

    // Only its lists show that the log was longer.
    let home = filled();
    let script = "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)";
    sql(&home, &format!("{script}; PRAGMA user_version = {OLDER}"));
    assert_eq!(home.server().err("workroom/list", json!({}))["data"]["reason"], "corrupt");
}

#[test]
fn a_server_reports_that_a_newer_version_changed_the_tables() {
    let home = filled();
    let mut servers = [home.server(), home.server()];
    servers.iter_mut().for_each(|server| drop(server.ok("event/list", json!({}))));
    let newer = SCHEMA_VERSION + 1000;
    sql(&home, &format!("ALTER TABLE event RENAME COLUMN checksum TO sum; PRAGMA user_version = {newer}"));
    for (mut server, method) in servers.into_iter().zip(["event/list", "workroom/create"]) {
        assert_eq!(server.err(method, json!({}))["data"]["reason"], "newer_version");
        server.assert_ends();
    }
}

#[test]
fn processes_that_open_an_older_store_at_once_all_find_it_complete() {
    let home = filled();
    let before = told(&mut home.server());
    sql(&home, &format!("DELETE FROM thread; DROP TABLE artifact; PRAGMA user_version = {OLDER}"));
    let mut servers: Vec<_> = (0..4).map(|_| home.server()).collect();
    let ids: Vec<_> = servers.iter_mut().map(|server| server.send("thread/list", json!({}))).collect();
    for (server, id) in servers.iter_mut().zip(ids) {
        assert_eq!(server.answer(id)["result"], before[1]);
    }
}

#[test]
fn a_failed_migration_changes_nothing() {
    let home = filled();
    sql(
        &home,
        &format!(
            "INSERT INTO event SELECT seq + 1, x'00', workroom, thread, kind, seq, seq, 0, '{{' FROM event ORDER BY seq DESC LIMIT 1;
             DROP TABLE artifact; DELETE FROM participant; PRAGMA user_version = {OLDER}"
        ),
    );
    let error = home.server().err("workroom/list", json!({}));
    assert_eq!(error["data"]["reason"], "corrupt", "{error}");
    assert_eq!(user_version(&home), OLDER);
    let conn = Connection::open(home.store()).unwrap();
    let left: u32 = conn.query_row("SELECT count(*) FROM participant", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    assert!(conn.prepare("SELECT * FROM artifact").is_err());
    conn.execute_batch("DELETE FROM event WHERE json = '{'").unwrap();
    drop(conn);
    assert_eq!(home.server().ok("artifact/list", json!({}))["artifacts"].as_array().unwrap().len(), 1);
}

#[test]
fn the_database_of_another_program_is_refused_and_unchanged() {
    for script in [
        "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')",
        "CREATE TABLE notes (text TEXT); PRAGMA journal_mode = WAL",
        "CREATE TABLE notes (text TEXT); PRAGMA user_version = -7",
        "CREATE TABLE notes (text TEXT); PRAGMA user_version = 5; PRAGMA application_id = 77",
        &format!("CREATE TABLE notes (text TEXT); PRAGMA user_version = {SCHEMA_VERSION}"),
        "PRAGMA application_id = 77",
        "PRAGMA user_version = 3",
        // The file has our application id, but the version never existed.
        "CREATE TABLE event (text TEXT); PRAGMA application_id = 0x576b526d",
        "CREATE TABLE event (text TEXT); PRAGMA application_id = 0x576b526d; PRAGMA user_version = 999",
    ] {
        let home = Home::new();
        std::fs::create_dir(home.path()).unwrap();
        sql(&home, script);
        refused(&home, "not_a_store");
    }
}

#[test]
fn a_file_of_another_kind_is_refused_and_unchanged() {
    for contents in [b"hello".to_vec(), vec![0; 5000], vec![0xff; 100], b"SQLite format 2\0".repeat(500)] {
        let home = Home::new();
        std::fs::create_dir(home.path()).unwrap();
        std::fs::write(home.store(), contents).unwrap();
        refused(&home, "not_a_store");
    }
}

#[test]
fn a_damaged_store_is_reported_and_never_an_internal_error() {
    let home = filled();
    let whole = std::fs::read(home.store()).unwrap();
    for cut in [whole.len() / 2, 4096, 101, 100] {
        let copy = Home::new();
        std::fs::create_dir(copy.path()).unwrap();
        std::fs::write(copy.store(), &whole[..cut]).unwrap();
        let mut server = copy.server();
        for method in ["workroom/list", "event/list", "thread/list", "workroom/create"] {
            let id = server.send(method, json!({}));
            let answer = server.answer(id);
            let fine = answer.get("result").is_some() || answer["error"]["code"] == 1008;
            assert!(fine, "{method} of {cut} bytes: {answer}");
        }
    }
}

#[test]
fn an_empty_file_becomes_a_store() {
    let home = Home::new();
    std::fs::create_dir(home.path()).unwrap();
    std::fs::write(home.store(), "").unwrap();
    home.server().thread();
    assert_eq!(user_version(&home), SCHEMA_VERSION);
}

#[test]
fn a_server_that_refused_a_store_serves_it_once_it_is_repaired() {
    let home = filled();
    let away = home.path().join("away");
    std::fs::rename(home.store(), &away).unwrap();
    std::fs::write(home.store(), "garbage").unwrap();
    let mut server = home.server();
    assert_eq!(server.refusal("workroom/list", json!({})), "storage");
    assert_eq!(std::fs::read(home.store()).unwrap(), b"garbage");
    std::fs::rename(&away, home.store()).unwrap();
    assert_eq!(server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len(), 1);
}

#[test]
fn check_and_backup_without_a_store_create_none() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("home");
    assert!(store::check(&missing, true, &mut |_, _| {}).is_err());
    assert!(store::back_up(&missing, &folder.path().join("copy"), &mut |_, _| {}).is_err());
    assert!(std::fs::read_dir(Path::new(folder.path())).unwrap().next().is_none());
}

/// A copy that another program created may have no write-ahead log.
#[test]
fn a_store_without_a_write_ahead_log_gets_one() {
    let home = filled();
    let before = told(&mut home.server());
    sql(&home, "PRAGMA journal_mode = DELETE");
    let mut servers = [home.server(), home.server()];
    for server in &mut servers {
        assert_eq!(told(server), before);
    }
    servers[0].ok("workroom/create", json!({}));
}
