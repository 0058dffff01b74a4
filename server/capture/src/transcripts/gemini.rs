//! Gemini CLI: a journal of messages, and of patches that replace the whole list. The last version of a message counts.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, Seek};
use std::ops::ControlFlow;

use serde_json::Value;

use super::lines::Lines;
use super::{Entry, Said, joined, text, time};
use crate::hosts::{bounded, bounded_json, result};
use crate::sign::Use;

/// What begins the message that Gemini CLI itself puts before the prompts. After a cancelled request, it repeats the
/// prompts in that message.
const CONTEXT: &str = "<session_context>";

/// Reads the journal twice: first to find the last version of each message, and then the messages.
pub(super) fn read(
    input: impl BufRead + Seek,
    mut emit: impl FnMut(Entry) -> ControlFlow<()>,
) -> io::Result<u64> {
    let mut last = HashMap::new();
    let mut lines = Lines::new(input);
    while let Some((number, record)) = lines.next_record()? {
        for (index, message) in messages(&record).iter().enumerate() {
            if let Some(key) = key(message) {
                last.insert(key, (number, index));
            }
        }
    }
    let skipped = lines.skipped();
    let mut input = lines.into_input();
    input.rewind()?;
    let mut lines = Lines::new(input);
    let mut entries = Vec::new();
    while let Some((number, record)) = lines.next_record()? {
        for (index, message) in messages(&record).iter().enumerate() {
            if key(message).and_then(|key| last.get(&key)) == Some(&(number, index)) {
                entries_of(message, &mut entries);
            }
        }
        for entry in entries.drain(..) {
            if emit(entry).is_break() {
                return Ok(skipped);
            }
        }
    }
    Ok(skipped)
}

fn messages(record: &Value) -> &[Value] {
    match record.pointer("/$set/messages").and_then(Value::as_array) {
        Some(messages) => messages,
        None => std::slice::from_ref(record),
    }
}

// Only the hash of an id is kept, because a long session has many.
fn key(message: &Value) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    text(message, "/id")?.hash(&mut hasher);
    Some(hasher.finish())
}

fn entries_of(message: &Value, entries: &mut Vec<Entry>) {
    let Some(id) = text(message, "/id") else { return };
    let at = time(message, "/timestamp");
    let content = joined(message.get("content").unwrap_or(&Value::Null), |_| true);
    let content = bounded(&content);
    let mut add = |id: String, at, what| entries.push(Entry { id, at, what });
    match text(message, "/type") {
        Some("user") if !content.is_empty() && !content.starts_with(CONTEXT) => {
            add(id.to_owned(), at, Said::Prompt(content));
        }
        Some("gemini") => {
            if let Some(model) = text(message, "/model") {
                add(id.to_owned(), at, Said::Model(model.to_owned()));
            }
            if !content.is_empty() {
                add(id.to_owned(), at, Said::Text(content));
            }
            for (index, call) in
                message.get("toolCalls").and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                let Some(what) = used(call) else { continue };
                let name = text(call, "/id").map_or_else(|| index.to_string(), str::to_owned);
                add(format!("{id}-{name}"), time(call, "/timestamp").or(at), what);
            }
        }
        Some("error") if !content.is_empty() => add(id.to_owned(), at, Said::Failed(content)),
        Some("info") if content == "Request cancelled." => add(id.to_owned(), at, Said::Ended),
        _ => {}
    }
}

fn used(call: &Value) -> Option<Said> {
    let response = call.pointer("/result/0/functionResponse/response").unwrap_or(&Value::Null);
    Some(Said::Used {
        used: Use {
            tool: text(call, "/name")?.to_owned(),
            input: bounded_json(call.get("args").unwrap_or(&Value::Null)),
            call: text(call, "/id").map(str::to_owned),
        },
        ok: text(call, "/status").is_none_or(|status| status == "success"),
        summary: result(response),
    })
}
