//! The mock model that agents under test talk to: `tests/agents/model.mjs` in Node.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

use crate::support::{needs, repository};

/// A mock model, which ends when dropped. `tests/agents/model.mjs` describes the instructions that a prompt can have.
pub struct Model {
    child: Child,
    input: Option<ChildStdin>,
    port: u64,
    requests: PathBuf,
}

impl Model {
    /// Starts a model that records requests in this folder.
    pub fn start(folder: &Path) -> Self {
        assert!(needs::met(&["node"], "the mock model"), "a test with agents asks `agents::met` first");
        let requests = folder.join("requests.jsonl");
        std::fs::write(&requests, "").unwrap();
        let mut command = Command::new("node");
        command.arg(repository().join("tests/agents/model.mjs")).arg(&requests);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).expect("the model prints its port");
        let port = ready["port"].as_u64().unwrap();
        Self { input: child.stdin.take(), child, port, requests }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests so far: `{"path": …, "body": …}` each.
    pub fn requests(&self) -> Vec<Value> {
        let recorded = std::fs::read_to_string(&self.requests).unwrap();
        // The last line can be incomplete while the model writes it.
        let complete = recorded.rsplit_once('\n').map_or("", |(lines, _)| lines);
        complete.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until a request contains this text in one of its strings, and returns that request.
    #[track_caller]
    pub fn saw(&self, text: &str) -> Value {
        super::until(&format!("a request to the model that contains {text:?}"), || {
            self.requests().into_iter().find(|request| contains(request, text))
        })
    }

    /// Lets go the answers that `HANG;;` holds back.
    pub fn release(&self) {
        self.input.as_ref().unwrap().write_all(b"\n").unwrap();
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

fn contains(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(values) => values.iter().any(|value| contains(value, text)),
        Value::Object(members) => members.values().any(|value| contains(value, text)),
        _ => false,
    }
}
