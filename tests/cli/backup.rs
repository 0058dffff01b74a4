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
fn a_backup_replaces_nothing_and_leaves_nothing_behind_when_it_fails() {
    let home = Home::new();
    home.server().thread();
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "mine").unwrap();
    let complaint = home.run(["backup", taken.to_str().unwrap()]).failed();
    assert!(complaint.contains("exists already"), "{complaint}");
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "mine");
    home.run(["backup", folder.path().join("no/folder").to_str().unwrap()]).failed();
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);

    let empty = Home::new();
    let complaint = empty.run(["backup", folder.path().join("new").to_str().unwrap()]).failed();
    assert!(complaint.contains("no store at"), "{complaint}");
    assert!(!empty.path().exists());
}
