//! Real agents with Workroom's hooks: their prompts are answered from another process or in their terminal.

use serde_json::{Value, json};

use crate::support::Server;
use crate::support::agents::{self, Agent, Kind, User, until};

/// What people see and do from another process.
struct Desk {
    server: Server,
}

impl Desk {
    fn of(user: &User) -> Self {
        Self { server: user.server() }
    }

    #[track_caller]
    fn pending(&mut self) -> Value {
        until("an approval", || {
            let page = self.server.ok("approval/list", json!({"states": ["pending"]}));
            page["approvals"].as_array().unwrap().first().cloned()
        })
    }

    #[track_caller]
    fn decide(&mut self, decision: &str, reason: &str) {
        let asked = self.pending();
        let params = json!({
            "approval_id": asked["approval_id"], "action_digest": asked["action_digest"], "decision": decision,
            "reason": reason,
        });
        self.server.ok("approval/decide", params);
    }

    #[track_caller]
    fn ended(&mut self, approval: &Value) -> Value {
        let params = json!({"approval_id": approval["approval_id"], "timeout_ms": 60_000});
        self.server.ok("approval/wait", params)
    }

    /// The only agent, once it has this state.
    #[track_caller]
    fn is_now(&mut self, state: &str) -> Value {
        until(&format!("an agent that is {state}"), || {
            let list = self.server.ok("presence/list", json!({"gone": true}));
            let agents = list["agents"].as_array().unwrap();
            agents.iter().find(|agent| agent["state"] == state).cloned()
        })
    }

    /// Whether a message with this text is in the thread of the only agent, and who wrote it.
    #[track_caller]
    fn said(&mut self, text: &str) -> String {
        until(&format!("the message {text:?}"), || {
            let list = self.server.ok("event/list", json!({"kinds": ["message"]}));
            let events = list["events"].as_array().unwrap();
            let found =
                events.iter().find(|event| event["kind"]["content"].as_str().unwrap().contains(text))?;
            Some(found["actor"]["kind"].as_str().unwrap().to_owned())
        })
    }
}

