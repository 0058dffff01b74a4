//! Claude Code, and the agents that took over its form of hooks: Codex and Qwen Code.

use serde_json::{Value, json};

use super::text::{bounded, bounded_json, result};
use super::{Report, string};
use crate::agent::Agent;
use crate::answer::Answer;
use crate::sign::{Use, What};

pub(super) const EVENTS_OF_CLAUDE: &[&str] = &[
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "PostToolBatch",
    "Notification",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PostCompact",
    "SessionEnd",
];

pub(super) const EVENTS_OF_CODEX: &[&str] = &[
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "Stop",
    "Interrupt",
    "SubagentStart",
    "SubagentStop",
    "PostCompact",
    "SessionEnd",
];

pub(super) const EVENTS_OF_QWEN: &[&str] = &[
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "Notification",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PostCompact",
    "SessionEnd",
];

pub(super) fn read(agent: Agent, event: &str, input: &Value, ask: &str) -> Option<Report> {
    let text = |name: &str| string(input, name).map(|text| bounded(&text)).unwrap_or_default();
    let what = match event {
        "SessionStart" => What::Started { source: text("source") },
        // Qwen Code also reports the results of tools as a prompt without text.
        "UserPromptSubmit" if text("prompt").is_empty() => return None,
        "UserPromptSubmit" => What::Prompt { text: text("prompt") },
        "PreToolUse" => What::Call { used: used(input)? },
        "PermissionRequest" => What::Ask { ask: ask.to_owned(), used: used(input)? },
        "PostToolUse" => {
            let response = input.get("tool_response").unwrap_or(&Value::Null);
            What::Result { used: used(input)?, ok: succeeded(response), summary: result(response) }
        }
        "PostToolUseFailure" => What::Result {
            used: used(input)?,
            ok: false,
            summary: result(input.get("error").unwrap_or(&Value::Null)),
        },
        // It reports denied calls too, which have no other event. So it only shows that the turn continues.
        "PostToolBatch" => What::Batch,
        "Notification" => match input.get("notification_type").and_then(Value::as_str) {
            Some("permission_prompt") => What::Dialog { text: text("message"), used: None },
            _ => return None,
        },
        "Stop" => What::Stopped { text: text("last_assistant_message") },
        "StopFailure" => {
            let told = Some(text("last_assistant_message")).filter(|told| !told.is_empty());
            let details = told.or_else(|| string(input, "error_details").map(|text| bounded(&text)));
            What::Failed { error: details.unwrap_or_else(|| text("error")) }
        }
        "Interrupt" => What::Interrupted,
        "SubagentStart" => What::SubagentStarted { kind: text("agent_type") },
        "SubagentStop" => What::SubagentStopped { text: text("last_assistant_message") },
        "PostCompact" => What::Compacted,
        "SessionEnd" => What::Ended { reason: text("reason") },
        _ => return None,
    };
    let model = string(input, "model").filter(|_| agent != Agent::Qwen || event == "SessionStart");
    Some(Report {
        session: string(input, "session_id")?,
        folder: string(input, "cwd"),
        model,
        subagent: string(input, "agent_id"),
        what,
    })
}

fn used(input: &Value) -> Option<Use> {
    Some(Use {
        tool: string(input, "tool_name")?,
        input: bounded_json(input.get("tool_input").unwrap_or(&Value::Null)),
        call: string(input, "tool_use_id"),
    })
}

/// Whether a tool succeeded, as far as its response tells.
fn succeeded(response: &Value) -> bool {
    let is_true = |name: &str| response.get(name).and_then(Value::as_bool) == Some(true);
    !is_true("interrupted") && !is_true("is_error") && !is_true("isError")
}

pub(super) fn write(agent: Agent, event: &str, answer: &Answer) -> Option<Value> {
    let specific = |mut specific: Value| {
        specific["hookEventName"] = event.into();
        json!({ "hookSpecificOutput": specific })
    };
    if event == "PermissionRequest" {
        let decision = answer.decision.as_ref()?;
        let mut told = json!({"behavior": if decision.allow { "allow" } else { "deny" }});
        match (&decision.message, &decision.input) {
            (Some(message), _) if !decision.allow => told["message"] = message.as_str().into(),
            // Codex rejects an answer with any other member.
            (_, Some(input)) if decision.allow && agent != Agent::Codex => {
                told["updatedInput"] = serde_json::from_str(input.text()).ok()?;
            }
            _ => {}
        }
        return Some(specific(json!({ "decision": told })));
    }
    let takes_context = match event {
        "SessionStart" | "UserPromptSubmit" => true,
        "PostToolUse" | "PostToolUseFailure" => agent == Agent::Claude,
        _ => false,
    };
    let context = answer.context.as_ref().filter(|_| takes_context)?;
    Some(specific(json!({ "additionalContext": context })))
}
