//! Codex runs only hooks that the user trusts. Its own server knows their names and hashes.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use workroom_capture::install::{ConfigFile, Program, Trust, trusted};
use workroom_capture::{Agent, hosts};

use super::{program, trust_file};
use crate::cli::change::{After, Consent, with_line_ends_of};
use crate::cli::failure::Failure;
use crate::cli::{runtime, terminal};

/// Far longer than Codex takes to start. A Codex that takes longer waits for something else.
const PATIENCE: Duration = Duration::from_secs(30);

/// A hook of Workroom, as Codex sees it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hook {
    key: String,
    event_name: String,
    command: Option<String>,
    current_hash: String,
    trust_status: String,
}

impl Hook {
    /// Whether Codex runs the hook.
    pub(super) fn is_trusted(&self) -> bool {
        // Hooks of an administrator are `managed`.
        matches!(self.trust_status.as_str(), "trusted" | "managed")
    }

    fn is_ours(&self) -> bool {
        let event =
            hosts::events(Agent::Codex).iter().find(|event| event.eq_ignore_ascii_case(&self.event_name));
        let command = event.zip(self.command.as_deref());
        command.is_some_and(|(event, command)| Program::of_shell(Agent::Codex, event, command).is_some())
    }
}

/// Offers to trust the installed hooks.
pub(super) fn trust(hooks: &ConfigFile, consent: Consent) -> Result<(), Failure> {
    const LATER: &str = "Codex asks you to review the hooks at its next start in a terminal. Until you trust them, it does \
                         not run them, and `codex exec` does not mention it.";
    let mut err = terminal::err();
    let Some(codex) = program::on_path("codex").next().filter(|_| !consent.print) else {
        return Ok(writeln!(err, "{LATER}")?);
    };
    drop(err);
    let question = format!(
        "Codex does not run hooks that you have not trusted. Trust these hooks now? This runs {} to get their hashes.",
        terminal::path(&codex)
    );
    if !consent.confirmed(&question)? {
        return Ok(writeln!(terminal::err(), "{LATER}")?);
    }
    let found = match list(&codex, &hooks.folder) {
        Ok(found) => found,
        Err(why) => return Ok(writeln!(terminal::err(), "Codex did not list its hooks: {why}. {LATER}")?),
    };
    let new: Vec<_> = found
        .into_iter()
        .filter(|hook| !hook.is_trusted())
        .map(|hook| Trust { key: hook.key, hash: hook.current_hash })
        .collect();
    if new.is_empty() {
        return Ok(writeln!(terminal::err(), "Codex trusts the hooks already.")?);
    }
    consent.change(&trust_file(hooks), "Trust these hooks?", |before| {
        let before = before.unwrap_or_default();
        let after = trusted(before, &new).map_err(|error| error.to_string())?;
        Ok(After::Text(with_line_ends_of(before, &after)))
    })?;
    Ok(())
}

/// Returns Workroom's hooks in the user's configuration of Codex.
pub(super) fn list(codex: &Path, folder: &Path) -> Result<Vec<Hook>, String> {
    let listed = async {
        tokio::time::timeout(PATIENCE, ask(codex, folder))
            .await
            .map_err(|_| "it does not answer".to_owned())?
    };
    runtime().map_err(|error| error.to_string())?.block_on(listed)
}

async fn ask(codex: &Path, folder: &Path) -> Result<Vec<Hook>, String> {
    let mut command = Command::new(codex);
    command.arg("app-server").current_dir(folder).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("it has no input and output".into());
    };
    let mut server = Server { input, output: BufReader::new(output).lines() };
    let client = json!({"name": "workroom", "title": "Workroom", "version": env!("CARGO_PKG_VERSION")});
    server.call(1, "initialize", json!({"clientInfo": client})).await?;
    server.send(&json!({"method": "initialized"})).await?;
    let result = server.call(2, "hooks/list", json!({"cwds": [folder]})).await?;
    let hooks = result.pointer("/data/0/hooks").cloned().unwrap_or_default();
    let hooks: Vec<Hook> = serde_json::from_value(hooks).map_err(|error| error.to_string())?;
    Ok(hooks.into_iter().filter(Hook::is_ours).collect())
}

/// The server of Codex, which writes one JSON-RPC message a line.
struct Server {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    async fn send(&mut self, message: &Value) -> Result<(), String> {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.map_err(|error| error.to_string())
    }

    /// Returns the result of a call. Notifications before it are skipped.
    async fn call(&mut self, id: u64, method: &str, params: Value) -> Result<Value, String> {
        self.send(&json!({"id": id, "method": method, "params": params})).await?;
        while let Some(line) = self.output.next_line().await.map_err(|error| error.to_string())? {
            let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
            if message.get("id") != Some(&id.into()) || message.get("method").is_some() {
                continue;
            }
            return match message.get("result") {
                Some(result) => Ok(result.clone()),
                None => Err(format!("it rejects {method}: {}", message["error"]["message"])),
            };
        }
        Err("it ended".into())
    }
}
