use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use crate::cli::{end_of, signal};
use crate::support::{Home, Server};

fn event(tail: &mut Server) -> Value {
    serde_json::from_str(&tail.line()).unwrap()
}

#[test]
fn events_of_another_process_are_printed_old_ones_first_then_live_ones() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let old = server.say(&thread, "old");
    let link = format!("codewhale://workroom/{room}/thread/{thread}");
    for target in [link.as_str(), &thread, &format!("codewhale://workroom/{room}"), &room, "all"] {
        let after = (old["seq"].as_u64().unwrap() - 1).to_string();
        let mut tail =
            Server::spawn(home.command(["tail", target, "--after-seq", &after, "--kinds", "message"]));
        // Events of earlier rounds come between.
        while event(&mut tail)["id"] != old["id"] {}
        let live = server.say(&thread, target);
        server.append(&thread, serde_json::json!({"event": "resumed"}));
        let last = server.say(&thread, "last");
        while event(&mut tail)["id"] != live["id"] {}
        assert_eq!(event(&mut tail), last);
        signal(tail.pid(), Signal::INT);
        let (status, rest) = tail.wait();
        assert!(status.success(), "{status}");
        assert_eq!(rest, Vec::<String>::new());
    }
}

#[test]
fn tail_ends_when_its_output_is_closed_even_without_events() {
    let home = Home::new();
    home.server().thread();
    let mut command = home.command(["tail", "all"]);
    let mut tail = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    drop(tail.stdout.take());
    let status = end_of(&mut tail);
    assert!(status.success(), "{status}");
}

#[test]
fn an_unknown_target_is_reported() {
    let home = Home::new();
    let zeros = "0".repeat(32);
    let complaint = home.run(["tail", &format!("codewhale://workroom/wr_{zeros}")]).failed();
    assert!(complaint.starts_with("error: no workroom wr_000"), "{complaint}");
    let complaint = home.run(["tail", "all", "--kinds", "shout"]).failed();
    assert!(complaint.contains("shout"), "{complaint}");
    let complaint = home.run(["tail", "all", "--after-seq", "7"]).failed();
    assert!(complaint.contains("beyond the end"), "{complaint}");
    for bad in ["nothing", &format!("codewhale://workroom/wr_{zeros}/event/evt_{zeros}")] {
        let ran = home.run(["tail", bad]);
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{bad}");
    }
}
