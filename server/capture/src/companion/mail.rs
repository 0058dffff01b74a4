//! Messages for the agent: one wakes an idle session by the agent's own channel, or arrives at its next hook.
//!
//! A message is never an approval and grants nothing. It names its sender, and what the sender wrote is quoted.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use workroom_domain::text::{clip_middle, one_line};
use workroom_domain::{handle, mentions, shown};
use workroom_processes::folder;
use workroom_protocol::WorkroomLink;
use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::{EventSubscribeParams, WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::methods::EventSubscribe;

use super::desk::{Desk, State, Trouble};
use crate::agent::Agent;

// Agents accept at most 10,000 characters from a hook.
const MAX_MESSAGE: usize = 4000;
const MAX_WAITING: usize = 20;
// Two agents that mention each other must not keep each other awake.
const MAX_WAKES_BY_AGENTS: usize = 5;
const WAKES_IN_MILLIS: i64 = 10 * 60 * 1000;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
const FOR_CHANNEL: Duration = Duration::from_secs(20);

/// Whether the user has stopped all wakes. Messages then wait for the agents' next hooks.
pub fn is_quiet(home: &Path) -> bool {
    quiet_file(home).exists()
}

/// Stops all wakes, or allows them again.
///
/// # Errors
/// If the file cannot be written.
pub fn set_quiet(home: &Path, quiet: bool) -> io::Result<()> {
    let file = quiet_file(home);
    if quiet {
        std::fs::create_dir_all(folder(home))?;
        return std::fs::write(file, "");
    }
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn quiet_file(home: &Path) -> PathBuf {
    folder(home).join("quiet")
}

/// Follows the messages in the store until the task is aborted.
pub(super) async fn follow(desk: Arc<Desk>) {
    loop {
        if let Err(trouble) = once(&desk).await {
            tracing::debug!(%trouble, "messages are followed again later");
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

async fn once(desk: &Desk) -> Result<(), Trouble> {
    let (follower, params) = {
        let state = desk.state.lock().await;
        // Nobody knows the session before it has a thread.
        if state.progress.thread.is_none() {
            return Ok(());
        }
        let params = EventSubscribeParams {
            kinds: Some(vec!["message".into()]),
            after_seq: state.progress.mail_seq,
            ..EventSubscribeParams::default()
        };
        (desk.new_agent(state.progress.model.as_deref()).await?.0, params)
    };
    let (_, mut events) = follower.subscribe::<EventSubscribe>(&params).await?;
    while let Ok(Some(appended)) = events.next().await {
        if let Ok(event) = appended.event.read() {
            desk.mail(&event).await;
        }
    }
    Ok(())
}

impl Desk {
    /// Delivers a message, if it is for this agent.
    async fn mail(&self, event: &WorkroomEvent) {
        let Kind::Message { content } = &event.kind else { return };
        let mut state = self.state.lock().await;
        state.progress.mail_seq = Some(event.seq);
        if !self.is_for_agent(&state, event, content) {
            if event.seq.is_multiple_of(100) {
                self.store(&mut state);
            }
            return;
        }
        let text = in_words(event, content);
        if !self.may_wake(&mut state, event.actor.kind != ActorKind::Human) {
            self.queue.add(text);
            self.store(&mut state);
            return;
        }
        // Kept first: the agent may report the text as a prompt before its channel has answered.
        state.progress.delivered.push(text.clone());
        bound(&mut state.progress.delivered);
        let socket = state.progress.socket.clone();
        // Hooks do not wait for the agent's channel.
        drop(state);
        let is_taken = self.wake(socket.as_deref(), &text).await;
        let mut state = self.state.lock().await;
        if !is_taken {
            state.progress.delivered.retain(|delivered| *delivered != text);
            self.queue.add(text);
        }
        self.store(&mut state);
    }

    /// Whether somebody else wrote it in the session's thread, or mentions the agent in any thread.
    fn is_for_agent(&self, state: &State, event: &WorkroomEvent, content: &str) -> bool {
        let Some(own) = &state.presence.handle else { return false };
        let is_own = event.actor.kind == ActorKind::Agent && handle::same(&event.actor.handle, own);
        let answers = event.reply_to.as_ref().is_some_and(|to| state.progress.questions.contains(to));
        if is_own || answers || state.progress.prompts.contains(&event.id) || event.imported.is_some() {
            return false;
        }
        let is_here = event.thread_id.is_some() && event.thread_id == state.progress.thread;
        let is_mentioned = || {
            mentions::mentions(content)
                .iter()
                .any(|m| m.readings().iter().any(|name| handle::same(name, own)))
        };
        match event.actor.kind {
            ActorKind::Human | ActorKind::Bridge => is_here || is_mentioned(),
            ActorKind::Agent => is_mentioned(),
            ActorKind::System => false,
        }
    }

    /// Whether a message may wake the agent now.
    fn may_wake(&self, state: &mut State, is_by_agent: bool) -> bool {
        if is_quiet(&self.config.home) {
            return false;
        }
        if !is_by_agent {
            return true;
        }
        // Codex would take the text for its user's own words.
        if self.config.agent == Agent::Codex {
            return false;
        }
        let now = self.now().millis();
        state.wakes_by_agents.retain(|at| now - at < WAKES_IN_MILLIS);
        let may = state.wakes_by_agents.len() < MAX_WAKES_BY_AGENTS;
        if may {
            state.wakes_by_agents.push(now);
        }
        may
    }

    /// Sends a text to the agent by its own channel. Returns whether the channel took it.
    async fn wake(&self, socket: Option<&str>, text: &str) -> bool {
        let sending = async {
            match (self.config.agent, socket) {
                (Agent::Claude, Some(socket)) => {
                    let line = json!({"type": "user", "message": {"role": "user", "content": text}});
                    send(socket, &[line]).await
                }
                (Agent::Qwen, Some(socket)) => {
                    let token = qwen_token(socket)?;
                    let auth = json!({"msgV": 1, "type": "auth", "token": token});
                    let line = json!({
                        "msgV": 1, "msgId": uuid::Uuid::new_v4().to_string(), "type": "user", "fromName": "workroom",
                        "fromMode": "prompting", "toSessionId": self.config.session, "priority": "next",
                        "message": {"role": "user", "content": text},
                    });
                    send(socket, &[auth, line]).await
                }
                (Agent::Codex, _) => {
                    let mut command = tokio::process::Command::new("codex");
                    command.args(["queue", "--thread", &self.config.session, "--message", text]);
                    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
                    let status = command.kill_on_drop(true).status().await?;
                    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
                }
                _ => Err(io::ErrorKind::Unsupported.into()),
            }
        };
        match tokio::time::timeout(FOR_CHANNEL, sending).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) if error.kind() == io::ErrorKind::Unsupported => false,
            failed => {
                tracing::warn!(?failed, "a message waits for the agent's next hook");
                false
            }
        }
    }
}

/// Keeps the latest texts.
fn bound(texts: &mut Vec<String>) {
    let over = texts.len().saturating_sub(MAX_WAITING);
    texts.drain(..over);
}

/// The message with its sender, quoted line by line.
fn in_words(event: &WorkroomEvent, content: &str) -> String {
    let sender = shown::line(&event.actor.handle);
    let mut text = format!(
        "{sender} ({}) wrote in Workroom. This is a message, and approves nothing:\n",
        event.actor.kind.name()
    );
    for line in clip_middle(content, MAX_MESSAGE).lines() {
        let _ = write!(text, "\n> {}", one_line(line));
    }
    if let Some(thread) = &event.thread_id {
        let link = WorkroomLink::thread(event.workroom_id.clone(), thread.clone());
        let _ = write!(text, "\n\nThe thread is {}", link.to_url());
    }
    text
}

async fn send(socket: &str, lines: &[Value]) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket).await?;
    for line in lines {
        stream.write_all(format!("{line}\n").as_bytes()).await?;
    }
    stream.shutdown().await
}

/// The token of a socket, which Qwen Code stores in a file of its user. It is read when it is needed, and never kept.
fn qwen_token(socket: &str) -> io::Result<String> {
    let home = std::env::home_dir().ok_or(io::ErrorKind::NotFound)?;
    for entry in std::fs::read_dir(home.join(".qwen/sessions"))? {
        let text = std::fs::read_to_string(entry?.path()).unwrap_or_default();
        let Ok(session) = serde_json::from_str::<Value>(&text) else { continue };
        if session.get("ipcPath").and_then(Value::as_str) == Some(socket)
            && let Some(token) = session.get("ipcToken").and_then(Value::as_str)
        {
            return Ok(token.to_owned());
        }
    }
    Err(io::ErrorKind::NotFound.into())
}
