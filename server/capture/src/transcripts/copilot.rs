//! Copilot CLI: a line for each event of the session.

use serde_json::Value;

use super::{Entry, Said, text, time};
use crate::hosts::{bounded, bounded_json, result};
use crate::sign::Use;

pub(super) fn entries(record: &Value, position: &str, entries: &mut Vec<Entry>) {
    let id = text(record, "/id").unwrap_or(position);
    let at = time(record, "/timestamp");
    let Some(data) = record.get("data") else { return };
    let mut add = |what| entries.push(Entry { id: id.to_owned(), at, what });
    if let Some(model) = text(data, "/model") {
        add(Said::Model(model.to_owned()));
    }
    let is_of_subagent = text(data, "/parentToolCallId").is_some();
    let what = match text(record, "/type") {
        Some("user.message") => text(data, "/content").map(|prompt| Said::Prompt(bounded(prompt))),
        Some("assistant.message") if !is_of_subagent => {
            text(data, "/content").map(|content| Said::Text(bounded(content)))
        }
        Some("tool.execution_start") => call(data),
        Some("tool.execution_complete") => outcome(data),
        Some("session.error") => text(data, "/message").map(|error| Said::Failed(bounded(error))),
        Some("abort") => Some(Said::Ended),
        _ => None,
    };
    what.into_iter().for_each(add);
}

fn call(data: &Value) -> Option<Said> {
    Some(Said::Call(Use {
        tool: text(data, "/toolName")?.to_owned(),
        input: bounded_json(data.get("arguments").unwrap_or(&Value::Null)),
        call: Some(text(data, "/toolCallId")?.to_owned()),
    }))
}

fn outcome(data: &Value) -> Option<Said> {
    let response = data.get("result").or_else(|| data.get("error")).unwrap_or(&Value::Null);
    let code = data.pointer("/shellExecution/exitCode").and_then(Value::as_i64);
    Some(Said::Result {
        call: text(data, "/toolCallId")?.to_owned(),
        ok: data.get("success").and_then(Value::as_bool) != Some(false) && code.is_none_or(|code| code == 0),
        summary: result(response),
    })
}
