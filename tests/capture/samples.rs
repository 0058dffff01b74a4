//! What six agents really sent to their hooks.

use serde_json::{Value, json};

use super::Session;
use crate::support::Ran;

const SAMPLES: [(&str, &str); 6] = [
    ("claude", include_str!("samples/claude.jsonl")),
    ("codex", include_str!("samples/codex.jsonl")),
    ("qwen", include_str!("samples/qwen.jsonl")),
    ("gemini", include_str!("samples/gemini.jsonl")),
    ("copilot", include_str!("samples/copilot.jsonl")),
    ("opencode", include_str!("samples/opencode.jsonl")),
];

/// Events that ask and wait. The others answer at once.
const ASKS: [&str; 4] = ["PermissionRequest", "permissionRequest", "permission.asked", "question.asked"];

#[test]
fn every_recorded_event_is_taken_without_a_word_that_is_no_answer() {
    for (agent, samples) in SAMPLES {
        let session = Session::new(agent);
        let mut taken = 0;
        for line in samples.lines() {
            let sample: Value = serde_json::from_str(line).unwrap();
            let event = sample["event"].as_str().unwrap();
            if ASKS.contains(&event) {
                continue;
            }
            let mut input = sample["stdin"].clone();
            for name in ["session_id", "sessionId", "sessionID"] {
                if input.get(name).is_some() {
                    input[name] = json!(session.id);
                }
            }
            let printed = Ran::command(session.command(event), &input.to_string()).ok();
            assert!(
                printed.is_empty() || serde_json::from_str::<Value>(&printed).is_ok(),
                "{agent} {event}: {printed}"
            );
            taken += 1;
        }
        assert!(taken > 8, "{agent}: {taken}");
    }
}

#[test]
fn every_agent_has_a_thread_with_its_users_prompt() {
    for (agent, samples) in SAMPLES {
        let mut session = Session::new(agent);
        let prompts = ["UserPromptSubmit", "userPromptSubmitted", "BeforeAgent", "chat.message"];
        let sample = samples
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find(|sample| prompts.contains(&sample["event"].as_str().unwrap()))
            .unwrap();
        let mut input = sample["stdin"].clone();
        for (name, value) in
            [("session_id", &session.id), ("sessionId", &session.id), ("sessionID", &session.id)]
        {
            if input.get(name).is_some() {
                input[name] = json!(value);
            }
        }
        Ran::command(session.command(sample["event"].as_str().unwrap()), &input.to_string()).ok();
        let (by, message) = session.events(1).remove(0);
        let text = input.get("prompt").or_else(|| input.get("text")).unwrap();
        assert_eq!((by.as_str(), &message["content"]), ("ada", text), "{agent}");
    }
}
