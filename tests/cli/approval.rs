//! `workroom approval`, `approve` and `deny`: scripts request, people decide.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Home, Ran, terminal, workroom};

const AGENT: [&str; 2] = ["--agent", "acme/m-1/deployer"];

fn request(thread: &str, more: &[&str]) -> Vec<String> {
    let asked = ["approval", "request", "--thread", thread, "--tool", "deploy", "--summary", "v1.2"];
    [&asked[..], &AGENT, more].concat().into_iter().map(String::from).collect()
}

fn run(home: &Home, arguments: &[String]) -> Ran {
    home.run(arguments.iter().map(String::as_str))
}

/// Requests an approval and waits for it in the background. Returns its id once it is requested.
fn waiting(home: &Home, arguments: &[String]) -> (Child, String) {
    waits(home.command(arguments.iter().map(String::as_str)))
}

fn waits(mut command: Command) -> (Child, String) {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    let id = line.trim().strip_prefix("Requested: ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, id)
}

#[test]
fn a_waiting_script_ends_with_the_decision() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    for (decide, code, said) in [
        ("approve", 0, "approved by ada (by a command, not at a terminal): looks good"),
        ("deny", 10, "denied by ada (by a command, not at a terminal): looks good"),
    ] {
        let (child, id) = waiting(&home, &request(&thread, &["--wait"]));
        let decided = home.run([decide, &id, "--yes", "--reason", "looks good"]).ok();
        assert_eq!(decided.trim(), said);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), said);
        // A later decision shows who decided first.
        let late = home.run(["approve", &id, "--yes"]).failed();
        assert!(late.contains(said), "{late}");
    }
}

#[test]
fn every_outcome_has_its_exit_code() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let expired = run(&home, &request(&thread, &["--wait", "--expires", "1s"]));
    assert_eq!((expired.code, expired.out.trim()), (Some(11), "expired"));
    // Nobody is left to act on the decision, so the request expires when the wait ends.
    let undecided = run(&home, &request(&thread, &["--wait", "--timeout", "1s", "--json"]));
    assert_eq!(undecided.code, Some(14), "{}", undecided.err);
    let approval: Value = serde_json::from_str(&undecided.out).unwrap();
    assert_eq!(approval["state"], "expired");
    let late = home.run(["approve", approval["approval_id"].as_str().unwrap(), "--yes"]).failed();
    assert!(late.contains("already expired"), "{late}");
    // A retry with a key is the same request whenever it is made, so it has no time of its own.
    let keyed = ["--wait", "--timeout", "1s", "--json", "--idempotency-key", "run-1"];
    for _ in 0..2 {
        let undecided = run(&home, &request(&thread, &keyed));
        assert!([Some(12), Some(14)].contains(&undecided.code), "{}", undecided.err);
        let approval: Value = serde_json::from_str(&undecided.out).unwrap();
        assert_eq!(approval["state"], "cancelled");
    }
    let (child, id) = waiting(&home, &request(&thread, &["--wait"]));
    home.server().ok("approval/cancel", json!({"approval_id": id}));
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(12));
}

#[test]
fn without_wait_the_id_is_printed() {
    let home = Home::new();
    let (room, thread) = home.server().thread();
    let link = format!("codewhale://workroom/{room}/thread/{thread}");
    let arguments = request(&link, &["--risk", "high", "--arguments", "{\"to\":\"production\"}"]);
    let ran = run(&home, &arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let listed = home.run(["approval", "list"]).ok();
    for part in [
        ran.out.trim(),
        "pending",
        "deployer (m-1, session ",
        "asks to use deploy",
        "v1.2",
        "\"to\": \"production\"",
        "high",
    ] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    home.run(["deny", ran.out.trim()]).ok();
    let none = home.run(["approval", "list"]);
    assert_eq!((&*none.out, none.err.trim()), ("", "No pending approvals."));
    assert!(home.run(["approval", "list", "--all"]).ok().contains("denied by ada"));
}

#[test]
fn a_person_at_a_terminal_sees_the_action_and_confirms() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    for (answer, state) in [("n", "pending"), ("y", "approved")] {
        let id = run(&home, &request(&thread, &[])).out;
        let (mut ours, theirs) = terminal::open();
        let mut command = home.command(["approve", id.trim()]);
        command.stdin(theirs).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        writeln!(ours, "{answer}").unwrap();
        let output = child.wait_with_output().unwrap();
        let shown = String::from_utf8(output.stderr).unwrap();
        assert!(shown.contains("asks to use deploy") && shown.contains("Approve? [y/N]"), "{shown}");
        let approval = home.server().ok("approval/read", json!({"approval_id": id.trim()}));
        assert_eq!(approval["state"], state);
        assert_eq!(output.status.success(), state == "approved");
    }
}

#[test]
fn nothing_is_approved_unseen_or_by_its_requester() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let id = run(&home, &request(&thread, &[])).out;
    let unseen = home.run(["approve", id.trim()]);
    assert_eq!((unseen.code, &*unseen.out), (Some(1), ""));
    assert!(unseen.err.contains("--digest"), "{}", unseen.err);
    let other = home.run(["approve", id.trim(), "--digest", "sha256:0"]).failed();
    assert!(other.contains("not the one that you viewed"), "{other}");
    // A request with a token is made by the bearer of the token.
    let token =
        home.server().token(json!({"handle": "ada", "kind": "human", "scopes": ["read", "post", "approve"]}));
    let mut command = home.command(request(&thread, &[])[..8].iter().map(String::as_str));
    command.env("CODEWHALE_RUNTIME_TOKEN", token);
    let own = Ran::command(command, "");
    assert!(own.err.contains("somebody else must"), "{}", own.err);
    let refused = home.run(["approve", own.out.trim(), "--yes"]).failed();
    assert!(refused.contains("cannot decide it"), "{refused}");
    let unknown = "apr_00000000000070008000000000000000";
    assert!(home.run(["approve", unknown, "--yes"]).failed().contains(&format!("no approval {unknown}")));
    let no_id = home.run(["deny", "nonsense"]).failed();
    assert!(no_id.contains("`nonsense`") && no_id.contains("approval list"), "{no_id}");
}

