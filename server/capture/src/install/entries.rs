//! The hooks of the agents that keep them in a JSON file.

use jsonc_parser::ast::{Object, Value as Node};
use serde_json::{Map, Value, json};

use super::json::{Container, append, delete, member, parse};
use super::program::Program;
use super::{InstallError, Installed, MARK};
use crate::agent::Agent;
use crate::hosts;

/// The member that has the hooks, in the file and in each group.
const HOOKS: &str = "hooks";

// A hook writes one line and ends. A longer wait means that it hangs, and the agent must continue.
const SHORT: u64 = 10;
// Codex allows no more for the last event of a session and for an interrupt.
const SHORT_AT_THE_END: u64 = 3;
// A request waits for a person, who may answer on the next day.
const LONG: u64 = 24 * 60 * 60;

/// Returns how long the agent waits for a hook, in the agent's own unit.
fn timeout(agent: Agent, event: &str) -> u64 {
    match (agent, event) {
        // Milliseconds. No event of Gemini CLI can be answered, so no hook waits.
        (Agent::Gemini, _) => SHORT * 1000,
        (_, "PermissionRequest" | "permissionRequest") => LONG,
        (Agent::Codex, "SessionEnd" | "Interrupt") => SHORT_AT_THE_END,
        _ => SHORT,
    }
}

/// Returns the hook of one event.
fn handler(agent: Agent, event: &str, program: &Program) -> Value {
    let (command, timeout) = (program.shell(agent, event), timeout(agent, event));
    match agent {
        Agent::Copilot => json!({"type": "command", "bash": command, "timeoutSec": timeout}),
        _ => json!({"type": "command", "command": command, "timeout": timeout}),
    }
}

/// Returns an element of the list of one event: a group with one hook, or the hook itself for Copilot CLI.
fn element(agent: Agent, event: &str, program: &Program) -> Value {
    let handler = handler(agent, event, program);
    if agent == Agent::Copilot { handler } else { json!({ HOOKS: [handler] }) }
}

pub(super) fn add(agent: Agent, text: &str, program: &Program) -> Result<String, InstallError> {
    if is_complete(agent, &installed(agent, text)?, program) {
        return Ok(text.to_owned());
    }
    let (mark, mut text) = without_mark(&remove(agent, text)?);
    if text.trim().is_empty() {
        text = "{}\n".into();
    }
    for event in hosts::events(agent) {
        text = with_event(agent, &text, event, program)?;
    }
    Ok(mark + &text)
}

/// Whether these are exactly the hooks that [`add`] writes.
fn is_complete(agent: Agent, found: &[Installed], program: &Program) -> bool {
    let events = hosts::events(agent);
    let has_one = |event: &&str| found.iter().filter(|hook| hook.event == **event).count() == 1;
    found.len() == events.len()
        && events.iter().all(has_one)
        && found.iter().all(|hook| hook.current && hook.program == *program)
}

fn with_event(agent: Agent, text: &str, event: &str, program: &Program) -> Result<String, InstallError> {
    let root = parse(text)?;
    let element = element(agent, event, program);
    let Some((_, hooks)) = member(&root, HOOKS)? else {
        let hooks: Map<String, Value> = [(event.to_owned(), json!([element]))].into_iter().collect();
        return Ok(append(text, &Container::object(&root), Some(HOOKS), &hooks));
    };
    let hooks = hooks.as_object().ok_or_else(|| not(HOOKS, "an object"))?;
    match member(hooks, event)? {
        None => Ok(append(text, &Container::object(hooks), Some(event), &json!([element]))),
        Some((_, list)) => {
            let list = list.as_array().ok_or_else(|| not(event, "an array"))?;
            Ok(append(text, &Container::array(list), None, &element))
        }
    }
}

pub(super) fn remove(agent: Agent, text: &str) -> Result<String, InstallError> {
    let (mark, mut text) = without_mark(text);
    if text.trim().is_empty() {
        return Ok(mark + &text);
    }
    while let Some((container, index)) = next(agent, &parse(&text)?)? {
        text = delete(&text, &container, index);
    }
    Ok(mark + &text)
}

