//! Runs an installed hook as its agent does, with an event that means nothing.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use workroom_capture::Agent;
use workroom_capture::install::Program;

use crate::cli::runtime;

// As long as agents wait for a hook.
const PATIENCE: Duration = Duration::from_secs(10);

/// The session of the event. There is no session with this name.
const SESSION: &str = "workroom-dry-run";

/// What the hook did.
#[derive(Debug, Clone, Serialize)]
pub(super) struct DryRun {
    /// Whether the agent would continue as if there were no hook.
    pub(super) ok: bool,
    /// The exit code; absent if the hook did not end by itself.
    pub(super) exit_code: Option<i32>,
    /// Whether the hook printed nothing.
    pub(super) is_silent: bool,
    /// How long it took.
    pub(super) ms: u64,
}

/// Returns an event that nobody reports, and its input.
fn event(agent: Agent) -> (&'static str, Value) {
    let of_type = |session: &str, event: &str| json!({session: SESSION, "hook_event_name": event, "notification_type": "workroom_dry_run", "message": ""});
    match agent {
        Agent::Claude | Agent::Qwen | Agent::Gemini => {
            ("Notification", of_type("session_id", "Notification"))
        }
        Agent::Copilot => ("notification", of_type("sessionId", "notification")),
        // A prompt without text is not reported.
        Agent::Codex => (
            "UserPromptSubmit",
            json!({"session_id": SESSION, "hook_event_name": "UserPromptSubmit", "prompt": ""}),
        ),
        Agent::Opencode => ("chat.message", json!({"sessionID": SESSION, "text": ""})),
    }
}

/// Runs the hook.
pub(super) fn dry_run(agent: Agent, program: &Program) -> std::io::Result<DryRun> {
    let (event, input) = event(agent);
    let mut command = match agent {
        Agent::Opencode => {
            let mut command = Command::new(&program.path);
            command.args(&program.arguments(agent, event)[1..]);
            command
        }
        _ => {
            let mut command = Command::new("sh");
            command.args(["-c", &program.shell(agent, event)]);
            command
        }
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    runtime()?.block_on(async {
        let begun = Instant::now();
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A hook that does not read its input closes it.
            let _ = stdin.write_all(input.to_string().as_bytes()).await;
        }
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Ok(output) = output else {
            return Ok(DryRun { ok: false, exit_code: None, is_silent: true, ms });
        };
        let output = output?;
        let (exit_code, is_silent) = (output.status.code(), output.stdout.is_empty());
        Ok(DryRun { ok: exit_code == Some(0) && is_silent, exit_code, is_silent, ms })
    })
}
