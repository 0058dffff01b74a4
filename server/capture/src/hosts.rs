//! What each agent's hooks send, and the answers that they accept.
//!
//! All of it was observed on running agents; `docs/agents.md` names the versions.

mod claude;
mod copilot;
mod gemini;
mod opencode;
mod text;

#[cfg(unix)]
pub(crate) use self::opencode::QUESTION;
pub(crate) use self::text::{bounded, bounded_json, one_line, result};

use serde_json::Value;

use super::agent::Agent;
use super::answer::Answer;
use super::sign::{Use, What};

/// What a hook reported, without what is the same for every agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The agent's own id of the session.
    pub session: String,
    /// The agent's working folder.
    pub folder: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The subagent.
    pub subagent: Option<String>,
    /// What happened.
    pub what: What,
}

/// Reads what the hook of `event` received. Returns `None` for what is not captured, and for what cannot be read.
pub fn read(agent: Agent, event: &str, input: &Value, ask: &str) -> Option<Report> {
    match agent {
        Agent::Claude | Agent::Codex | Agent::Qwen => claude::read(agent, event, input, ask),
        Agent::Copilot => copilot::read(event, input, ask),
        Agent::Gemini => gemini::read(event, input),
        Agent::Opencode => opencode::read(event, input, ask),
    }
}

/// Whether the agent waits for the answer of this hook before it continues, and its own dialog is not usable meanwhile.
pub fn blocks_its_dialog(agent: Agent) -> bool {
    matches!(agent, Agent::Codex | Agent::Copilot | Agent::Qwen)
}

/// Writes the answer to a hook in the form that the agent accepts; `None` if it has none for this event.
pub fn write(agent: Agent, event: &str, answer: &Answer) -> Option<String> {
    match agent {
        Agent::Claude | Agent::Codex | Agent::Qwen => claude::write(agent, event, answer),
        Agent::Copilot => copilot::write(event, answer),
        Agent::Gemini => gemini::write(event, answer),
        Agent::Opencode => opencode::write(answer),
    }
    .map(|value| value.to_string())
}

/// Whether the agent takes a text for its context from the hook of this event.
#[cfg(unix)]
pub(super) fn takes_context(agent: Agent, event: &str) -> bool {
    let answer = Answer { context: Some(String::new()), ..Answer::default() };
    (agent != Agent::Opencode || event == "chat.message") && write(agent, event, &answer).is_some()
}

/// The socket on which a session of this agent accepts messages, which it tells its hooks in their environment.
#[cfg(unix)]
pub(super) fn socket(agent: Agent) -> Option<String> {
    let variable = match agent {
        Agent::Claude => "CLAUDE_CODE_MESSAGING_SOCKET",
        Agent::Qwen => "QWEN_CODE_MESSAGING_SOCKET",
        Agent::Codex | Agent::Opencode | Agent::Copilot | Agent::Gemini => return None,
    };
    std::env::var(variable).ok().filter(|path| !path.is_empty())
}

/// The use of a tool in one line: what people look at first, such as the command or the file.
pub fn line(used: &Use) -> String {
    const FIRST: &[&str] = &[
        "command",
        "cmd",
        "file_path",
        "filePath",
        "absolute_path",
        "notebook_path",
        "path",
        "pattern",
        "query",
        "url",
        "description",
        "prompt",
        "questions",
        "message",
    ];
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        // Some agents give the arguments of a program.
        Value::Array(words) if words.iter().all(Value::is_string) => {
            Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        Value::Array(items) => items.first()?.get("question")?.as_str().map(str::to_owned),
        _ => None,
    };
    let named = FIRST.iter().find_map(|name| text(used.input.get(*name)?));
    let any = || used.input.as_object()?.values().find_map(text);
    match named.or_else(any) {
        Some(text) => text::one_line(&text),
        None => used.tool.clone(),
    }
}

/// What a tool is used for, as far as it matters for what is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It reads a file.
    Read,
    /// It searches or lists files.
    Search,
    /// It changes files.
    Edit,
    /// Anything else.
    Other,
}

/// What a tool of any agent is used for.
pub fn work(tool: &str) -> Work {
    match tool {
        "Read" | "read" | "read_file" | "read_many_files" | "view" | "NotebookRead" => Work::Read,
        "Glob"
        | "Grep"
        | "LS"
        | "glob"
        | "grep"
        | "list"
        | "rg"
        | "search_file_content"
        | "grep_search"
        | "list_directory"
        | "list_dir"
        | "ToolSearch"
        | "TodoWrite"
        | "todo_write"
        | "todowrite"
        | "todoread" => Work::Search,
        "Edit" | "MultiEdit" | "Write" | "NotebookEdit" | "edit" | "write" | "patch" | "apply_patch"
        | "write_file" | "replace" | "create" | "str_replace_editor" => Work::Edit,
        _ => Work::Other,
    }
}

/// How many files were read and how many searches were made, as people read it.
pub(crate) fn counted(reads: u32, searches: u32) -> String {
    let some = |count: u32, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let parts = [some(reads, "file read", "files read"), some(searches, "search", "searches")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether a request for permission is a question with options, or a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Permission for an action.
    Permission,
    /// Answers to the questions in its input.
    Answers,
    /// That a plan be accepted.
    Plan,
}

/// What a request for permission wants.
pub fn wants(tool: &str) -> Wants {
    match tool {
        "AskUserQuestion" | opencode::QUESTION => Wants::Answers,
        "ExitPlanMode" => Wants::Plan,
        _ => Wants::Permission,
    }
}

/// The events for which a hook is installed, in the agent's own names.
pub fn events(agent: Agent) -> &'static [&'static str] {
    match agent {
        Agent::Claude => claude::EVENTS_OF_CLAUDE,
        Agent::Codex => claude::EVENTS_OF_CODEX,
        Agent::Qwen => claude::EVENTS_OF_QWEN,
        Agent::Copilot => copilot::EVENTS,
        Agent::Gemini => gemini::EVENTS,
        Agent::Opencode => opencode::EVENTS,
    }
}

fn string(input: &Value, name: &str) -> Option<String> {
    input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
