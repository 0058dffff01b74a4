//! Drives the real binary: a server as a child process, and a client that exchanges lines with it.
#![allow(dead_code, reason = "each test target uses a part of it")]

#[cfg(unix)]
pub mod agents;
#[cfg(unix)]
pub mod clock;
pub mod needs;
pub mod node;
pub mod terminal;
pub mod wire;
pub mod world;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind};
use workroom_protocol::{ErrorKind, Json, Method};

/// How long to wait for a message that must arrive. Far longer than any message takes, so that only a missing one
/// fails a test.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The binary under test.
pub fn workroom() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_workroom"))
}

/// The top folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The home folder of one store, which is deleted at the end of the test.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// `$WORKROOM_HOME`, which does not exist before the first server starts.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.path().join("workroom.db")
    }

    /// A command of the binary on this home, with a separate environment.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(workroom());
        // The store of a new home belongs to ada, no matter who runs the tests.
        command.args(["--owner", "ada"]).args(arguments);
        command.env("WORKROOM_HOME", self.path()).env("HOME", self.folder.path());
        for name in
            ["CODEWHALE_HOME", "CODEWHALE_RUNTIME_TOKEN", "RUST_LOG", "WORKROOM_MODEL", "WORKROOM_SESSION"]
        {
            command.env_remove(name);
        }
        // The tests may run inside an agent. Tests about agents set the variables that they need.
        let agents = [
            "CLAUDE", "CODEX_", "GEMINI_", "QWEN_", "COPILOT_", "OPENCODE", "CURSOR_", "AI_AGENT", "AMP_",
            "GOOSE_", "CRUSH",
        ];
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| agents.iter().any(|agent| name.starts_with(agent))) {
                command.env_remove(name);
            }
        }
        command
    }

    /// A server on this home.
    pub fn server(&self) -> Server {
        Server::spawn(self.command(["app-server"]))
    }

    /// A server whose client has this token.
    pub fn bearer(&self, secret: &str) -> Server {
        let mut server = self.server();
        server.ok("initialize", json!({"client_info": {"name": "test", "version": "1"}, "token": secret}));
        server
    }

    /// A server whose client has identified as this agent and resumes the session with this key.
    pub fn agent_of(&self, model: &str, agent_id: &str, session_key: &str) -> Server {
        let mut server = self.server();
        let agent = json!({"provider": "acme", "model": model, "agent_id": agent_id});
        let client = json!({"name": "test", "version": "1"});
        server.ok("initialize", json!({"client_info": client, "agent": agent, "session_key": session_key}));
        server
    }

    /// A server whose client has identified as this agent.
    pub fn agent(&self, provider: &str, model: &str, agent_id: &str) -> Server {
        let mut server = self.server();
        let agent = json!({"provider": provider, "model": model, "agent_id": agent_id});
        server.ok("initialize", json!({"client_info": {"name": "test", "version": "1"}, "agent": agent}));
        server
    }
}

/// An `app-server` child process, which is killed when dropped. Dropping it asserts that every message was read,
/// unless the test called `careless`.
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    notifications: VecDeque<Value>,
    next_id: u64,
    careless: bool,
}

