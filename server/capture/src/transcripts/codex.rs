//! Codex: items of turns, and messages of the model. Messages with the role `user` also hold injected context, so prompts
//! come from the items.

use serde_json::Value;

use super::{Entry, Said, joined, text, time};
use crate::hosts::{bounded, bounded_json, result};
use crate::sign::Use;

pub(super) fn entries(record: &Value, position: &str, entries: &mut Vec<Entry>) {
    let Some(payload) = record.get("payload") else { return };
    let what = match (text(record, "/type"), text(payload, "/type")) {
        (Some("turn_context"), _) => text(payload, "/model").map(|model| Said::Model(model.to_owned())),
        (Some("event_msg"), Some("item_completed")) => item(payload),
        // Versions before items.
        (Some("event_msg"), Some("user_message")) => text(payload, "/message").map(prompt),
        (Some("event_msg"), Some("agent_message")) => {
            text(payload, "/message").map(|text| Said::Text(bounded(text)))
        }
        (Some("event_msg"), Some("error")) => {
            text(payload, "/message").map(|error| Said::Failed(bounded(error)))
        }
        (Some("event_msg"), Some("task_complete" | "turn_aborted")) => Some(Said::Ended),
        (Some("response_item"), Some("function_call" | "custom_tool_call")) => call(payload),
        (Some("response_item"), Some("function_call_output" | "custom_tool_call_output")) => output(payload),
        _ => None,
    };
    if let Some(what) = what {
        entries.push(Entry { id: position.to_owned(), at: time(record, "/timestamp"), what });
    }
}

fn prompt(text: &str) -> Said {
    Said::Prompt(bounded(text))
}

fn item(payload: &Value) -> Option<Said> {
    let item = payload.get("item")?;
    let content = joined(item.get("content")?, |_| true);
    if content.trim().is_empty() {
        return None;
    }
    match text(item, "/type") {
        Some("UserMessage") => Some(prompt(&content)),
        Some("AgentMessage") => Some(Said::Text(bounded(&content))),
        _ => None,
    }
}

fn call(payload: &Value) -> Option<Said> {
    let given = text(payload, "/arguments").or_else(|| text(payload, "/input")).unwrap_or_default();
    let input =
        serde_json::from_str::<Value>(given).unwrap_or_else(|_| serde_json::json!({ "input": given }));
    Some(Said::Call(Use {
        tool: text(payload, "/name")?.to_owned(),
        input: bounded_json(&input),
        call: Some(text(payload, "/call_id")?.to_owned()),
    }))
}

fn output(payload: &Value) -> Option<Said> {
    let given = payload.get("output").unwrap_or(&Value::Null);
    let whole = match given {
        Value::Object(_) => text(given, "/content").unwrap_or_default().to_owned(),
        given => joined(given, |_| true),
    };
    // Earlier versions put the output of a program into JSON.
    let parsed = serde_json::from_str::<Value>(&whole).ok().filter(|value| value.get("output").is_some());
    let code = match &parsed {
        Some(parsed) => parsed.pointer("/metadata/exit_code").and_then(Value::as_i64),
        None => exit_code(&whole),
    };
    let shown = match (&parsed, whole.split_once("\nOutput:\n")) {
        (Some(parsed), _) => text(parsed, "/output").unwrap_or_default(),
        (None, Some((_, shown))) => shown,
        (None, None) => &whole,
    };
    let has_failed = given.get("success").and_then(Value::as_bool) == Some(false);
    Some(Said::Result {
        call: text(payload, "/call_id")?.to_owned(),
        ok: code.is_none_or(|code| code == 0) && !has_failed,
        summary: result(&Value::String(shown.to_owned())),
    })
}

fn exit_code(output: &str) -> Option<i64> {
    let before = output.split_once("\nOutput:\n").map_or(output, |(before, _)| before);
    before.lines().find_map(|line| line.strip_prefix("Process exited with code ")?.trim().parse().ok())
}