/// Returns the next thing to remove: the largest one that has only hooks of Workroom.
fn next(agent: Agent, root: &Object<'_>) -> Result<Option<(Container, usize)>, InstallError> {
    let Some((index, hooks)) = member(root, HOOKS)? else { return Ok(None) };
    let Some(hooks) = hooks.as_object() else { return Ok(None) };
    let is_ours = |event: &str, list: &Node<'_>| {
        elements(list).is_some_and(|all| all.iter().all(|one| ours(agent, event, one)))
    };
    let events = || hooks.properties.iter().map(|member| (member.name.as_str(), &member.value));
    if !hooks.properties.is_empty() && events().all(|(event, list)| is_ours(event, list)) {
        return Ok(Some((Container::object(root), index)));
    }
    if let Some(index) = events().position(|(event, list)| is_ours(event, list)) {
        return Ok(Some((Container::object(hooks), index)));
    }
    for (event, list) in events() {
        let Some(list) = list.as_array() else { continue };
        if let Some(index) = list.elements.iter().position(|one| ours(agent, event, one)) {
            return Ok(Some((Container::array(list), index)));
        }
        for group in list.elements.iter().filter_map(Node::as_object) {
            let Some(handlers) = group.get_array(HOOKS) else { continue };
            let is_handler = |one: &Node<'_>| program(agent, event, one).is_some();
            if let Some(index) = handlers.elements.iter().position(is_handler) {
                return Ok(Some((Container::array(handlers), index)));
            }
        }
    }
    Ok(None)
}

/// Returns the elements of an array that is not empty.
fn elements<'a, 'b>(list: &'b Node<'a>) -> Option<&'b [Node<'a>]> {
    list.as_array().map(|list| &*list.elements).filter(|elements| !elements.is_empty())
}

/// Whether an element of the list of an event has only hooks of Workroom.
fn ours(agent: Agent, event: &str, element: &Node<'_>) -> bool {
    if agent == Agent::Copilot {
        return program(agent, event, element).is_some();
    }
    let handlers =
        element.as_object().and_then(|group| group.get(HOOKS)).and_then(|member| elements(&member.value));
    handlers.is_some_and(|handlers| handlers.iter().all(|one| program(agent, event, one).is_some()))
}

/// Returns the program of a hook of Workroom.
fn program(agent: Agent, event: &str, handler: &Node<'_>) -> Option<Program> {
    let name = if agent == Agent::Copilot { "bash" } else { "command" };
    let command = handler.as_object()?.get_string(name)?;
    Program::of_shell(agent, event, &command.value)
}

pub(super) fn installed(agent: Agent, text: &str) -> Result<Vec<Installed>, InstallError> {
    let (_, text) = without_mark(text);
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let root = parse(&text)?;
    let Some(hooks) = member(&root, HOOKS)?.and_then(|(_, hooks)| hooks.as_object()) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for event in &hooks.properties {
        let (event, list) = (event.name.as_str(), elements(&event.value).unwrap_or_default());
        for (group, element) in list.iter().enumerate() {
            let handlers = match element.as_object().and_then(|group| group.get_array(HOOKS)) {
                Some(handlers) if agent != Agent::Copilot => &*handlers.elements,
                _ => std::slice::from_ref(element),
            };
            for (index, one) in handlers.iter().enumerate() {
                let Some(program) = program(agent, event, one) else { continue };
                let is_event = hosts::events(agent).contains(&event);
                let current = is_event && Value::from(one.clone()) == handler(agent, event, &program);
                found.push(Installed { event: event.into(), program, position: (group, index), current });
            }
        }
    }
    Ok(found)
}

fn without_mark(text: &str) -> (String, String) {
    match text.strip_prefix(MARK) {
        Some(text) => (MARK.into(), text.into()),
        None => (String::new(), text.into()),
    }
}

fn not(name: &str, form: &'static str) -> InstallError {
    InstallError::Form(name.into(), form)
}

#[cfg(test)]
mod tests;
