//! opencode. It has no hooks: a plugin runs in its process, and starts the hook command for the events below. Their
//! fields are those of opencode's own events, see the plugin in `install/opencode.js`.

use serde_json::{Value, json};

use super::text::{bounded, bounded_json, one_line, result};
use super::{Report, string};
use crate::answer::Answer;
use crate::sign::{Use, What};

pub(super) const EVENTS: &[&str] = &[
    "session.created",
    "chat.message",
    "tool.execute.before",
    "tool.execute.after",
    "permission.asked",
    "permission.replied",
    "question.asked",
    "question.replied",
    "session.idle",
    "session.error",
];

/// The tool under which a question is reported.
pub(crate) const QUESTION: &str = "question";

pub(super) fn read(event: &str, input: &Value, ask: &str) -> Option<Report> {
    let text = |name: &str| string(input, name).map(|text| bounded(&text)).unwrap_or_default();
    let what = match event {
        "session.created" => match string(input, "parentID") {
            Some(_) => What::SubagentStarted { kind: text("agent") },
            None => What::Started { source: "startup".into() },
        },
        "chat.message" => What::Prompt { text: string(input, "text").map(|text| bounded(&text))? },
        "tool.execute.before" => What::Call { used: used(input)? },
        "tool.execute.after" => {
            let failed =
                input.pointer("/metadata/exit").and_then(Value::as_i64).is_some_and(|code| code != 0);
            let summary = result(input.get("output").unwrap_or(&Value::Null));
            What::Result { used: used(input)?, ok: !failed, summary }
        }
        "permission.asked" => {
            let metadata =
                input.get("metadata").filter(|value| value.as_object().is_some_and(|m| !m.is_empty()));
            let shown = metadata.cloned().unwrap_or_else(|| json!({"patterns": input.get("patterns")}));
            let used = Use {
                tool: string(input, "permission")?,
                input: bounded_json(&shown),
                call: Some(string(input, "id")?),
            };
            What::Ask { ask: ask.to_owned(), used }
        }
        "question.asked" => {
            let questions = json!({"questions": bounded_json(input.get("questions")?)});
            What::Ask {
                ask: ask.to_owned(),
                used: Use { tool: QUESTION.into(), input: questions, call: Some(string(input, "id")?) },
            }
        }
        "permission.replied" => What::Answered {
            call: string(input, "requestID")?,
            allowed: Some(input.get("reply").and_then(Value::as_str) != Some("reject")),
        },
        "question.replied" => What::Answered { call: string(input, "requestID")?, allowed: None },
        "session.idle" => What::Stopped { text: text("text") },
        "session.error" => match input.pointer("/error/name").and_then(Value::as_str) {
            Some("MessageAbortedError") => What::Interrupted,
            name => {
                let message = input.pointer("/error/data/message").and_then(Value::as_str);
                What::Failed { error: one_line(message.or(name)?) }
            }
        },
        _ => return None,
    };
    // A subagent has a session of its own, which names the session that started it.
    let (own, parent) = (string(input, "sessionID")?, string(input, "parentID"));
    Some(Report {
        session: parent.clone().unwrap_or_else(|| own.clone()),
        folder: string(input, "directory"),
        model: string(input, "model"),
        subagent: parent.map(|_| own),
        what,
    })
}

fn used(input: &Value) -> Option<Use> {
    Some(Use {
        tool: string(input, "tool")?,
        input: bounded_json(input.get("args").unwrap_or(&Value::Null)),
        call: string(input, "callID"),
    })
}

/// The plugin sends the answer on by itself.
pub(super) fn write(answer: &Answer) -> Option<Value> {
    let mut told = serde_json::Map::new();
    if let Some(context) = &answer.context {
        told.insert("context".into(), context.as_str().into());
    }
    if let Some(decision) = &answer.decision {
        let input =
            decision.input.as_ref().and_then(|input| serde_json::from_str::<Value>(input.text()).ok());
        match input.as_ref().and_then(|input| input.get("answers")) {
            Some(answers) => {
                told.insert("answers".into(), answers.clone());
            }
            None => {
                told.insert("reply".into(), if decision.allow { "once" } else { "reject" }.into());
                if let Some(message) = &decision.message {
                    told.insert("message".into(), message.as_str().into());
                }
            }
        }
    }
    (!told.is_empty()).then_some(Value::Object(told))
}
