//! opencode: the document that `opencode export` prints. Its messages are read one by one.

use std::fmt;
use std::io::{self, BufRead};
use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Entry, Said, joined, millis, text};
use crate::hosts::{bounded, bounded_json, result};
use crate::sign::Use;

pub(super) fn read(input: impl BufRead, emit: impl FnMut(Entry) -> ControlFlow<()>) -> io::Result<u64> {
    let mut deserializer = serde_json::Deserializer::from_reader(input);
    deserializer.deserialize_map(Export { emit, is_over: false }).map_err(io::Error::from)?;
    Ok(0)
}

/// Returns `info` of the document.
///
/// # Errors
/// If the document cannot be read.
pub fn head(input: impl BufRead) -> io::Result<Value> {
    #[derive(Deserialize)]
    struct Head {
        info: Value,
        #[serde(rename = "messages")]
        _messages: IgnoredAny,
    }
    let head: Head = serde_json::from_reader(input)?;
    Ok(head.info)
}

struct Export<F> {
    emit: F,
    is_over: bool,
}

impl<'de, F: FnMut(Entry) -> ControlFlow<()>> Visitor<'de> for Export<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export of opencode")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "messages" => map.next_value_seed(Messages(&mut self))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Messages<'a, F>(&'a mut Export<F>);

impl<'de, F: FnMut(Entry) -> ControlFlow<()>> DeserializeSeed<'de> for Messages<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Entry) -> ControlFlow<()>> Visitor<'de> for Messages<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the messages of an export of opencode")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut messages: A) -> Result<(), A::Error> {
        let mut entries = Vec::new();
        while let Some(message) = messages.next_element::<Value>()? {
            entries_of(&message, &mut entries);
            for entry in entries.drain(..) {
                self.0.is_over = self.0.is_over || (self.0.emit)(entry).is_break();
            }
        }
        Ok(())
    }
}

fn entries_of(message: &Value, entries: &mut Vec<Entry>) {
    let Some(id) = text(message, "/info/id") else { return };
    let at = millis(message, "/info/time/created");
    let parts = message.get("parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut add = |id: &str, at, what| entries.push(Entry { id: id.to_owned(), at, what });
    match text(message, "/info/role") {
        Some("user") => {
            // opencode adds parts of its own, such as the contents of the files that the prompt names.
            let is_text = |part: &Value| {
                text(part, "/type") == Some("text")
                    && part.get("synthetic").and_then(Value::as_bool) != Some(true)
            };
            let prompt = joined(message.get("parts").unwrap_or(&Value::Null), is_text);
            if !prompt.trim().is_empty() {
                add(id, at, Said::Prompt(bounded(&prompt)));
            }
        }
        Some("assistant") => {
            if let Some(model) = text(message, "/info/modelID") {
                add(id, at, Said::Model(model.to_owned()));
            }
            for part in parts {
                let Some(id) = text(part, "/id") else { continue };
                match text(part, "/type") {
                    Some("text") => {
                        let at = millis(part, "/time/end").or(at);
                        text(part, "/text")
                            .into_iter()
                            .for_each(|text| add(id, at, Said::Text(bounded(text))));
                    }
                    Some("tool") => {
                        let at = millis(part, "/state/time/end").or(at);
                        used(part).into_iter().for_each(|what| add(id, at, what));
                    }
                    _ => {}
                }
            }
            let ended = millis(message, "/info/time/completed").or(at);
            match text(message, "/info/error/name") {
                Some("MessageAbortedError") => add(id, ended, Said::Ended),
                Some(name) => {
                    let error = text(message, "/info/error/data/message").unwrap_or(name);
                    add(id, ended, Said::Failed(bounded(error)));
                }
                None => {}
            }
        }
        _ => {}
    }
}

fn used(part: &Value) -> Option<Said> {
    let state = part.get("state")?;
    let is_over = matches!(text(state, "/status"), Some("completed" | "error"));
    let code = state.pointer("/metadata/exit").and_then(Value::as_i64);
    let response = state.get("output").or_else(|| state.get("error")).unwrap_or(&Value::Null);
    is_over.then_some(())?;
    Some(Said::Used {
        used: Use {
            tool: text(part, "/tool")?.to_owned(),
            input: bounded_json(state.get("input").unwrap_or(&Value::Null)),
            call: text(part, "/callID").map(str::to_owned),
        },
        ok: text(state, "/status") == Some("completed") && code.is_none_or(|code| code == 0),
        summary: result(response),
    })
}
