//! Real agents in a terminal: that the harness of `tests/support/agents.rs` drives them.

use crate::support::agents::{self, Agent, Kind, User};

/// Talks to an agent, and permits a command in its own dialog.
fn check(kind: &'static Kind) {
    if !agents::met(&[kind], "driving an agent in a terminal") {
        return;
    }
    let user = User::new();
    let mut agent = Agent::new(kind, &user).start();
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
