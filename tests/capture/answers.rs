//! Answers that flow back to the agent.

use serde_json::{Value, json};

use super::faults::kill_companion;
use super::{Session, until};

fn bash(command: &str) -> Value {
    json!({"tool_name": "Bash", "tool_input": {"command": command}})
}

fn told(answer: &str) -> Value {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["hookSpecificOutput"]["hookEventName"], "PermissionRequest", "{answer}");
    answer["hookSpecificOutput"]["decision"].clone()
}

#[test]
fn an_approval_allows_exactly_what_was_asked() {
    let mut session = Session::new("claude");
    session.hook("UserPromptSubmit", json!({"prompt": "go"}));
    let hook = session.waiting("PermissionRequest", bash("cargo publish"));
    let pending = session.pending();
    assert_eq!(
        (&pending["tool_name"], &pending["summary"], &pending["arguments"]),
        (&json!("Bash"), &json!("cargo publish"), &json!({"command": "cargo publish"}))
    );
    assert_eq!(pending["requested_by"], json!({"kind": "agent", "handle": "claude-code"}));
    session.is_now("waiting");
    session.decide("approved", None);
    assert_eq!(told(&hook.answer()), json!({"behavior": "allow"}));
    session.is_now("working");
}

#[test]
fn a_denial_tells_the_agent_who_and_why() {
    let mut session = Session::new("claude");
    let hook = session.waiting("PermissionRequest", bash("rm -r /"));
    session.decide("denied", Some("not today"));
    let expected = json!({"behavior": "deny", "message": "ada denied this in Workroom: not today"});
    assert_eq!(told(&hook.answer()), expected);
}

#[test]
fn the_terminal_can_answer_first() {
    let mut session = Session::new("claude");
    // Yes: the agent does not tell the hook, but the tool is used.
    let hook = session.waiting("PermissionRequest", bash("make"));
    let approval = session.pending();
    let mut used = bash("make");
    used["tool_response"] = "".into();
    session.hook("PostToolUse", used);
    assert_eq!(hook.answer(), "");
    let ended = session.ended(&approval);
    assert_eq!(
        (&ended["state"], &ended["reason"]),
        (&json!("cancelled"), &json!("allowed in the agent's terminal"))
    );
    // No, or Esc: the agent ends the hook.
    let mut hook = session.waiting("PermissionRequest", bash("make"));
    let approval = session.pending();
    hook.end();
    let ended = session.ended(&approval);
    assert_eq!(
        (&ended["state"], &ended["reason"]),
        (&json!("cancelled"), &json!("answered in the agent's terminal"))
    );
}

#[test]
fn a_request_is_closed_by_the_next_sign_of_life() {
    let mut session = Session::new("claude");
    for (event, sign) in [
        ("UserPromptSubmit", json!({"prompt": "something else"})),
        ("Stop", json!({"last_assistant_message": "done"})),
        ("PostToolBatch", json!({"tool_calls": []})),
        ("SessionEnd", json!({"reason": "other"})),
    ] {
        let hook = session.waiting("PermissionRequest", bash("make"));
        let approval = session.pending();
        session.hook(event, sign);
        assert_eq!(hook.answer(), "", "{event}");
        assert_eq!(session.ended(&approval)["state"], "cancelled", "{event}");
    }
}

#[test]
fn other_work_of_the_session_does_not_close_a_request() {
    let mut session = Session::new("claude");
    let hook = session.waiting("PermissionRequest", bash("make"));
    let approval = session.pending();
    // Another call of the same tool, which needed no permission.
    let mut other = bash("ls");
    other["tool_response"] = "a".into();
    session.hook("PostToolUse", other.clone());
    // A subagent's turn.
    other["agent_id"] = "a1".into();
    session.hook("PostToolUse", other);
    session.hook("Stop", json!({"agent_id": "a1", "last_assistant_message": "done"}));
    session.events(4);
    assert_eq!(session.pending()["approval_id"], approval["approval_id"]);
    session.decide("approved", None);
    assert_eq!(told(&hook.answer())["behavior"], "allow");
}

#[test]
fn a_request_survives_its_companion() {
    let mut session = Session::new("claude");
    let hook = session.waiting("PermissionRequest", bash("make"));
    let approval = session.pending();
    kill_companion(&session);
    session.decide("approved", None);
    assert_eq!(told(&hook.answer())["behavior"], "allow");
    assert_eq!(session.ended(&approval)["state"], "approved");
    let page = session.server.ok("approval/list", json!({}));
    assert_eq!(page["approvals"].as_array().unwrap().len(), 1, "it was asked once");
}

#[test]
fn a_request_whose_hook_and_companion_are_killed_is_closed_by_the_next_companion() {
    let mut session = Session::new("claude");
    let hook = session.waiting("PermissionRequest", bash("make"));
    let approval = session.pending();
    // Its end is noticed by nobody.
    drop(hook);
    kill_companion(&session);
    session.hook("UserPromptSubmit", json!({"prompt": "next"}));
    assert_eq!(session.ended(&approval)["state"], "cancelled");
}

