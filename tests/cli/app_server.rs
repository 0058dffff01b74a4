use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::cli::{end_of, signal};
use crate::support::{Home, Ran, Server};

#[test]
fn every_admitted_request_is_answered_when_the_server_is_told_to_end() {
    for end in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let mut server = home.server();
        let (_, thread) = server.thread();
        let first = server.send("server/status", json!({}));
        server.answer(first);
        for number in 0..200 {
            let kind = json!({"event": "message", "content": format!("message {number}")});
            server.send("event/append", json!({"thread_id": thread, "kind": kind}));
        }
        let mut answers = vec![server.line()];
        signal(server.pid(), end);
        let (status, rest) = server.wait();
        answers.extend(rest);
        assert!(status.success(), "{end:?}: {status}");

        // These are the first requests sent, without gaps. Responses can arrive in any order.
        let mut answers: Vec<Value> =
            answers.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        answers.sort_by_key(|answer| answer["id"].as_u64());
        let ids: Vec<u64> = answers.iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, (first + 1..=first + answers.len() as u64).collect::<Vec<_>>());
        // The store contains exactly the acknowledged writes.
        let mut server = home.server();
        let params = json!({"thread_id": thread, "kinds": ["message"], "limit": 200});
        let listed = server.ok("event/list", params);
        let answered: Vec<&Value> = answers.iter().map(|answer| &answer["result"]["event"]).collect();
        assert_eq!(listed["events"].as_array().unwrap().iter().collect::<Vec<_>>(), answered);
    }
}

#[test]
fn an_idle_server_ends_when_it_is_told_to() {
    let home = Home::new();
    let mut server = home.server();
    server.ok("server/status", json!({}));
    signal(server.pid(), Signal::TERM);
    let (status, rest) = server.wait();
    assert!(status.success(), "{status}");
    assert_eq!(rest, Vec::<String>::new());
}

#[test]
fn an_idle_server_ends_when_its_output_is_closed() {
    let home = Home::new();
    let mut server =
        home.command(["app-server"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = server.stdin.take();
    drop(server.stdout.take());
    assert!(end_of(&mut server).success());
    drop(input);
}

#[test]
fn the_line_limit_and_the_durability_follow_the_arguments() {
    let home = Home::new();
    let mut server =
        Server::spawn(home.command(["app-server", "--max-line-bytes", "200", "--durability", "relaxed"]));
    let status = server.ok("server/status", json!({}));
    assert_eq!(status["store"]["durability"], "relaxed");
    server.send_raw(format!("{}\n", "x".repeat(300)));
    let answer: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(answer["error"]["data"], json!({"kind": "too_large", "limit": 200}));

    for bad in [["--max-line-bytes", "0"], ["--max-line-bytes", "x"], ["--durability", "none"]] {
        let ran = home.run(["app-server"].into_iter().chain(bad));
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{bad:?}");
    }
}

#[test]
fn a_server_can_be_started_as_an_agent() {
    let home = Home::new();
    let mut server = Server::spawn(home.command(["app-server", "--agent", "acme/large-2/builder"]));
    let (_, thread) = server.thread();
    let event = server.say(&thread, "hello");
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "builder"}));
    assert_eq!(event["agent"], json!({"provider": "acme", "model": "large-2", "agent_id": "builder"}));
}

#[test]
fn files_that_a_server_creates_are_private_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    // The binary sets its own umask, so the umask of the shell must not matter.
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "umask 0 && exec \"$0\" call workroom/create '{}'"]).arg(crate::support::workroom());
    command.env("WORKROOM_HOME", home.path());
    Ran::command(command, "").ok();
    assert_eq!(home.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    for entry in home.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[test]
fn a_server_without_a_usable_home_reports_it_and_continues() {
    let home = Home::new();
    std::fs::write(home.path(), "a file").unwrap();
    let mut server = home.server();
    let error = server.err("workroom/list", json!({}));
    assert_eq!(error["data"]["kind"], "storage");
    assert!(error["message"].as_str().unwrap().contains(home.path().to_str().unwrap()), "{error}");
    server.ok("rpc.discover", json!({}));
}

#[test]
fn the_log_goes_to_stderr_at_the_requested_level() {
    let home = Home::new();
    let request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n";
    for (wanted, logged) in [(None, false), (Some("debug"), true), (Some("workroom_rpc=debug"), true)] {
        let mut command = home.command(["app-server"]);
        command.env_remove("WORKROOM_LOG").envs(wanted.map(|wanted| ("WORKROOM_LOG", wanted)));
        let ran = Ran::command(command, request);
        assert_eq!((ran.code, &*ran.out), (Some(0), ""));
        assert_eq!(ran.err.contains("never sent"), logged, "{wanted:?}: {}", ran.err);
        assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    }
}
