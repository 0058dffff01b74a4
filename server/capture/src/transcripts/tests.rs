use std::io::Cursor;
use std::ops::ControlFlow;

use super::*;
use workroom_protocol::event::{EventImport, WorkroomEventKind as Kind};

fn import(agent: Agent, transcript: &str) -> (Vec<EventImport>, u64) {
    let mut writer = Writer::new(agent, "s", "ada");
    let mut events = Vec::new();
    let skipped = read(agent, false, Cursor::new(transcript), |entry| {
        writer.entry(entry, &mut events);
        ControlFlow::Continue(())
    });
    writer.end(&mut events);
    (events, skipped.unwrap_or(u64::MAX))
}

fn shown(agent: Agent, transcript: &str) -> Vec<String> {
    import(agent, transcript)
        .0
        .into_iter()
        .map(|event| {
            let who = event.actor.map(|actor| actor.0.handle).unwrap_or_default();
            let what = match event.kind.0 {
                Kind::Message { content } => content,
                Kind::ToolResult { tool_name, success, summary, .. } => {
                    format!("{tool_name} {success} {}", summary.unwrap_or_default())
                }
                Kind::Failure { error, .. } => format!("failure {error}"),
                other => other.name().to_owned(),
            };
            format!("{who}: {what}")
        })
        .collect()
}

#[test]
fn a_turn_of_claude_is_its_prompt_its_tools_and_its_last_message() {
    let transcript = r#"{"type":"user","uuid":"1","message":{"content":"fix it"}}
{"type":"user","uuid":"2","isMeta":true,"message":{"content":"context"}}
{"type":"user","uuid":"3","isSidechain":true,"message":{"content":"for the subagent"}}
{"type":"assistant","uuid":"4","message":{"id":"m","model":"opus","content":[{"type":"text","text":"I look first."}]}}
{"type":"assistant","uuid":"5","message":{"id":"m","content":[{"type":"tool_use","id":"a","name":"Read","input":{"file_path":"a"}}]}}
{"type":"user","uuid":"6","message":{"content":[{"type":"tool_result","tool_use_id":"a","content":"text"}]}}
{"type":"assistant","uuid":"7","message":{"id":"n","content":[{"type":"tool_use","id":"b","name":"Bash","input":{"command":"make"}}]}}
{"type":"user","uuid":"8","message":{"content":[{"type":"tool_result","tool_use_id":"b","is_error":true,"content":"one\ntwo"}]}}
{"type":"assistant","uuid":"9","message":{"id":"o","content":[{"type":"text","text":"It is broken."}]}}
"#;
    let expected = [
        "ada: fix it",
        "claude-code: read true 1 file read",
        "claude-code: Bash false make → two",
        "claude-code: It is broken.",
    ];
    assert_eq!(shown(Agent::Claude, transcript), expected);
}

#[test]
fn a_failure_is_dismissed_by_the_next_turn_that_succeeds() {
    let transcript = r#"{"type":"user.message","id":"1","data":{"content":"go"}}
{"type":"session.error","id":"2","data":{"message":"400"}}
{"type":"user.message","id":"3","data":{"content":"again"}}
{"type":"assistant.message","id":"4","data":{"model":"m","content":"done"}}
"#;
    let expected =
        ["ada: go", "copilot: failure 400", "ada: again", "copilot: done", "copilot: failure_dismissed"];
    assert_eq!(shown(Agent::Copilot, transcript), expected);
}

#[test]
fn the_last_version_of_a_message_of_gemini_counts() {
    let transcript = r#"{"sessionId":"s","kind":"main"}
{"id":"u","type":"user","content":[{"text":"go"}]}
{"id":"g","type":"gemini","content":"first","model":"m"}
{"$set":{"messages":[{"id":"u","type":"user","content":[{"text":"go"}]},{"id":"g","type":"gemini","content":"second","model":"m"}]}}
{"id":"c","type":"user","content":[{"text":"<session_context>"},{"text":"go"}]}
"#;
    assert_eq!(shown(Agent::Gemini, transcript), ["ada: go", "gemini: second"]);
}

#[test]
fn lines_that_cannot_be_read_are_counted() {
    let whole = r#"{"type":"user","uuid":"1","message":{"parts":[{"text":"go"}]}}"#;
    let (events, skipped) = import(Agent::Qwen, &format!("{whole}\n[1]\n\n{{\"type\":\n"));
    assert_eq!((events.len(), skipped), (1, 2));
}

#[test]
fn a_transcript_that_grew_has_the_same_ids() {
    let lines: Vec<_> = (0..20)
        .map(|n| format!(r#"{{"type":"event_msg","payload":{{"type":"user_message","message":"{n}"}}}}"#))
        .collect();
    let ids = |count: usize| {
        let (events, _) = import(Agent::Codex, &lines[..count].join("\n"));
        events.into_iter().map(|event| event.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(20)[..7], ids(7));
    assert_eq!(ids(20).len(), 20);
}