#[test]
fn two_requests_at_once_are_two_approvals() {
    let mut session = Session::new("claude");
    let first = session.waiting("PermissionRequest", bash("one"));
    session.pending();
    let second =
        session.waiting("PermissionRequest", json!({"tool_name": "Write", "tool_input": {"file_path": "b"}}));
    until("both are pending", || {
        let page = session.server.ok("approval/list", json!({"states": ["pending"]}));
        (page["approvals"].as_array().unwrap().len() == 2).then_some(())
    });
    let page = session.server.ok("approval/list", json!({"states": ["pending"]}));
    for approval in page["approvals"].as_array().unwrap() {
        let decision = if approval["tool_name"] == "Bash" { "approved" } else { "denied" };
        let digest = &approval["action_digest"];
        let params =
            json!({"approval_id": approval["approval_id"], "decision": decision, "action_digest": digest});
        session.server.ok("approval/decide", params);
    }
    assert_eq!(told(&first.answer())["behavior"], "allow");
    assert_eq!(told(&second.answer())["behavior"], "deny");
}

#[test]
fn a_question_is_answered_by_a_reply() {
    let mut session = Session::new("claude");
    let questions = json!([{"question": "Which color?", "options": [{"label": "Red"}, {"label": "Blue"}]}]);
    let ask = json!({"tool_name": "AskUserQuestion", "tool_input": {"questions": questions}});
    let hook = session.waiting("PermissionRequest", ask.clone());
    let (_, question) = session.events(1).remove(0);
    assert_eq!(question["reason"], "Which color?\n- Red\n- Blue");
    let thread = session.thread();
    let list = session.server.ok("event/list", json!({"thread_id": thread, "kinds": ["needs_human"]}));
    let reply = json!({
        "thread_id": thread, "reply_to": list["events"][0]["id"], "kind": {"event": "message", "content": "blue"},
    });
    session.server.ok("event/append", reply);
    let expected = json!({"questions": questions, "answers": {"Which color?": "Blue"}});
    assert_eq!(told(&hook.answer()), json!({"behavior": "allow", "updatedInput": expected}));
    // In the terminal.
    let hook = session.waiting("PermissionRequest", ask.clone());
    let open =
        |session: &mut Session| session.server.ok("inbox/counts", json!({}))["counts"]["needs_human"].clone();
    until("the question is in the inbox", || (open(&mut session) == 1).then_some(()));
    let mut answered = ask;
    answered["tool_response"] = json!({"answers": {"Which color?": "Red"}});
    session.hook("PostToolUse", answered);
    assert_eq!(hook.answer(), "");
    until("the question is closed", || (open(&mut session) == 0).then_some(()));
}

#[test]
fn a_plan_is_accepted_with_an_empty_input() {
    let mut session = Session::new("claude");
    let hook = session.waiting("PermissionRequest", json!({"tool_name": "ExitPlanMode", "tool_input": {}}));
    session.decide("approved", None);
    assert_eq!(told(&hook.answer()), json!({"behavior": "allow", "updatedInput": {}}));
}

#[test]
fn agents_that_cannot_do_both_use_their_own_dialog_unless_their_user_is_away() {
    for agent in ["codex", "qwen", "copilot"] {
        let mut session = Session::new(agent);
        let (event, prompt, mut ask) = match agent {
            "copilot" => (
                "permissionRequest",
                "userPromptSubmitted",
                json!({"toolName": "bash", "toolInput": {"command": "touch a"}}),
            ),
            _ => ("PermissionRequest", "UserPromptSubmit", bash("touch a")),
        };
        session.hook(prompt, json!({"prompt": "go"}));
        assert_eq!(session.hook(event, ask.clone()), "");
        session.is_now("waiting");
        let (_, notice) = session.events(2).remove(1);
        let reason = notice["reason"].as_str().unwrap();
        assert!(reason.contains("asks in its terminal") && reason.contains("touch a"), "{reason}");
        session.hook(prompt, json!({"prompt": "next"}));
        let events = session.events(4);
        assert_eq!(events[2].1["event"], "resumed", "{events:?}");

        session.home.run(["away", "on", "--for", "2h"]).ok();
        let hook = session.waiting(event, ask.take());
        session.decide("approved", None);
        let answer: Value = serde_json::from_str(&hook.answer()).unwrap();
        let decision = answer.pointer("/hookSpecificOutput/decision").unwrap_or(&answer);
        assert_eq!(*decision, json!({"behavior": "allow"}), "{agent}");
        session.home.run(["away", "off"]).ok();
        assert_eq!(session.hook(event, bash("x")), "");
    }
}

#[test]
fn an_action_that_cannot_be_shown_as_a_whole_is_asked_only_in_the_terminal() {
    let mut session = Session::new("claude");
    assert_eq!(session.hook("PermissionRequest", bash(&"x".repeat(300 * 1024))), "");
    session.is_now("waiting");
    assert_eq!(session.server.ok("approval/list", json!({}))["approvals"], json!([]));
}

#[test]
fn a_forged_event_approves_nothing() {
    let mut session = Session::new("claude");
    let hook = session.waiting("PermissionRequest", bash("make"));
    let approval = session.pending();
    // A hostile program can run hooks. It can close the request, as the terminal does, but never allow it.
    let mut forged = bash("make");
    forged["tool_response"] = "".into();
    forged["decision"] = json!({"behavior": "allow"});
    session.hook("PostToolUse", forged);
    assert_eq!(hook.answer(), "");
    assert_eq!(session.ended(&approval)["state"], "cancelled");
}
