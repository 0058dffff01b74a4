//! Floods, and clients that do not read: memory stays bounded, and every request is answered.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};

use crate::support::Home;
use crate::support::wire::{
    MAX_MEMORY_KIB, Raw, append, assert_answered, long_thread, most_memory, request, requests,
};
use serde_json::{Value, json};

/// A thread that writes to the server, which may stop reading.
struct Flood {
    writer: std::thread::JoinHandle<()>,
    pipe: OwnedFd,
}

impl Flood {
    fn begin(server: &mut Raw, input: String) -> Self {
        let mut end = server.input.take().unwrap();
        let pipe = end.as_fd().try_clone_to_owned().unwrap();
        Self { writer: std::thread::spawn(move || end.write_all(input.as_bytes()).unwrap()), pipe }
    }

    /// Waits until the server sleeps although there is input, that is, until it has stopped reading.
    fn wait_until_refused(&self, server: &Raw) {
        let mut looks = 0;
        while looks < 200 {
            assert!(!self.writer.is_finished(), "the server has taken everything");
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
            let sleeps = stat.rsplit(')').next().unwrap().trim_start().starts_with('S');
            let refused = sleeps && rustix::io::ioctl_fionread(&self.pipe).unwrap() > 0;
            looks = if refused { looks + 1 } else { 0 };
            std::thread::yield_now();
        }
    }

    /// Waits until everything is written, and ends the input.
    fn end(self) {
        self.writer.join().unwrap();
    }
}

#[test]
fn a_flood_in_one_write_is_answered_for_a_client_that_reads_late() {
    const COUNT: u64 = 20_000;
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    // The server accepts all of it before the first response is read.
    server.write(requests(COUNT, "workroom/list", "{}"));
    let output = server.lines(COUNT);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
    server.input = None;
    assert_eq!(server.rest(), "");
    assert_answered(&output, COUNT);
    assert!(server.ended().success());
}

#[test]
fn a_flood_in_one_batch_is_answered_in_one_line() {
    const COUNT: u64 = 20_000;
    let home = Home::new();
    let mut server = home.server();
    let lines = requests(COUNT, "workroom/list", "{}");
    server.send_raw(format!("[{}]\n", lines.trim_end().replace('\n', ",")));
    let answers: Vec<Value> = serde_json::from_str(&server.line()).unwrap();
    let lines: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    assert_answered(&lines, COUNT);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
}

#[test]
fn a_client_that_does_not_read_is_throttled_and_gets_everything_once_it_reads() {
    const COUNT: u64 = 120;
    let home = Home::new();
    let thread = long_thread(&home, 1);
    // The requests together exceed any pipe, and each response has a megabyte.
    let params = format!(r#"{{"thread_id":"{thread}",{}"limit":200}}"#, " ".repeat(100_000));
    let mut server = Raw::piped(home.command(["app-server"]));
    let flood = Flood::begin(&mut server, requests(COUNT, "event/list", &params));
    flood.wait_until_refused(&server);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);

    let output = server.lines(COUNT);
    assert!(output.len() > 100_000_000);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
    flood.end();
    assert_answered(&output, COUNT);
    assert_eq!(server.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn responses_that_wait_for_one_write_do_not_accumulate() {
    const COUNT: u64 = 120;
    let home = Home::new();
    let thread = long_thread(&home, 1);
    let mut server = Raw::piped(home.command(["app-server"]));
    // Small requests, so that all of them are admitted while the first response is written.
    let params = format!(r#"{{"thread_id":"{thread}","limit":200}}"#);
    let lines = requests(COUNT, "event/list", &params);
    let (_, lines) = lines.split_once('\n').unwrap();
    server.write(append(1, &thread, "first") + lines);
    let output = server.lines(COUNT);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
    assert_answered(&output, COUNT);
}

#[test]
fn large_writes_wait_outside_the_server() {
    const COUNT: u64 = 60;
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let mut server = Raw::piped(home.command(["app-server"]));
    let content = "x".repeat(1_000_000);
    let flood = Flood::begin(&mut server, (1..=COUNT).map(|id| append(id, &thread, &content)).collect());
    let output = server.lines(COUNT);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
    flood.end();
    assert_answered(&output, COUNT);
}

#[test]
fn searches_and_file_reads_wait_outside_the_server() {
    const COUNT: u64 = 400;
    let home = Home::new();
    let folder = home.path().parent().unwrap().join("work");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("big"), vec![b'x'; 1 << 20]).unwrap();
    let mut server = home.server();
    let (room, thread) = server.thread();
    server.ok("workroom/update", json!({"workroom_id": room, "workspace": folder}));
    let artifact = server.ok("artifact/link", json!({"thread_id": thread, "path": "big", "kind": "log"}));
    server.say(&thread, "look for me");
    drop(server);

    let mut server = Raw::piped(home.command(["app-server"]));
    let call = |id| match id % 2 {
        0 => request(id, "search/query", json!({"query": "look"})),
        _ => request(
            id,
            "artifact/read",
            json!({"artifact_id": artifact["artifact_id"], "max_bytes": 1 << 20}),
        ),
    };
    let flood = Flood::begin(&mut server, (1..=COUNT).map(call).collect());
    let output = server.lines(COUNT);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
    flood.end();
    assert_answered(&output, COUNT);
}
