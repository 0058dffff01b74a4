//! `workroom hook`: what agents run for each thing that happens, and `workroom host`, the companion of a session.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;
use workroom_api::{self as api, App, Naming};
use workroom_capture::{self as capture, Agent, Config, Connect};
use workroom_processes::Companion;
use workroom_protocol::actor::AgentAttribution;
use workroom_rpc::peer::Peer;

use super::Outcome;
use super::place::Place;
use super::terminal;

/// Report an event of an agent, which `workroom hooks install` sets up
///
/// Reads the event from standard input. It never fails, and prints only an answer for the agent.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct Hook {
    /// The agent
    agent: Agent,
    /// The event, in the agent's own name
    event: String,
}

/// Follow a session of an agent; a hook starts it
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct Host {
    /// The agent
    agent: Agent,
    /// The agent's own id of the session
    session: String,
}

/// Whether the arguments are those of a hook. Whatever goes wrong in a hook, the agent must go on.
pub(super) fn is_hook(arguments: &[OsString]) -> bool {
    let mut arguments = arguments.iter().skip(1);
    loop {
        match arguments.next() {
            // An installed hook may name the store before the command.
            Some(option) if option == "--home" || option == "--token-file" => _ = arguments.next(),
            Some(command) => return command == "hook",
            None => return false,
        }
    }
}

impl Hook {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let Ok(home) = place.folder() else { return Ok(ExitCode::SUCCESS) };
        let start = |agent: Agent, session: &str| start(home, agent, session);
        let hook = capture::Hook {
            home,
            agent: self.agent,
            event: &self.event,
            clock: super::clock(),
            start: &start,
        };
        // An agent that does not read the answer has ended.
        let print = |answer: &str| writeln!(terminal::out(), "{answer}");
        super::runtime()?.block_on(hook.run(io::stdin(), print));
        Ok(ExitCode::SUCCESS)
    }
}

/// The variables that a companion needs. The others may hold secrets of the agent.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "WORKROOM_HOME",
    "CODEWHALE_HOME",
    "CODEWHALE_RUNTIME_TOKEN",
    "CODEX_HOME",
    "WORKROOM_LOG",
];

/// Starts the companion of a session. It leaves the agent's process group by itself.
fn start(home: &Path, agent: Agent, session: &str) -> io::Result<()> {
    let log = log(home, agent, session)?;
    let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    Command::new(std::env::current_exe()?)
        .args(["host", agent.name()])
        .arg("--home")
        .arg(home)
        .args(["--", session])
        .env_clear()
        .envs(kept)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map(drop)
}

// A companion logs only trouble. A longer log is overwritten.
const MAX_LOG: u64 = 256 * 1024;

fn log(home: &Path, agent: Agent, session: &str) -> io::Result<std::fs::File> {
    let path = Companion::of(home, agent.name(), session).path("log");
    let is_long = std::fs::metadata(&path).is_ok_and(|found| found.len() > MAX_LOG);
    std::fs::OpenOptions::new().create(true).write(true).append(!is_long).truncate(is_long).open(path)
}

impl Host {
    pub(super) fn run(self, place: &Place) -> Outcome {
        // The end of the agent's terminal or process group must not end what follows it.
        #[cfg(unix)]
        let _ = rustix::process::setsid();
        let home: PathBuf = place.folder()?.to_owned();
        let connect = Box::new(InProcess { app: Arc::new(App::new(place.config())) });
        let config =
            Config { home, agent: self.agent, session: self.session, clock: super::clock(), connect };
        super::runtime()?.block_on(capture::run(config))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Connections to the store in this process.
struct InProcess {
    app: Arc<App>,
}

impl Connect for InProcess {
    fn connect(
        &self,
        agent: Option<(AgentAttribution, String)>,
    ) -> std::pin::Pin<Box<dyn Future<Output = io::Result<Peer>> + Send + '_>> {
        let naming = agent.map(|(agent, key)| Naming { agent, session_key: Some(key) });
        let peer = api::peer(&self.app, naming, CancellationToken::new());
        Box::pin(std::future::ready(Ok(peer)))
    }
}
