//! Real agents in a terminal: that the harness of `tests/support/agents.rs` drives them.

mod captured;

use regex::Regex;
use serde_json::json;

use crate::support::agents::{self, Agent, Kind, User};

/// Talks to an agent, and permits a command in its own dialog.
fn check(kind: &'static Kind) {
    if !agents::met(&[kind], "driving an agent in a terminal") {
        return;
    }
    let user = User::new();
    let mut agent = Agent::of(kind, &user).start();
    agent.say("hello");
    agent.shows("Hello from the mock model.");
    user.model().saw("hello");

    agent.say("TOOL:touch one;;");
    agent.asks();
    assert!(!user.project().join("one").exists(), "{} asked too late", kind.name);
    agent.allow();
    user.has_file("one");
    agent.shows("Done.");
}

#[test]
fn claude_code_answers_and_asks_before_a_command() {
    check(&agents::CLAUDE);
}

#[test]
fn codex_answers_and_asks_before_a_command() {
    check(&agents::CODEX);
}

#[test]
fn opencode_answers_and_asks_before_a_command() {
    check(&agents::OPENCODE);
}

#[test]
fn qwen_code_answers_and_asks_before_a_command() {
    check(&agents::QWEN);
}

#[test]
fn copilot_answers_and_asks_before_a_command() {
    check(&agents::COPILOT);
}

#[test]
fn gemini_cli_answers_and_asks_before_a_command() {
    check(&agents::GEMINI);
}

#[test]
fn a_command_that_is_denied_in_the_terminal_does_not_run() {
    if !agents::met(&[&agents::CLAUDE], "denying in a terminal") {
        return;
    }
    let user = User::new();
    let mut claude = Agent::claude(&user).start();
    claude.say("TOOL:touch one;;");
    claude.asks();
    claude.deny();
    claude.say("hello");
    claude.shows("Hello from the mock model.");
    assert!(!user.project().join("one").exists());
}

#[test]
fn the_model_holds_back_answers_fails_and_calls_tools_as_told() {
    if !agents::met(&[&agents::CLAUDE], "what the mock model does") {
        return;
    }
    let user = User::new();
    std::fs::write(user.project().join("a.txt"), "what the file says").unwrap();
    let mut claude = Agent::claude(&user).start();
    claude.say("HANG;; SAY:Here I am.;;");
    user.model().saw("HANG;;");
    user.model().release();
    claude.shows(Regex::new("(?m)^● Here I am").unwrap());

    let path = user.project().join("a.txt");
    claude.say(&format!("CALL:Read {};;", json!({"file_path": path})));
    user.model().saw("what the file says");

    claude.say("ERROR 400;;");
    claude.shows("the mock model fails as told");
}

#[test]
fn an_agent_runs_without_a_terminal_with_the_settings_and_the_store_of_its_user() {
    if !agents::met(&[&agents::CLAUDE], "an agent without a terminal") {
        return;
    }
    let user = User::new();
    let allowed = json!({"permissions": {"allow": ["Bash(workroom call:*)"]}});
    let prompt = r#"TOOL:workroom call workroom/create '{"title": "Room"}';; SAY:Created.;;"#;
    let ran = Agent::claude(&user).settings(allowed).run(prompt);
    assert_eq!((ran.code, &*ran.out), (Some(0), "Created.\n"), "{ran:?}");
    let rooms = user.workroom(["list", "--json"]).json();
    assert_eq!(rooms["workrooms"][0]["title"], "Room", "{rooms}");
}

#[test]
fn killing_an_agent_kills_only_its_own_process() {
    if !agents::met(&[&agents::CLAUDE], "killing an agent") {
        return;
    }
    let user = User::new();
    let mut claude = Agent::claude(&user).start();
    let sessions = user.home().join(".claude/sessions");
    let session = sessions.join(format!("{}.json", claude.pid()));
    agents::until("the session's file", || session.exists().then_some(()));
    claude.kill();
    // The process had no time to remove it.
    assert!(session.exists());
}