impl Server {
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, lines, notifications: VecDeque::new(), next_id: 0, careless: false }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Allows messages to stay unread.
    pub fn careless(&mut self) {
        self.careless = true;
    }

    /// Sends raw bytes.
    pub fn send_raw(&mut self, bytes: impl AsRef<[u8]>) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes.as_ref()).unwrap();
        input.flush().unwrap();
    }

    /// Sends a request without waiting for the response, and returns its id.
    pub fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params});
        self.send_raw(format!("{request}\n"));
        self.next_id
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send_raw(format!("{}\n", json!({"jsonrpc": "2.0", "method": method, "params": params})));
    }

    /// The next line of output.
    #[track_caller]
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("the server says nothing"),
            Err(RecvTimeoutError::Disconnected) => panic!("the server's output has ended"),
        }
    }

    /// The response to the request with this id. Keeps notifications that arrive before it.
    #[track_caller]
    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let message: Value = serde_json::from_str(&self.line()).unwrap();
            if message.get("method").is_some() {
                self.notifications.push_back(message);
            } else {
                assert_eq!(message["id"], id, "{message}");
                return message;
            }
        }
    }

    /// The responses to these requests, in any order. Keeps notifications that arrive between them.
    #[track_caller]
    pub fn answers(&mut self, ids: impl IntoIterator<Item = u64>) -> HashMap<u64, Value> {
        let mut open: HashSet<u64> = ids.into_iter().collect();
        let mut answers = HashMap::new();
        while !open.is_empty() {
            let message: Value = serde_json::from_str(&self.line()).unwrap();
            if message.get("method").is_some() {
                self.notifications.push_back(message);
                continue;
            }
            let id = message["id"].as_u64().unwrap();
            assert!(open.remove(&id), "{message}");
            answers.insert(id, message);
        }
        answers
    }

    /// The result of a call that must succeed.
    #[track_caller]
    pub fn ok(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params.clone());
        let mut answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].take()
    }

    /// The result of a call by the method table that must succeed. `params` are the method's, or JSON of the same
    /// shape. The answer must be exactly what the type of the result writes: no unknown field, no missing default.
    #[track_caller]
    pub fn call<M: Method>(&mut self, params: impl Serialize) -> M::Result {
        let answer = self.ok(M::NAME, serde_json::to_value(params).unwrap());
        let result: M::Result = serde_json::from_str(&answer.to_string())
            .unwrap_or_else(|error| panic!("{}: {error}: {answer}", M::NAME));
        assert_eq!(serde_json::to_value(&result).unwrap(), answer, "{}", M::NAME);
        result
    }

    /// The kind of the error of a call by the method table that must fail.
    #[track_caller]
    pub fn refused<M: Method>(&mut self, params: impl Serialize) -> ErrorKind {
        let error = self.err(M::NAME, serde_json::to_value(params).unwrap());
        let kind = serde_json::from_value(error["data"]["kind"].clone());
        let kind: ErrorKind = kind.unwrap_or_else(|_| panic!("an error without a known kind: {error}"));
        assert_eq!(error["code"], kind.code(), "{error}");
        kind
    }

    /// The error of a call that must fail.
    #[track_caller]
    pub fn err(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params.clone());
        let mut answer = self.answer(id);
        assert!(answer.get("result").is_none(), "{method} {params}: {answer}");
        answer["error"].take()
    }

    /// The `data.kind` of a call that must fail.
    #[track_caller]
    pub fn refusal(&mut self, method: &str, params: Value) -> String {
        let error = self.err(method, params);
        error["data"]["kind"].as_str().unwrap_or_else(|| panic!("an error without kind: {error}")).to_owned()
    }

    /// The `data.path` of a call with invalid params.
    #[track_caller]
    pub fn misfit(&mut self, method: &str, params: Value) -> String {
        let error = self.err(method, params);
        assert_eq!(error["code"], -32602, "{error}");
        error["data"]["path"].as_str().unwrap().to_owned()
    }

    /// The next notification, as its params.
    #[track_caller]
    pub fn notification(&mut self) -> Value {
        let mut message = match self.notifications.pop_front() {
            Some(message) => message,
            None => serde_json::from_str(&self.line()).unwrap(),
        };
        assert!(message.get("method").is_some(), "an answer instead of a notification: {message}");
        message["params"].take()
    }

    /// Asserts that nothing is left to read once everything sent is answered.
    pub fn assert_quiet(&mut self) {
        // The response to a last request comes after everything else that the server has to send.
        let id = self.send("server/status", json!({}));
        self.answer(id);
        assert_eq!(self.notifications, VecDeque::<Value>::new());
    }

    /// A new workroom and a thread in it: their ids.
    pub fn thread(&mut self) -> (String, String) {
        let room = self.ok("workroom/create", json!({"title": "Room"}));
        let params = json!({"workroom_id": room["id"], "title": "Thread", "kind": "agent_task"});
        let thread = self.ok("thread/create", params);
        (room["id"].as_str().unwrap().into(), thread["id"].as_str().unwrap().into())
    }

    /// Creates a token and returns its secret.
    #[track_caller]
    pub fn token(&mut self, params: Value) -> String {
        self.ok("token/create", params)["secret"].as_str().unwrap().to_owned()
    }

    /// Appends a message, and returns the event.
    #[track_caller]
    pub fn say(&mut self, thread: &str, content: &str) -> Value {
        self.append(thread, json!({"event": "message", "content": content}))
    }

    /// Appends an event, and returns it.
    #[track_caller]
    pub fn append(&mut self, thread: &str, kind: Value) -> Value {
        self.ok("event/append", json!({"thread_id": thread, "kind": kind}))["event"].take()
    }

    /// The response to a call, or `None` if the process has ended instead.
    pub fn answer_unless_ended(&mut self, method: &str, params: Value) -> Option<Value> {
        self.next_id += 1;
        let id = self.next_id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.input.as_mut()?.write_all(format!("{request}\n").as_bytes()).ok()?;
        loop {
            let message: Value = match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => serde_json::from_str(&line).unwrap(),
                Err(RecvTimeoutError::Timeout) => panic!("the server says nothing"),
                Err(RecvTimeoutError::Disconnected) => return None,
            };
            if message["id"] == id {
                return Some(message);
            }
        }
    }

    /// Asserts that the process ends by itself with success.
    #[track_caller]
    pub fn assert_ends(mut self) {
        self.careless = true;
        match self.lines.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => {}
            other => panic!("the server continues: {other:?}"),
        }
        assert!(self.child.wait().unwrap().success());
    }

    /// Ends the input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for the process to end, and returns its last output.
    pub fn wait(mut self) -> (ExitStatus, Vec<String>) {
        self.careless = true;
        self.input = None;
        let status = self.child.wait().unwrap();
        (status, self.lines.iter().collect())
    }

    /// `kill -9`. Returns the unread output; the last line can be truncated.
    pub fn kill(mut self) -> Vec<String> {
        self.careless = true;
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input = None;
        if std::thread::panicking() || self.careless {
            let _ = self.child.kill();
            let _ = self.child.wait();
            return;
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the server ended with {status}");
        let left: Vec<_> =
            self.notifications.drain(..).map(|n| n.to_string()).chain(self.lines.iter()).collect();
        assert!(left.is_empty(), "unread: {left:?}");
    }
}

/// The contents of the messages among events.
pub fn contents(events: &[Json<WorkroomEvent>]) -> Vec<String> {
    let content = |event: &Json<WorkroomEvent>| match event.read().unwrap().kind {
        WorkroomEventKind::Message { content } => Some(content),
        _ => None,
    };
    events.iter().filter_map(content).collect()
}

/// The output of a command that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Runs a command to its end, with `input` as its input.
    pub fn command(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A command that does not read its input closes it.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The output of a command that must succeed without any message on stderr.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, &*self.err), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// The output of a command that must succeed, as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// The message of a command that must fail with code 1 and without output.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!((self.code, &*self.out), (Some(1), ""), "{}", self.err);
        self.err
    }
}

impl Home {
    /// Runs a command on this home to its end.
    pub fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        Ran::command(self.command(arguments), "")
    }
}
