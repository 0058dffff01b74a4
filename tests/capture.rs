//! The sessions of agents that people run: threads, answers and presence, from what their hooks report.

mod answers;
mod faults;
mod messages;
mod samples;
mod threads;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Home, PATIENCE, Ran, Server};

/// A session of an agent. The test is the agent: it runs the hooks. The session ends with the value.
struct Session {
    home: Home,
    agent: &'static str,
    id: String,
    server: Server,
}

impl Session {
    fn new(agent: &'static str) -> Self {
        let home = Home::new();
        let server = home.server();
        let mut session = Self { home, agent, id: "5e55".into(), server };
        std::fs::create_dir_all(session.folder()).unwrap();
        // The store belongs to ada before the first hook.
        session.server.ok("server/status", json!({}));
        session
    }

    /// The agent's folder.
    fn folder(&self) -> std::path::PathBuf {
        self.home.path().with_file_name("project")
    }

    fn command(&self, event: &str) -> Command {
        self.home.command(["hook", self.agent, event])
    }

    /// What the hook of this event receives.
    fn input(&self, more: Value) -> String {
        let name = if self.agent == "copilot" { "sessionId" } else { "session_id" };
        let mut input = json!({name: self.id, "cwd": self.folder()});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input.to_string()
    }

    /// Runs a hook to its end, and returns what it prints.
    #[track_caller]
    fn hook(&self, event: &str, more: Value) -> String {
        Ran::command(self.command(event), &self.input(more)).ok()
    }

    /// Starts a hook that waits for an answer.
    fn waiting(&self, event: &str, more: Value) -> Waiting {
        let mut command = self.command(event);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(self.input(more).as_bytes()).unwrap();
        Waiting { child: Some(child) }
    }

    /// The agents that are listed.
    fn agents(&mut self) -> Vec<Value> {
        self.server.ok("presence/list", json!({"gone": true}))["agents"].as_array().unwrap().clone()
    }

    /// The presence of this session, once it has this state.
    #[track_caller]
    fn is_now(&mut self, state: &str) -> Value {
        let id = self.id.clone();
        until(&format!("the agent is {state}"), || {
            let agents = self.agents();
            let found = agents.iter().find(|agent| agent["agent_session"] == *id)?;
            (found["state"] == state).then(|| found.clone())
        })
    }

    /// The thread of this session.
    #[track_caller]
    fn thread(&mut self) -> String {
        let id = self.id.clone();
        until("the session has a thread", || {
            let agents = self.agents();
            let found = agents.iter().find(|agent| agent["agent_session"] == *id)?;
            found["thread_id"].as_str().map(str::to_owned)
        })
    }

    /// The events of the session's thread: who wrote each, and what it says. Waits until there are so many.
    #[track_caller]
    fn events(&mut self, count: usize) -> Vec<(String, Value)> {
        let thread = self.thread();
        let read = |session: &mut Self| {
            let page = session.server.ok("event/list", json!({"thread_id": thread, "limit": 200}));
            let events = page["events"].as_array().unwrap().iter();
            let told = events
                .map(|event| (event["actor"]["handle"].as_str().unwrap().into(), event["kind"].clone()));
            told.filter(|(_, kind): &(String, Value)| kind["event"] != "thread_created").collect::<Vec<_>>()
        };
        let mut last = Vec::new();
        until_or(|| {
            last = read(self);
            (last.len() >= count).then_some(())
        })
        .unwrap_or_else(|| panic!("{count} events were expected: {last:#?}"));
        assert_eq!(last.len(), count, "{last:#?}");
        last
    }

    /// The request for approval that is pending.
    #[track_caller]
    fn pending(&mut self) -> Value {
        until("an approval is pending", || {
            let page = self.server.ok("approval/list", json!({"states": ["pending"]}));
            page["approvals"].as_array().unwrap().first().cloned()
        })
    }

    #[track_caller]
    fn decide(&mut self, decision: &str, reason: Option<&str>) -> Value {
        let pending = self.pending();
        let params = json!({
            "approval_id": pending["approval_id"], "decision": decision, "action_digest": pending["action_digest"],
            "reason": reason,
        });
        self.server.ok("approval/decide", params)
    }

    /// The approval, once it has ended.
    #[track_caller]
    fn ended(&mut self, approval: &Value) -> Value {
        self.server.ok("approval/wait", json!({"approval_id": approval["approval_id"], "timeout_ms": 30_000}))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Ends the companion, which would otherwise live as long as the test binary.
        let event = match self.agent {
            "copilot" => "sessionEnd",
            _ => "SessionEnd",
        };
        let _ = Ran::command(self.command(event), &self.input(json!({"reason": "other"})));
    }
}

/// A hook that waits for an answer.
struct Waiting {
    child: Option<Child>,
}

impl Waiting {
    /// What the hook prints once it has ended.
    #[track_caller]
    fn answer(mut self) -> String {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Ends the hook as its agent does.
    fn end(&mut self) {
        let child = self.child.as_mut().unwrap();
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Returns what `found` finds, within a time that only a missing thing exceeds.
#[track_caller]
fn until<T>(what: &str, found: impl FnMut() -> Option<T>) -> T {
    until_or(found).unwrap_or_else(|| panic!("not in time: {what}"))
}

fn until_or<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return Some(found);
        }
        if start.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
