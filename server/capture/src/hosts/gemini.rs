//! Google's Gemini CLI. Its hooks cannot allow anything, and nothing wakes it.

use serde_json::{Value, json};

use super::text::{bounded, bounded_json, result};
use super::{Report, string};
use crate::answer::Answer;
use crate::sign::{Use, What};

pub(super) const EVENTS: &[&str] = &[
    "SessionStart",
    "BeforeAgent",
    "BeforeTool",
    "AfterTool",
    "Notification",
    "AfterAgent",
    "PreCompress",
    "SessionEnd",
];

pub(super) fn read(event: &str, input: &Value) -> Option<Report> {
    let text = |name: &str| string(input, name).map(|text| bounded(&text)).unwrap_or_default();
    let what = match event {
        "SessionStart" => What::Started { source: text("source") },
        "BeforeAgent" => What::Prompt { text: string(input, "prompt").map(|text| bounded(&text))? },
        "BeforeTool" => What::Call { used: used(input)? },
        "AfterTool" => {
            let response = input.get("tool_response").unwrap_or(&Value::Null);
            let ok = response.get("error").is_none_or(Value::is_null);
            What::Result { used: used(input)?, ok, summary: result(response) }
        }
        "Notification" => match input.get("notification_type").and_then(Value::as_str) {
            Some("ToolPermission") => What::Dialog { text: text("message"), used: None },
            _ => return None,
        },
        "AfterAgent" => What::Stopped { text: text("prompt_response") },
        "PreCompress" => What::Compacted,
        "SessionEnd" => What::Ended { reason: text("reason") },
        _ => return None,
    };
    Some(Report {
        session: string(input, "session_id")?,
        folder: string(input, "cwd"),
        model: None,
        subagent: None,
        what,
    })
}

fn used(input: &Value) -> Option<Use> {
    Some(Use {
        tool: string(input, "tool_name")?,
        input: bounded_json(input.get("tool_input").unwrap_or(&Value::Null)),
        call: None,
    })
}

pub(super) fn write(event: &str, answer: &Answer) -> Option<Value> {
    let context = answer.context.as_ref().filter(|_| matches!(event, "SessionStart" | "BeforeAgent"))?;
    Some(json!({"hookSpecificOutput": {"hookEventName": event, "additionalContext": context}}))
}
