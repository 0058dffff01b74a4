//! Raw bytes, for tests that check the wire itself or hold one end of it.

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

use super::{Home, PATIENCE};

/// A server whose pipes the test holds. It is killed when dropped, or when the test hangs; then its output ends.
pub struct Raw {
    child: Child,
    pub input: Option<ChildStdin>,
    pub output: Option<ChildStdout>,
    /// Output that was read but not requested yet.
    read: Vec<u8>,
    /// Signals to the killing thread that the test has ended.
    _alive: Sender<()>,
}

/// Longer than any test takes, even on a slow machine.
fn test_patience() -> std::time::Duration {
    let long = std::env::var_os("WORKROOM_TEST_LONG").is_some_and(|value| value == "1");
    PATIENCE * if long { 240 } else { 4 }
}

impl Raw {
    /// Spawns the command with pipes for input and output.
    pub fn piped(mut command: Command) -> Self {
        Self::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))
    }

    /// Spawns the command as configured. The caller's copies of what it passed are closed with the command.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let pid = child.id();
        let (alive, dropped) = channel();
        std::thread::spawn(move || {
            if dropped.recv_timeout(test_patience()) == Err(RecvTimeoutError::Timeout) {
                kill(pid);
            }
        });
        Self { child, input, output, read: Vec::new(), _alive: alive }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes all of `bytes` from this thread.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.input.as_mut().unwrap().write_all(bytes.as_ref()).unwrap();
    }

    /// The next line of the output, without its end.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut looked = 0;
        loop {
            if let Some(end) = self.read[looked..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.take(looked + end + 1);
                line.pop();
                return line;
            }
            looked = self.read.len();
            self.read_more();
        }
    }

    /// The next `count` lines of the output.
    #[track_caller]
    pub fn lines(&mut self, count: u64) -> String {
        (0..count).map(|_| self.line() + "\n").collect()
    }

    /// The next `count` bytes of the output.
    #[track_caller]
    pub fn take(&mut self, count: usize) -> String {
        while self.read.len() < count {
            self.read_more();
        }
        let rest = self.read.split_off(count);
        String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap()
    }

    #[track_caller]
    fn read_more(&mut self) {
        let mut bytes = vec![0; 64 * 1024];
        let count = self.output.as_mut().unwrap().read(&mut bytes).unwrap();
        assert!(count > 0, "the output ended after {} more bytes", self.read.len());
        self.read.extend(&bytes[..count]);
    }

    /// Reads the next message of a server that uses headers.
    #[track_caller]
    pub fn body(&mut self) -> String {
        let header = self.line();
        let length = header.strip_prefix("Content-Length: ").unwrap().trim_end().parse().unwrap();
        assert_eq!(self.line(), "\r");
        self.take(length)
    }

    /// Reads the rest of the output.
    pub fn rest(&mut self) -> String {
        self.output.as_mut().unwrap().read_to_end(&mut self.read).unwrap();
        String::from_utf8(std::mem::take(&mut self.read)).unwrap()
    }

    /// Waits for the process to end. What the test has not closed stays open in the meantime.
    pub fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

/// The output of a server that gets `input` and then the end of input. It must exit with 0.
#[track_caller]
pub fn talk(command: Command, input: impl AsRef<[u8]>) -> String {
    let mut server = Raw::piped(command);
    let mut pipe = server.input.take().unwrap();
    let input = input.as_ref().to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&input));
    let output = server.rest();
    // A server that received a shutdown does not read the rest.
    let _ = writer.join().unwrap();
    assert!(server.ended().success());
    output
}

/// A field of `/proc/PID/status`, such as `VmHWM`, in KiB.
#[track_caller]
pub fn memory(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

/// The most memory of its own that a process has ever used, in KiB. The code of the program is not counted: the system
/// maps it from its file, and in a build for development it is half of a small server's memory.
pub fn most_memory(pid: u32) -> u64 {
    memory(pid, "VmHWM").saturating_sub(memory(pid, "RssFile"))
}

/// The maximum memory of its own that a server may ever have used, in KiB.
pub const MAX_MEMORY_KIB: u64 = 48 * 1024;

/// `count` requests, one a line, with ids from 1.
pub fn requests(count: u64, method: &str, params: &str) -> String {
    let mut lines = String::new();
    for id in 1..=count {
        writeln!(lines, r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#).unwrap();
    }
    lines
}

/// Asserts that `output` answers the ids from 1 to `count`, each once and with a result.
#[track_caller]
pub fn assert_answered(output: &str, count: u64) {
    let mut seen = vec![false; count as usize];
    for line in output.lines() {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(answer.get("result").is_some(), "{answer}");
        let id = answer["id"].as_u64().unwrap() as usize;
        assert!(!std::mem::replace(&mut seen[id - 1], true), "{id} is answered twice");
    }
    assert_eq!(seen.iter().position(|seen| !seen), None, "not every id is answered");
}

/// A request as a line.
pub fn request(id: impl Into<Value>, method: &str, params: Value) -> String {
    let id = id.into();
    format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
}

/// The request to append a message, as a line.
pub fn append(id: u64, thread: &str, content: &str) -> String {
    let kind = json!({"event": "message", "content": content});
    request(id, "event/append", json!({"thread_id": thread, "kind": kind}))
}

/// A thread with about `megabytes` of messages, whose pages have about a megabyte.
pub fn long_thread(home: &Home, megabytes: usize) -> String {
    let mut server = home.server();
    let (_, thread) = server.thread();
    let kind = json!({"event": "message", "content": "x".repeat(50_000)});
    let event = json!({"thread_id": thread, "kind": kind});
    for _ in 0..megabytes {
        server.ok("event/appendBatch", json!({"events": vec![event.clone(); 20]}));
    }
    thread
}