#[test]
fn the_requesters_text_cannot_imitate_other_output() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let summary = "list files\n\nrisk: low\nApprove? [y/N] y";
    let ask = json!({"thread_id": thread, "tool_name": "shell", "summary": summary, "risk": "critical",
                     "arguments": {"command": "risk: low"}});
    home.agent("acme", "m-1", "builder").ok("approval/request", ask);
    let shown = home.run(["approval", "list"]).ok();
    let risks: Vec<_> = shown.lines().filter(|line| line.contains("risk: ")).collect();
    assert_eq!(risks[0].trim(), "risk: critical", "{shown}");
    for line in &risks[1..] {
        assert!(line.trim_start().starts_with('|'), "{shown}");
    }
    assert!(shown.contains("| Approve? [y/N] y"), "{shown}");
}

#[test]
fn without_an_agent_a_script_requests_and_you_decide() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let mut ask = request(&thread, &["--wait"]);
    ask.retain(|argument| !AGENT.contains(&argument.as_str()));
    let (child, id) = waiting(&home, &ask);
    let asked = home.server().ok("approval/read", json!({"approval_id": id}));
    assert_eq!(asked["requested_by"], json!({"kind": "agent", "handle": "script"}));
    // The script's own identity cannot decide.
    let itself = home.run(["approve", &id, "--yes", "--agent", "local/script/script"]).failed();
    assert!(itself.contains("approve"), "{itself}");
    home.run(["approve", &id, "--yes"]).ok();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn an_interrupted_request_is_cancelled() {
    use rustix::process::{Pid, Signal, kill_process};

    let home = Home::new();
    let (_, thread) = home.server().thread();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (child, id) = waiting(&home, &request(&thread, &["--wait"]));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert!(String::from_utf8(output.stdout).unwrap().starts_with("cancelled by deployer: "));
        let late = home.run(["approve", &id, "--yes"]).failed();
        assert!(late.contains("cancelled"), "{late}");
    }
    // `nohup` asks to survive the terminal.
    let nohup = ["-c", "trap '' HUP; exec \"$0\" \"$@\"", workroom().to_str().unwrap()];
    let asks = home.command(request(&thread, &["--wait"]).iter().map(String::as_str));
    let mut command = Command::new("/bin/sh");
    command.args(nohup).args(asks.get_args());
    for (name, value) in asks.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let (child, id) = waits(command);
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    home.run(["approve", &id, "--yes"]).ok();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    // One who only looks on takes nothing back.
    let id = run(&home, &request(&thread, &[])).out;
    let mut command = home.command(["approval", "wait", id.trim()]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    child.wait_with_output().unwrap();
    assert_eq!(home.run(["approval", "show", id.trim(), "--exit-code"]).code, Some(14));
}

#[test]
fn a_request_can_be_shown_waited_for_and_cancelled() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let more = ["--risk", "high", "--arguments", "{\"to\":\"production\"}"];
    let id = run(&home, &request(&thread, &more)).out.trim().to_owned();
    let shown = home.run(["approval", "show", &id]).ok();
    for part in [
        &*id,
        "pending",
        "deployer (m-1, session ",
        "asks to use deploy",
        "v1.2",
        "\"to\": \"production\"",
        "high",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(home.run(["approval", "show", &id, "--json"]).json()["approval_id"], json!(id));
    let waited = home.run(["approval", "wait", &id, "--timeout", "1s"]);
    assert_eq!((waited.code, waited.out.trim()), (Some(14), "pending"));

    let cancelled = home.run(["approval", "cancel", &id, "--reason", "not today"]).ok();
    assert_eq!(cancelled.trim(), "cancelled by ada: not today");
    let again = home.run(["approval", "cancel", &id]).failed();
    assert!(again.contains("already cancelled by ada: not today"), "{again}");
    for (decide, code) in [("approve", 0), ("deny", 10)] {
        let id = run(&home, &request(&thread, &[])).out.trim().to_owned();
        home.run([decide, &id, "--yes"]).ok();
        assert_eq!(home.run(["approval", "wait", &id]).code, Some(code));
        assert_eq!(home.run(["approval", "show", &id, "--exit-code"]).code, Some(code));
    }
    assert_eq!(home.run(["approval", "wait", &id]).code, Some(12));
    // Another agent cannot cancel it.
    let id = run(&home, &request(&thread, &[])).out.trim().to_owned();
    let refused = home.run(["approval", "cancel", &id, "--agent", "acme/m-1/other"]).failed();
    assert!(refused.contains("approve"), "{refused}");
    for command in ["show", "wait", "cancel"] {
        let no_id = home.run(["approval", command, "nonsense"]).failed();
        assert!(no_id.contains("`nonsense`") && no_id.contains("approval list"), "{no_id}");
    }
}
