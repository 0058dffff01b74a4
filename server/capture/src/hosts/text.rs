//! Bounds for what agents send.

use serde_json::Value;
use workroom_domain::text::{clip_middle, one_line as single};

/// The longest prompt, message or error that is kept, in characters.
pub(crate) const MAX_TEXT: usize = 32 * 1024;
const MAX_LINE: usize = 300;
// Deeper and larger inputs than any tool takes.
const MAX_STRING: usize = 16 * 1024;
const MAX_MEMBERS: usize = 200;
const MAX_DEPTH: usize = 16;

pub(crate) fn bounded(text: &str) -> String {
    clip_middle(text.trim(), MAX_TEXT).into_owned()
}

/// A text in one line, with its middle left out if it is long.
pub(crate) fn one_line(text: &str) -> String {
    single(clip_middle(text.trim(), MAX_LINE).trim()).into_owned()
}

/// A JSON value with its long strings shortened and its long lists cut.
pub(crate) fn bounded_json(value: &Value) -> Value {
    bounded_to(value, 0)
}

fn bounded_to(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) => Value::String(clip_middle(text, MAX_STRING).into_owned()),
        Value::Array(_) | Value::Object(_) if depth == MAX_DEPTH => Value::String("…".into()),
        Value::Array(items) => {
            let mut kept: Vec<_> =
                items.iter().take(MAX_MEMBERS).map(|item| bounded_to(item, depth + 1)).collect();
            if items.len() > MAX_MEMBERS {
                kept.push(Value::String(format!("… {} more", items.len() - MAX_MEMBERS)));
            }
            Value::Array(kept)
        }
        Value::Object(members) => {
            let kept = members.iter().take(MAX_MEMBERS);
            Value::Object(kept.map(|(name, item)| (name.clone(), bounded_to(item, depth + 1))).collect())
        }
        other => other.clone(),
    }
}

/// The result of a tool in one line: the last line of its output, where programs put their summary.
pub(crate) fn result(response: &Value) -> String {
    const TEXTS: &[&str] = &[
        "stderr",
        "stdout",
        "output",
        "error",
        "textResultForLlm",
        "llmContent",
        "returnDisplay",
        "message",
        "content",
    ];
    let text = match response {
        Value::String(text) => Some(text.as_str()),
        Value::Object(members) => {
            TEXTS.iter().filter_map(|name| members.get(*name)?.as_str()).find(|text| !text.trim().is_empty())
        }
        _ => None,
    };
    one_line(text.unwrap_or_default().trim_end().rsplit('\n').next().unwrap_or_default())
}
