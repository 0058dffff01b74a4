//! GitHub's Copilot CLI.

use serde_json::{Value, json};

use super::text::{bounded, bounded_json, result};
use super::{Report, string};
use crate::answer::Answer;
use crate::sign::{Use, What};

pub(super) const EVENTS: &[&str] = &[
    "sessionStart",
    "userPromptSubmitted",
    "preToolUse",
    "permissionRequest",
    "postToolUse",
    "postToolUseFailure",
    "errorOccurred",
    "notification",
    "agentStop",
    "sessionEnd",
];

pub(super) fn read(event: &str, input: &Value, ask: &str) -> Option<Report> {
    let text = |name: &str| string(input, name).map(|text| bounded(&text)).unwrap_or_default();
    let what = match event {
        "sessionStart" => What::Started { source: text("source") },
        "userPromptSubmitted" => What::Prompt { text: string(input, "prompt").map(|text| bounded(&text))? },
        "preToolUse" => What::Call { used: used(input)? },
        "permissionRequest" => What::Ask { ask: ask.to_owned(), used: used(input)? },
        "postToolUse" => {
            let response = input.get("toolResult").unwrap_or(&Value::Null);
            let ok = response.get("resultType").and_then(Value::as_str).is_none_or(|kind| kind == "success");
            What::Result { used: used(input)?, ok, summary: result(response) }
        }
        "postToolUseFailure" => What::Result {
            used: used(input)?,
            ok: false,
            summary: result(input.get("error").unwrap_or(&Value::Null)),
        },
        "errorOccurred" => {
            let error = input.get("error")?;
            What::Failed { error: bounded(error.get("message").and_then(Value::as_str)?) }
        }
        "notification" => match input.get("notification_type").and_then(Value::as_str) {
            Some("permission_prompt" | "elicitation_dialog") => {
                What::Dialog { text: text("message"), used: None }
            }
            _ => return None,
        },
        "agentStop" => What::Stopped { text: String::new() },
        "sessionEnd" => What::Ended { reason: text("reason") },
        _ => return None,
    };
    Some(Report {
        session: string(input, "sessionId")?,
        folder: string(input, "cwd"),
        model: None,
        subagent: None,
        what,
    })
}

fn used(input: &Value) -> Option<Use> {
    let given = input.get("toolInput").or_else(|| input.get("toolArgs")).unwrap_or(&Value::Null);
    Some(Use { tool: string(input, "toolName")?, input: bounded_json(given), call: None })
}

pub(super) fn write(event: &str, answer: &Answer) -> Option<Value> {
    match event {
        "permissionRequest" => {
            let decision = answer.decision.as_ref()?;
            match (decision.allow, &decision.message) {
                (true, _) => Some(json!({"behavior": "allow"})),
                (false, Some(message)) => Some(json!({"behavior": "deny", "message": message})),
                (false, None) => Some(json!({"behavior": "deny"})),
            }
        }
        "userPromptSubmitted" => Some(json!({"additionalContext": answer.context.as_ref()?})),
        _ => None,
    }
}
