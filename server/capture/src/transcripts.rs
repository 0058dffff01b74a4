//! Transcripts: what agents store about their past sessions, read as the entries of a thread.
//!
//! A transcript is read line by line, because it can be far larger than the memory that an import may use.

mod claude;
mod codex;
mod copilot;
mod find;
mod gemini;
mod lines;
mod opencode;
mod qwen;
#[cfg(test)]
mod tests;
mod writer;

use std::io::{self, BufRead, Seek};
use std::ops::ControlFlow;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde_json::Value;
use workroom_processes::Companion;
use workroom_protocol::Timestamp;
use workroom_protocol::id::ThreadId;

pub use self::find::{Session, Subagent, folder_of_transcripts, session_of_opencode, sessions};
pub use self::opencode::head;
pub use self::writer::Writer;

use self::lines::Lines;
use crate::agent::Agent;
use crate::sign::Use;

/// One thing that a transcript says.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The same in every reading of the transcript, also after it has grown.
    pub id: String,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// What happened.
    pub what: Said,
}

/// What a transcript says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The model of the entries from here on.
    Model(String),
    /// The user sent a prompt.
    Prompt(String),
    /// The agent wrote a text. The last one of a turn is its message.
    Text(String),
    /// The agent called a tool.
    Call(Use),
    /// The result of an earlier call, by the agent's own id of the call.
    Result {
        /// The call.
        call: String,
        /// Whether it succeeded.
        ok: bool,
        /// The last line of its output.
        summary: String,
    },
    /// A call with its result.
    Used {
        /// The call.
        used: Use,
        /// Whether it succeeded.
        ok: bool,
        /// The last line of its output.
        summary: String,
    },
    /// The turn failed.
    Failed(String),
    /// The turn ended, or the user interrupted it.
    Ended,
}

/// Reads a transcript to its end, or until `emit` breaks. Returns the number of lines that could not be read.
///
/// `is_subagent` says that the file is the transcript of a subagent.
///
/// # Errors
/// If the file cannot be read.
pub fn read(
    agent: Agent,
    is_subagent: bool,
    input: impl BufRead + Seek,
    mut emit: impl FnMut(Entry) -> ControlFlow<()>,
) -> io::Result<u64> {
    let format: fn(&Value, &str, &mut Vec<Entry>) = match agent {
        Agent::Gemini => return gemini::read(input, emit),
        Agent::Opencode => return opencode::read(input, emit),
        Agent::Claude if is_subagent => claude::entries_of_subagent,
        Agent::Claude => claude::entries,
        Agent::Codex => codex::entries,
        Agent::Copilot => copilot::entries,
        Agent::Qwen => qwen::entries,
    };
    let mut lines = Lines::new(input);
    let mut entries = Vec::new();
    while let Some((number, record)) = lines.next_record()? {
        format(&record, &number.to_string(), &mut entries);
        for entry in entries.drain(..) {
            if emit(entry).is_break() {
                return Ok(lines.skipped());
            }
        }
    }
    Ok(lines.skipped())
}

/// Returns the thread of a session whose hooks were captured while it ran.
pub fn captured(home: &Path, agent: Agent, session: &str) -> Option<ThreadId> {
    #[derive(Deserialize)]
    struct Progress {
        thread: Option<ThreadId>,
    }
    let text = std::fs::read(Companion::of(home, agent.name(), session).path("progress")).ok()?;
    serde_json::from_slice::<Progress>(&text).ok()?.thread
}

fn text<'a>(record: &'a Value, path: &str) -> Option<&'a str> {
    record.pointer(path).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// The time in a field with RFC 3339.
fn time(record: &Value, path: &str) -> Option<Timestamp> {
    Timestamp::deserialize(StrDeserializer::<serde::de::value::Error>::new(text(record, path)?)).ok()
}

fn millis(record: &Value, path: &str) -> Option<Timestamp> {
    record.pointer(path).and_then(Value::as_i64).map(Timestamp::from_millis)
}

/// The texts of a list of parts, and of a text that is not a list.
fn joined(content: &Value, is_text: impl Fn(&Value) -> bool) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter(|part| is_text(part)).filter_map(|part| text(part, "/text"));
            texts.collect::<Vec<_>>().join("\n\n")
        }
        _ => String::new(),
    }
}
