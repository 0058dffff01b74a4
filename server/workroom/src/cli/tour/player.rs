//! One server process, and its client.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::stage::{Role, Stage};
use crate::cli::failure::Failure;

/// A participant with a server.
pub(super) struct Player {
    role: Role,
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    /// Notifications that arrived before a response.
    told: VecDeque<String>,
    next_id: u64,
}

/// A message from a server.
pub(super) enum Message {
    Answer(Value),
    /// The line of a notification.
    Told(String),
}

impl Player {
    /// Starts a server with the store in `home`.
    pub(super) fn start(role: Role, home: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("app-server").arg("--home").arg(home);
        // A token for another store would be rejected here.
        command.env_remove("CODEWHALE_RUNTIME_TOKEN");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::message("a server without pipes"));
        };
        let output = BufReader::new(output).lines();
        Ok(Self { role, child, input: Some(input), output, told: VecDeque::new(), next_id: 0 })
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns the line of the next request, which is not sent yet, and its id.
    pub(super) fn request(&mut self, method: &str, params: &Value) -> (u64, String) {
        self.next_id += 1;
        let id = self.next_id;
        (id, json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string())
    }

    /// Sends lines, each with a newline.
    pub(super) async fn send(&mut self, lines: &str) -> Result<(), Failure> {
        let Some(input) = &mut self.input else { return Err(self.gone()) };
        // If the server has ended, its exit code matters, not our broken pipe.
        if input.write_all(lines.as_bytes()).await.is_err() || input.flush().await.is_err() {
            return Err(self.gone());
        }
        Ok(())
    }

    /// Returns the next message; `None` at the end of the server's output.
    pub(super) async fn receive(&mut self) -> Result<Option<(Message, String)>, Failure> {
        let Some(line) = self.output.next_line().await? else { return Ok(None) };
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            // A partial line from a server that was killed.
            return Ok(None);
        };
        let message = if message.get("method").is_some() {
            Message::Told(line.clone())
        } else {
            Message::Answer(message)
        };
        Ok(Some((message, line)))
    }

    /// Sends a request, shows it and its response, and returns the result.
    pub(super) async fn call(
        &mut self,
        stage: &Stage,
        method: &str,
        params: Value,
    ) -> Result<Value, Failure> {
        let id = self.sends(stage, method, params).await?;
        self.answers(stage, method, id).await
    }

    /// Sends a request that is answered later, shows it, and returns its id.
    pub(super) async fn sends(&mut self, stage: &Stage, method: &str, params: Value) -> Result<u64, Failure> {
        let (id, request) = self.request(method, &params);
        stage.sent(self.role, &request)?;
        self.send(&(request + "\n")).await?;
        Ok(id)
    }

    /// Shows the response to a request, and returns its result.
    pub(super) async fn answers(&mut self, stage: &Stage, method: &str, id: u64) -> Result<Value, Failure> {
        let (answer, line) = self.answer(id).await?;
        stage.received(self.role, &line)?;
        result(method, answer)
    }

    /// Sends a request that must fail, shows it and its response, and returns the error.
    pub(super) async fn refused(
        &mut self,
        stage: &Stage,
        method: &str,
        params: Value,
    ) -> Result<Value, Failure> {
        let id = self.sends(stage, method, params).await?;
        let (mut answer, line) = self.answer(id).await?;
        stage.received(self.role, &line)?;
        match answer.get_mut("error") {
            Some(error) => Ok(error.take()),
            None => Err(Failure::message(format!("{method} did not fail"))),
        }
    }

    /// Sends a request without showing it.
    pub(super) async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        let (id, request) = self.request(method, &params);
        self.send(&(request + "\n")).await?;
        result(method, self.answer(id).await?.0)
    }

    async fn answer(&mut self, id: u64) -> Result<(Value, String), Failure> {
        loop {
            match self.receive().await? {
                Some((Message::Answer(answer), line)) if answer["id"] == id => return Ok((answer, line)),
                Some((Message::Answer(_), _)) => {
                    return Err(Failure::message("a response to another request"));
                }
                Some((Message::Told(line), _)) => self.told.push_back(line),
                None => return Err(self.gone()),
            }
        }
    }

    /// Returns the event of the next notification, and its line.
    pub(super) async fn heard(&mut self) -> Result<(Value, String), Failure> {
        let line = match self.told.pop_front() {
            Some(line) => line,
            None => match self.receive().await? {
                Some((Message::Told(line), _)) => line,
                Some((Message::Answer(_), _)) => {
                    return Err(Failure::message("a response without a request"));
                }
                None => return Err(self.gone()),
            },
        };
        Ok((event(&line)?, line))
    }

    /// Waits for an event that another participant has just written, and shows how it arrives.
    pub(super) async fn hears(&mut self, stage: &Stage, written: &Value) -> Result<(), Failure> {
        let (event, line) = self.heard().await?;
        stage.received(self.role, &line)?;
        if event["id"] != written["id"] {
            return Err(Failure::message(format!(
                "{} received a different event than was written",
                self.role.name()
            )));
        }
        Ok(())
    }

    /// Sends SIGKILL.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        self.child.start_kill()?;
        self.child.wait().await?;
        self.input = None;
        Ok(())
    }

    /// Closes the input, and waits for the server to stop, which must succeed.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        self.input = None;
        // The output is read to its end, because a server that cannot write its last lines does not stop.
        while self.output.next_line().await?.is_some() {}
        let status = self.child.wait().await?;
        match status.success() {
            true => Ok(()),
            false => Err(Failure::message(format!("the server of {} ended with {status}", self.role.name()))),
        }
    }

    fn gone(&self) -> Failure {
        Failure::message(format!("the server of {} ended", self.role.name()))
    }
}

/// Returns the event in the line of a notification.
pub(super) fn event(line: &str) -> Result<Value, Failure> {
    let mut message: Value = serde_json::from_str(line)?;
    Ok(message["params"]["event"].take())
}

fn result(method: &str, mut answer: Value) -> Result<Value, Failure> {
    match answer.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(Failure::message(format!("{method} failed: {}", answer["error"]["message"]))),
    }
}
