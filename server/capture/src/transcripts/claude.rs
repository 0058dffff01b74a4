//! Claude Code: one line for each block of a message.

use serde_json::Value;

use super::{Entry, Said, text, time};
use crate::hosts::{bounded, bounded_json, result};
use crate::sign::Use;

// Claude Code stores its own notes, the output of its own commands, and their invocations like prompts.
const NOT_PROMPTS: [&str; 6] =
    ["<command-", "<local-command-", "<system-reminder>", "<task-notification>", "<bash-", "Caveat: "];
const INTERRUPTED: &str = "[Request interrupted by user";
/// The model of the messages that Claude Code writes itself.
const SYNTHETIC: &str = "<synthetic>";

pub(super) fn entries(record: &Value, position: &str, entries: &mut Vec<Entry>) {
    if !is_true(record, "isSidechain") {
        entries_of_subagent(record, position, entries);
    }
}

/// The entries of a file in which every line is marked as a side chain.
pub(super) fn entries_of_subagent(record: &Value, position: &str, entries: &mut Vec<Entry>) {
    let id = text(record, "/uuid").unwrap_or(position);
    let at = time(record, "/timestamp");
    let mut add = |block: usize, what| entries.push(Entry { id: format!("{id}-{block}"), at, what });
    match text(record, "/type") {
        Some("user") if !is_hidden(record) => match record.pointer("/message/content") {
            Some(Value::String(prompt)) => said(prompt).into_iter().for_each(|what| add(0, what)),
            Some(Value::Array(blocks)) => {
                for (index, block) in blocks.iter().enumerate() {
                    match text(block, "/type") {
                        Some("text") => {
                            text(block, "/text").and_then(said).into_iter().for_each(|what| add(index, what));
                        }
                        Some("tool_result") => {
                            result_of(record, block).into_iter().for_each(|what| add(index, what));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        },
        Some("assistant") => {
            let blocks = record.pointer("/message/content").and_then(Value::as_array);
            let model = text(record, "/message/model").filter(|model| *model != SYNTHETIC);
            if let Some(model) = model {
                add(0, Said::Model(model.to_owned()));
            }
            for (index, block) in blocks.into_iter().flatten().enumerate() {
                match text(block, "/type") {
                    Some("text") => {
                        let Some(text) = text(block, "/text").map(bounded) else { continue };
                        let is_error = is_true(record, "isApiErrorMessage");
                        add(index, if is_error { Said::Failed(text) } else { Said::Text(text) });
                    }
                    Some("tool_use") => {
                        call_of(block).into_iter().for_each(|used| add(index, Said::Call(used)));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Whether a user message is not a prompt: only the model sees it.
fn is_hidden(record: &Value) -> bool {
    let origin = text(record, "/origin/kind");
    ["isMeta", "isCompactSummary", "isVisibleInTranscriptOnly"].iter().any(|name| is_true(record, name))
        || origin.is_some_and(|kind| kind != "human")
}

fn said(prompt: &str) -> Option<Said> {
    let prompt = prompt.trim();
    if prompt.starts_with(INTERRUPTED) {
        return Some(Said::Ended);
    }
    let is_prompt = !prompt.is_empty() && !NOT_PROMPTS.iter().any(|start| prompt.starts_with(start));
    is_prompt.then(|| Said::Prompt(bounded(prompt)))
}

fn call_of(block: &Value) -> Option<Use> {
    Some(Use {
        tool: text(block, "/name")?.to_owned(),
        input: bounded_json(block.get("input").unwrap_or(&Value::Null)),
        call: Some(text(block, "/id")?.to_owned()),
    })
}

fn result_of(record: &Value, block: &Value) -> Option<Said> {
    // The response that hooks receive is beside the message, and the message has it as the model sees it.
    let response = record.get("toolUseResult").or_else(|| block.get("content"));
    let is_interrupted = record.pointer("/toolUseResult/interrupted").and_then(Value::as_bool) == Some(true);
    Some(Said::Result {
        call: text(block, "/tool_use_id")?.to_owned(),
        ok: !is_true(block, "is_error") && !is_interrupted,
        summary: result(response.unwrap_or(&Value::Null)),
    })
}

fn is_true(record: &Value, name: &str) -> bool {
    record.get(name).and_then(Value::as_bool) == Some(true)
}
