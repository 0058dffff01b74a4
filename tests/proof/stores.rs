//! The store is removed or replaced at a random moment, while two processes have it open and write.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::Rng;
use rand::rngs::SmallRng;
use rusqlite::Connection;
use serde_json::{Value, json};
use workroom_store::{self as store, SCHEMA_VERSION};

use super::chance;
use crate::support::{Home, Server};

/// What happens to a store in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// All of its files are deleted.
    Delete,
    /// Only its main file is deleted.
    DeleteFile,
    /// Its log is deleted.
    DeleteLog,
    /// The index of its log is deleted.
    DeleteIndex,
    /// Its folder is renamed.
    MoveFolder,
    /// All of its files are moved away and come back later.
    MoveAndBack,
    /// A backup replaces it, and its log is deleted.
    Replace,
    /// A backup replaces its main file.
    ReplaceFile,
    /// SQLite copies a backup into it.
    Restore,
    /// A newer version migrates it.
    Update,
}

const DEEDS: [Deed; 10] = [
    Deed::Delete,
    Deed::DeleteFile,
    Deed::DeleteLog,
    Deed::DeleteIndex,
    Deed::MoveFolder,
    Deed::MoveAndBack,
    Deed::Replace,
    Deed::ReplaceFile,
    Deed::Restore,
    Deed::Update,
];

const FILES: [&str; 3] = ["workroom.db", "workroom.db-wal", "workroom.db-shm"];

/// A server that is restarted when it ends, as an editor does.
struct Client<'a> {
    home: &'a Home,
    server: Option<Server>,
    number: usize,
    written: usize,
}

impl Client<'_> {
    fn call(&mut self, method: &str, params: Value) -> Option<Value> {
        let server = self.server.get_or_insert_with(|| {
            let mut server = self.home.server();
            server.careless();
            server
        });
        let answer = server.answer_unless_ended(method, params);
        if answer.is_none() {
            self.server = None;
        }
        answer
    }

    /// Creates a room, and returns its title if that is acknowledged. Every store accepts a new room.
    fn write(&mut self) -> Option<String> {
        self.written += 1;
        let title = format!("{} of {}", self.written, self.number);
        let answer = self.call("workroom/create", json!({"title": title}))?;
        match answer.get("error") {
            None => Some(title),
            Some(error) => {
                assert!(matches!(error["data"]["kind"].as_str(), Some("storage" | "busy")), "{error}");
                None
            }
        }
    }
}

fn remove(home: &Path, names: &[&str]) {
    for name in names {
        let _ = fs::remove_file(home.join(name));
    }
}

/// Performs the deed, and returns the place from which the store's files are to come back.
fn act(deed: Deed, home: &Path, backup: &Path) -> Option<PathBuf> {
    let store = home.join(FILES[0]);
    let copy = home.with_file_name("copy");
    fs::copy(backup, &copy).unwrap();
    match deed {
        Deed::Delete => remove(home, &FILES),
        Deed::DeleteFile => remove(home, &FILES[..1]),
        Deed::DeleteLog => remove(home, &FILES[1..2]),
        Deed::DeleteIndex => remove(home, &FILES[2..]),
        Deed::MoveFolder => fs::rename(home, home.with_file_name("renamed")).unwrap(),
        Deed::MoveAndBack => {
            let away = home.with_file_name("away");
            fs::rename(home, &away).unwrap();
            return Some(away);
        }
        Deed::Replace => {
            fs::rename(&copy, &store).unwrap();
            remove(home, &FILES[1..]);
        }
        Deed::ReplaceFile => fs::rename(&copy, &store).unwrap(),
        Deed::Restore => {
            let (from, mut to) = (Connection::open(&copy).unwrap(), Connection::open(&store).unwrap());
            let backup = rusqlite::backup::Backup::new(&from, &mut to).unwrap();
            // A server that is writing at this moment holds the lock.
            backup.run_to_completion(10_000, std::time::Duration::from_millis(1), None).unwrap();
        }
        Deed::Update => {
            let conn = Connection::open(&store).unwrap();
            conn.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
            conn.execute_batch(&format!("PRAGMA user_version = {}", SCHEMA_VERSION + 1000)).unwrap();
        }
    }
    None
}

fn check(deed: Deed, random: &mut SmallRng) {
    let home = Home::new();
    let client = |number| Client { home: &home, server: None, number, written: 0 };
    let (mut one, mut two) = (client(1), client(2));
    let mut before = Vec::new();
    for _ in 0..random.random_range(1..4) {
        before.extend([one.write().unwrap(), two.write().unwrap()]);
    }
    let backup = home.path().with_file_name("backup");
    store::back_up(&home.path(), &backup, &mut |_, _| {}).unwrap();
    for _ in 0..random.random_range(0..4) {
        one.write().unwrap();
    }
    // At a random moment: the response to a concurrent write can come from before or from after.
    let (written, moment) = (AtomicUsize::new(0), random.random_range(0..10));
    let back = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for _ in 0..10 {
                two.write();
                written.fetch_add(1, Ordering::Relaxed);
            }
        });
        while written.load(Ordering::Relaxed) < moment {
            std::hint::spin_loop();
        }
        let back = act(deed, &home.path(), &backup);
        writing.join().unwrap();
        back
    });
    // From here on, every acknowledged write is in the store at its path.
    let mut acknowledged = Vec::new();
    for turn in 0..8 {
        if turn == 4
            && let Some(away) = &back
        {
            // Nobody has created another store, because the open servers know that theirs is away.
            assert!(acknowledged.is_empty(), "{deed:?}: {acknowledged:?}");
            fs::rename(away, home.path()).unwrap();
        }
        let writer = if random.random_bool(0.5) { &mut one } else { &mut two };
        acknowledged.extend(writer.write());
    }
    for client in [one, two] {
        match client.server {
            Some(server) if random.random_bool(0.5) => drop(server.kill()),
            Some(server) => drop(server.wait()),
            None => {}
        }
    }
    if deed == Deed::Update {
        assert!(acknowledged.is_empty(), "{acknowledged:?}");
        return;
    }
    let mut witness = home.server();
    witness.careless();
    let id = witness.send("workroom/list", json!({"limit": 200}));
    let listed = witness.answer(id);
    if let Some(error) = listed.get("error") {
        // Damage is reported, whether the store was overwritten or its log was deleted.
        let harms = [Deed::DeleteLog, Deed::DeleteIndex, Deed::DeleteFile, Deed::ReplaceFile];
        assert!(harms.contains(&deed) && error["data"]["kind"] == "storage", "{deed:?}: {error}");
        return;
    }
    let rooms = listed["result"]["workrooms"].as_array().unwrap();
    let titles: Vec<_> = rooms.iter().map(|room| room["title"].as_str().unwrap()).collect();
    for title in &acknowledged {
        assert!(titles.contains(&&**title), "{deed:?}: {title} was acknowledged, and is not in {titles:?}");
    }
    if deed == Deed::MoveAndBack {
        assert!(before.iter().all(|title| titles.contains(&&**title)), "{titles:?}");
    }
}

/// `security.md`, "A store that is moved": whatever happens to the files of a store, and whenever, every acknowledged
/// write is in the store at its path.
#[test]
fn a_store_that_is_removed_or_replaced_loses_nothing_silently() {
    let mut random = chance::random(chance::seed(), 0);
    for _ in 0..chance::tries(3, 400) {
        for deed in DEEDS {
            check(deed, &mut random);
        }
    }
}
