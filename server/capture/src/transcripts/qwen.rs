//! Qwen Code: a line for each message, in the form of Gemini's API.

use serde_json::Value;

use super::{Entry, Said, joined, text, time};
use crate::hosts::{bounded, bounded_json, result};
use crate::sign::Use;

pub(super) fn entries(record: &Value, position: &str, entries: &mut Vec<Entry>) {
    let id = text(record, "/uuid").unwrap_or(position);
    let at = time(record, "/timestamp");
    let mut add = |part: usize, what| entries.push(Entry { id: format!("{id}-{part}"), at, what });
    let parts = record.pointer("/message/parts").unwrap_or(&Value::Null);
    let list = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    match text(record, "/type") {
        Some("user") if text(record, "/provenance").is_none_or(|from| from == "real_user") => {
            let prompt = joined(parts, |_| true);
            if !prompt.trim().is_empty() {
                add(0, Said::Prompt(bounded(&prompt)));
            }
        }
        Some("assistant") => {
            if let Some(model) = text(record, "/model") {
                add(0, Said::Model(model.to_owned()));
            }
            let said = joined(parts, |part| part.get("thought").and_then(Value::as_bool) != Some(true));
            if !said.trim().is_empty() {
                add(0, Said::Text(bounded(&said)));
            }
            for (index, part) in list.iter().enumerate() {
                call(part).into_iter().for_each(|used| add(index, Said::Call(used)));
            }
        }
        Some("tool_result") => {
            for (index, part) in list.iter().enumerate() {
                outcome(record, part).into_iter().for_each(|what| add(index, what));
            }
        }
        Some("system") if text(record, "/systemPayload/uiEvent/event.name") == Some(API_ERROR) => {
            let event = "/systemPayload/uiEvent";
            let error =
                ["error_message", "error"].iter().find_map(|name| text(record, &format!("{event}/{name}")));
            add(0, Said::Failed(bounded(error.unwrap_or("the request to the model failed"))));
        }
        _ => {}
    }
}

const API_ERROR: &str = "qwen-code.api_error";

fn call(part: &Value) -> Option<Use> {
    Some(Use {
        tool: text(part, "/functionCall/name")?.to_owned(),
        input: bounded_json(part.pointer("/functionCall/args").unwrap_or(&Value::Null)),
        call: Some(text(part, "/functionCall/id")?.to_owned()),
    })
}

fn outcome(record: &Value, part: &Value) -> Option<Said> {
    // The output as people see it. The model's version ends with facts about the process.
    let shown = record.pointer("/toolCallResult/resultDisplay");
    let response = shown.or_else(|| part.pointer("/functionResponse/response")).unwrap_or(&Value::Null);
    let code = record.pointer("/toolCallResult/resultDisplay/exitCode").and_then(Value::as_i64);
    let status = text(record, "/toolCallResult/status");
    Some(Said::Result {
        call: text(part, "/functionResponse/id")?.to_owned(),
        ok: status.is_none_or(|status| status == "success") && code.is_none_or(|code| code == 0),
        summary: result(response),
    })
}
