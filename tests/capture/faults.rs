//! Whatever goes wrong, the agent continues, and nothing is lost or written twice.

use std::process::{Command, Stdio};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Session, until};
use crate::support::{Home, Ran, workroom};

#[test]
fn a_hook_never_fails_its_agent() {
    let session = Session::new("claude");
    for input in ["", "{", "[]", "null", "\u{0}", "{\"session_id\": 5}", &"x".repeat(1 << 20)] {
        for event in ["PreToolUse", "PermissionRequest", "No such event", "UserPromptSubmit"] {
            assert_eq!(Ran::command(session.command(event), input).ok(), "", "{event} {input:.20}");
        }
    }
    for arguments in
        [&["hook"][..], &["hook", "nobody", "Stop"], &["hook", "claude"], &["hook", "claude", "Stop", "--x"]]
    {
        let mut command = Command::new(workroom());
        command.args(arguments).env("WORKROOM_HOME", session.home.path());
        assert_eq!(Ran::command(command, "{}").ok(), "", "{arguments:?}");
    }
}

#[test]
fn a_hook_without_a_store_is_silent() {
    let home = Home::new();
    std::fs::write(home.path(), "this is no folder").unwrap();
    let input = json!({"session_id": "s", "cwd": "/", "prompt": "hello"}).to_string();
    assert_eq!(Ran::command(home.command(["hook", "claude", "UserPromptSubmit"]), &input).ok(), "");
}

#[test]
fn what_a_busy_store_cannot_take_is_written_later_in_order_and_once() {
    let mut session = Session::new("claude");
    session.hook("UserPromptSubmit", json!({"prompt": "0"}));
    session.events(1);
    let other = Connection::open(session.home.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 1..20 {
        session.hook("UserPromptSubmit", json!({"prompt": number.to_string()}));
    }
    other.execute_batch("ROLLBACK").unwrap();
    let contents: Vec<_> = session.events(20).into_iter().map(|(_, kind)| kind["content"].clone()).collect();
    assert_eq!(contents, (0..20).map(|number| json!(number.to_string())).collect::<Vec<_>>());
}

#[test]
fn a_companion_that_is_killed_is_replaced() {
    let mut session = Session::new("claude");
    for number in 0..15 {
        session.hook("UserPromptSubmit", json!({"prompt": number.to_string()}));
        if number % 3 == 0 {
            kill_companion(&session);
        }
    }
    let contents: Vec<_> = session.events(15).into_iter().map(|(_, kind)| kind["content"].clone()).collect();
    assert_eq!(contents, (0..15).map(|number| json!(number.to_string())).collect::<Vec<_>>());
}

/// Kills the companion of a session, which is the process that runs `workroom host` with the session's id and home.
pub(super) fn kill_companion(session: &Session) {
    let home = session.home.path();
    let find = || {
        std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line);
            (line.contains("\0host\0") && line.contains(home.to_str()?)).then_some(pid)
        })
    };
    let pid = until("the companion runs", find);
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The hook that the test binary runs when it plays an agent.
const HOOK: &str = "WORKROOM_TEST_HOOK";

#[test]
fn be_an_agent_in_a_child() {
    if let Some(hook) = std::env::var_os(HOOK) {
        Command::new("/bin/sh").arg("-c").arg(hook).status().unwrap();
    }
}

#[test]
fn an_agent_that_is_killed_is_gone_and_asks_nothing_any_more() {
    let mut session = Session::new("claude");
    // The agent is a program that runs its hook through a shell.
    let input = session.input(json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
    let hook = format!("printf %s '{input}' | '{}' hook claude PermissionRequest", workroom().display());
    let mut agent = Command::new(std::env::current_exe().unwrap());
    agent.args(["--exact", "capture::faults::be_an_agent_in_a_child"]).env(HOOK, hook);
    agent.env("WORKROOM_HOME", session.home.path()).stdin(Stdio::null()).stdout(Stdio::null());
    let mut agent = agent.spawn().unwrap();
    let approval = session.pending();
    session.is_now("waiting");
    agent.kill().unwrap();
    agent.wait().unwrap();
    session.is_now("gone");
    assert_eq!(session.ended(&approval)["state"], "cancelled");
}

#[test]
fn the_spool_is_private_and_has_no_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let mut session = Session::new("claude");
    let secret = ["ghp", "_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    // A stopped companion leaves the lines in the spool.
    session.hook("UserPromptSubmit", json!({"prompt": format!("Use {secret}")}));
    session.events(1);
    let agents = session.home.path().join("agents");
    let mode = std::fs::metadata(&agents).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let mut spools = 0;
    for entry in std::fs::read_dir(&agents).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "sock") {
            continue;
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&secret), "{path:?}");
        spools += usize::from(text.contains("[redacted:"));
    }
    assert!(spools > 0, "nothing was found");
    let (_, kind) = session.events(1).remove(0);
    assert!(!kind.to_string().contains(&secret));
}

#[test]
fn the_variables_of_an_agent_are_not_recorded() {
    let mut session = Session::new("gemini");
    let key = "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY";
    let mut command = session.command("BeforeAgent");
    command.env("GEMINI_API_KEY", key).env("SOME_VARIABLE", "some-value-of-a-variable");
    Ran::command(command, &session.input(json!({"prompt": format!("my key is {key}")}))).ok();
    session.events(1);
    for entry in std::fs::read_dir(session.home.path().join("agents")).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        assert!(!text.contains(key) && !text.contains("some-value"), "{text}");
    }
    let list: Value = session.server.ok("event/list", json!({}));
    assert!(!list.to_string().contains(key));
}