/// An agent that shows its own dialog while its hook waits.
fn answers_in_both_places(kind: &'static Kind, refusal: &str) {
    if !agents::met(&[kind], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let mut desk = Desk::of(&user);
    let mut agent = Agent::of(kind, &user).hooked().start();

    agent.say("TOOL:touch one;;");
    let asked = desk.pending();
    assert!(asked["arguments"].to_string().contains("touch one"), "{asked}");
    agent.asks();
    desk.is_now("waiting");
    desk.decide("approved", "go ahead");
    user.has_file("one");
    agent.hides(kind.dialog);
    assert_eq!(desk.said("TOOL:touch one"), "human");
    assert_eq!(desk.said("Done."), "agent");
    desk.is_now("idle");

    agent.say("TOOL:touch two;;");
    desk.decide("denied", "not today");
    user.model().saw(refusal);
    desk.is_now("idle");
    assert!(!user.project().join("two").exists());

    agent.say("TOOL:touch three;;");
    let asked = desk.pending();
    agent.asks();
    agent.allow();
    user.has_file("three");
    assert_eq!(desk.ended(&asked)["state"], "cancelled");
    desk.is_now("idle");

    agent.say("TOOL:touch four;;");
    let asked = desk.pending();
    agent.asks();
    agent.kill();
    desk.is_now("gone");
    assert_eq!(desk.ended(&asked)["state"], "cancelled");
}

#[test]
fn claude_code_is_answered_in_both_places() {
    answers_in_both_places(&agents::CLAUDE, "not today");
}

#[test]
fn opencode_is_answered_in_both_places() {
    answers_in_both_places(&agents::OPENCODE, "user rejected permission");
}

/// An agent whose dialog cannot be visible while its hook waits.
fn answers_in_one_place(kind: &'static Kind, ends_with_its_terminal: bool) {
    if !agents::met(&[kind], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let mut desk = Desk::of(&user);
    let mut agent = Agent::of(kind, &user).hooked().start();

    agent.say("TOOL:touch one;;");
    agent.asks();
    desk.is_now("waiting");
    agent.allow();
    user.has_file("one");
    assert_eq!(desk.said("TOOL:touch one"), "human");
    desk.is_now("idle");
    assert_eq!(desk.server.ok("inbox/counts", json!({}))["counts"]["needs_human"], 0);

    user.workroom(["away", "on"]).ok();
    agent.say("TOOL:touch two;;");
    desk.decide("approved", "go ahead");
    user.has_file("two");
    desk.is_now("idle");
    agent.say("TOOL:touch three;;");
    desk.decide("denied", "not today");
    user.model().saw("not today");
    desk.is_now("idle");
    assert!(!user.project().join("three").exists());

    if ends_with_its_terminal {
        agent.say("TOOL:touch four;;");
        let asked = desk.pending();
        agent.kill();
        desk.is_now("gone");
        assert_eq!(desk.ended(&asked)["state"], "cancelled");
    }
}

#[test]
fn codex_is_answered_in_its_terminal_or_in_the_inbox() {
    // Its sessions run in a server of its own, which continues without the terminal.
    answers_in_one_place(&agents::CODEX, false);
}

#[test]
fn qwen_code_is_answered_in_its_terminal_or_in_the_inbox() {
    answers_in_one_place(&agents::QWEN, true);
}

#[test]
fn copilot_is_answered_in_its_terminal_or_in_the_inbox() {
    answers_in_one_place(&agents::COPILOT, true);
}

#[test]
fn gemini_cli_is_answered_in_its_terminal() {
    let kind = &agents::GEMINI;
    if !agents::met(&[kind], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let mut desk = Desk::of(&user);
    let mut agent = Agent::of(kind, &user).hooked().start();
    user.workroom(["away", "on"]).ok();
    agent.say("TOOL:touch one;;");
    agent.asks();
    desk.is_now("waiting");
    assert_eq!(desk.server.ok("approval/list", json!({}))["approvals"], json!([]));
    agent.allow();
    user.has_file("one");
    desk.is_now("idle");
    assert_eq!(desk.said("TOOL:touch one"), "human");
}

#[test]
fn a_question_of_claude_code_is_answered_by_a_reply() {
    if !agents::met(&[&agents::CLAUDE], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let mut desk = Desk::of(&user);
    let mut claude = Agent::claude(&user).hooked().start();
    let options = json!([{"label": "Red", "description": "r"}, {"label": "Blue", "description": "b"}]);
    let question =
        json!({"question": "Which color?", "header": "Color", "options": options, "multiSelect": false});
    claude.say(&format!("CALL:AskUserQuestion {};;", json!({"questions": [question]})));
    let asked = until("the question", || {
        let list = desk.server.ok("event/list", json!({"kinds": ["needs_human"]}));
        list["events"].as_array().unwrap().first().cloned()
    });
    user.workroom(["reply", asked["id"].as_str().unwrap(), "blue"]).ok();
    claude.shows("Which color? → Blue");
}

#[test]
fn a_run_without_a_terminal_asks_in_the_inbox() {
    if !agents::met(&[&agents::CLAUDE], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let mut desk = Desk::of(&user);
    let claude = Agent::claude(&user).hooked();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| claude.run("TOOL:touch one;;"));
        desk.decide("approved", "go ahead");
        let ran = run.join().unwrap();
        assert_eq!(ran.code, Some(0), "{ran:?}");
    });
    user.has_file("one");
}

#[test]
fn an_agent_works_without_the_binary_and_without_the_store() {
    if !agents::met(&[&agents::CLAUDE], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let setup = Agent::claude(&user).hooked();
    user.write(".codewhale/workrooms", "no folder");
    let mut claude = setup.start();
    claude.say("TOOL:touch one;;");
    claude.asks();
    std::fs::remove_file(user.binary()).unwrap();
    claude.allow();
    user.has_file("one");
    claude.say("hello");
    claude.shows("Hello from the mock model.");
    assert!(!claude.screen().contains("hook error"), "{}", claude.screen());
}

/// A message wakes an idle session.
fn is_woken(kind: &'static Kind) {
    if !agents::met(&[kind], "the hooks of an agent") {
        return;
    }
    let user = User::new();
    let mut desk = Desk::of(&user);
    let mut agent = Agent::of(kind, &user).hooked().start();
    agent.say("hello");
    // Before the first prompt the session is idle too, but has no thread yet.
    assert_eq!(desk.said("Hello from the mock model."), "agent");
    desk.is_now("idle");
    user.workroom(["tell", kind.command, "wake up please"]).ok();
    user.model().saw("wake up please");
    desk.is_now("idle");
    let list = desk.server.ok("event/list", json!({"kinds": ["message"]}));
    let told: Vec<_> = list["events"].as_array().unwrap().iter().collect();
    let wakes = told.iter().filter(|event| event["kind"].to_string().contains("wake up please"));
    assert_eq!(wakes.count(), 1, "the message keeps its sender: {told:#?}");
}

#[test]
fn claude_code_is_woken_by_a_message() {
    is_woken(&agents::CLAUDE);
}

#[test]
fn codex_is_woken_by_a_message() {
    is_woken(&agents::CODEX);
}

#[test]
fn qwen_code_is_woken_by_a_message() {
    is_woken(&agents::QWEN);
}
