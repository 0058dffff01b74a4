//! Real coding agents in a terminal, with a mock model.
//!
//! ```ignore
//! if !agents::met(&[&agents::CLAUDE], "the hooks of Claude Code") {
//!     return;
//! }
//! let user = User::new();
//! let mut claude = Agent::of(&agents::CLAUDE, &user).settings(json!({"hooks": {}})).start();
//! claude.say("TOOL:touch one;;");
//! claude.asks();
//! claude.allow();
//! user.has_file("one");
//! ```

mod kinds;
mod model;
mod processes;
mod screen;
mod user;

pub use kinds::{CLAUDE, CODEX, COPILOT, GEMINI, Kind, OPENCODE, QWEN};
pub use screen::{Look, Screen};
pub use user::User;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Ran, needs};

/// How long to wait for what an agent must show or do. Agents take seconds to start, and longer on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait before pressing a key again that an agent has not reacted to. It is long because a key that comes
/// after the dialog has gone ends up in the prompt.
const AGAIN: Duration = Duration::from_secs(3);

/// How long to wait between a text and Enter. Agents that read Enter right after other keys, up to 120 ms after them,
/// take it for a line break in a pasted text.
const KEYSTROKE: Duration = Duration::from_millis(250);

/// Whether this machine has these agents and what they need. If not, prints one line that says how to install them; in
/// CI, that is a failure.
#[track_caller]
pub fn met(kinds: &[&Kind], tested: &str) -> bool {
    if !needs::met(&["git", "node"], tested) {
        return false;
    }
    for kind in kinds {
        if program(kind).is_some() {
            continue;
        }
        let name = kind.name;
        assert!(std::env::var_os("CI").is_none(), "{tested} needs {name}, and in CI nothing is skipped");
        let line = format!("skipped: {tested} needs {name} (run tests/agents/install to run it)\n");
        // Not with a macro, because the harness hides what a macro prints in a passing test.
        let _ = std::io::stderr().write_all(line.as_bytes());
        return false;
    }
    true
}

/// Where `tests/agents/install` puts the packages.
fn modules() -> Option<PathBuf> {
    let cache = || match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => Some(PathBuf::from(cache)),
        None => Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")),
    };
    let root = match std::env::var_os("WORKROOM_TEST_AGENTS") {
        Some(root) => PathBuf::from(root),
        None if rustix::process::geteuid().is_root() => PathBuf::from("/var/cache/workroom-agents"),
        None => cache()?.join("workroom-agents"),
    };
    let lock = include_bytes!("../agents/package-lock.json");
    let key: String = Sha256::digest(lock)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Some(root.join(key).join("node_modules"))
}

/// The command line that starts an agent, without arguments.
fn program(kind: &Kind) -> Option<Vec<PathBuf>> {
    let modules = modules()?;
    let program = kinds::find(&modules, kind.program)?;
    if !kind.is_script {
        return Some(vec![program]);
    }
    // Some need a newer Node than the tests do. It is installed with the agents where there is a package of it.
    let node = kinds::find(&modules, "node-*/bin/node").unwrap_or_else(|| "node".into());
    Some(vec![node, program])
}

/// Waits until there is a value, and fails if there is none in time.
#[track_caller]
pub fn until<T>(expected: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "expected {expected}");
        // Files do not announce what other processes write.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What stays of a text when an agent wraps its lines and draws a frame around it.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// An agent that is not started yet.
pub struct Setup<'u> {
    kind: &'static Kind,
    user: &'u User,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    ready: &'static str,
}

impl<'u> Setup<'u> {
    /// Adds settings to the user's settings of the agent. For Codex, these are the hooks.
    pub fn settings(self, settings: Value) -> Self {
        self.user.add_json(self.kind.settings, &settings);
        self
    }

    /// Installs Workroom's hooks in the user's settings, as a user does.
    #[track_caller]
    pub fn hooked(self) -> Self {
        let program = program(self.kind).expect("a test with agents asks `agents::met` first");
        self.user.provide(self.kind.command, program.last().unwrap());
        let binary = self.user.binary().to_str().unwrap();
        let ran = self.user.workroom(["hooks", "install", self.kind.command, "--yes", "--command", binary]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        self
    }

    /// Writes a file of the user, for example a plugin. The path is relative to the home folder.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.user.write(path, text);
        self
    }

    /// Adds an argument of the command.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes the agent for started when the screen shows this, for an agent that first asks something. For example,
    /// Codex shows "Hooks need review" for new hooks, and `answer("Hooks need review", "2\r")` trusts them.
    pub fn opens_with(mut self, text: &'static str) -> Self {
        self.ready = text;
        self
    }

    /// Starts the agent in a terminal, and waits until it accepts a prompt.
    #[track_caller]
    pub fn start(self) -> Agent<'u> {
        let (screen, terminal) = Screen::open();
        let mut command = self.command();
        command.env("TERM", "xterm-256color");
        let child = pty_process::blocking::Command::from(command).spawn(terminal).unwrap();
        let agent = Agent { kind: self.kind, user: self.user, child, screen };
        agent.shows(self.ready);
        agent
    }

    /// Runs the agent to its end with one prompt and without a terminal.
    pub fn run(mut self, prompt: &str) -> Ran {
        self.arguments.extend([self.kind.headless.to_owned(), prompt.to_owned()]);
        Ran::command(self.command(), "")
    }

    fn command(&self) -> Command {
        let environment = (self.kind.prepare)(self.user);
        let program = program(self.kind).expect("a test with agents asks `agents::met` first");
        let mut words = program.iter().map(|path| path.to_str().unwrap());
        let mut command = self.user.command(words.next().unwrap(), words);
        command.args(self.kind.arguments).args(&self.arguments);
        command.envs(environment).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// An agent in a terminal. Dropping it kills it and everything else in its terminal.
pub struct Agent<'u> {
    kind: &'static Kind,
    user: &'u User,
    child: Child,
    screen: Screen,
}

impl<'u> Agent<'u> {
    /// A setup of any agent.
    pub fn of(kind: &'static Kind, user: &'u User) -> Setup<'u> {
        Setup { kind, user, arguments: Vec::new(), environment: Vec::new(), ready: kind.ready }
    }

    pub fn claude(user: &'u User) -> Setup<'u> {
        Self::of(&CLAUDE, user)
    }

    pub fn codex(user: &'u User) -> Setup<'u> {
        Self::of(&CODEX, user)
    }

    pub fn opencode(user: &'u User) -> Setup<'u> {
        Self::of(&OPENCODE, user)
    }

    pub fn qwen(user: &'u User) -> Setup<'u> {
        Self::of(&QWEN, user)
    }

    pub fn copilot(user: &'u User) -> Setup<'u> {
        Self::of(&COPILOT, user)
    }

    pub fn gemini(user: &'u User) -> Setup<'u> {
        Self::of(&GEMINI, user)
    }

    /// The id of the process that was started.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The visible lines.
    pub fn screen(&self) -> String {
        self.screen.text()
    }

    /// Waits until the screen shows a text, or matches a regular expression.
    #[track_caller]
    pub fn shows(&self, look: impl Look) {
        self.screen.wait(&format!("{} to show {:?}", self.kind.name, look.name()), |text| look.finds(text));
    }

    /// Waits until the screen no longer shows it.
    #[track_caller]
    pub fn hides(&self, look: impl Look) {
        self.screen.wait(&format!("{} to hide {:?}", self.kind.name, look.name()), |text| !look.finds(text));
    }

    /// Types a text and presses Enter.
    #[track_caller]
    pub fn say(&mut self, text: &str) {
        let typed = letters(text);
        let count = |screen: &str| letters(screen).matches(&typed).count();
        let before = count(&self.screen());
        self.screen.send(text);
        let expected = format!("{} to show {text:?} while it is typed", self.kind.name);
        self.screen.wait(&expected, |screen| count(screen) > before);
        // The agent has read the text by now, so at least this time passes between the text and Enter.
        std::thread::sleep(KEYSTROKE);
        self.screen.send("\r");
    }

    /// Presses a key once, as the bytes that a terminal sends for it: `"\r"`, `"\x1b"`, `"y"`, `"\x1b[B"`.
    #[track_caller]
    pub fn key(&mut self, key: &str) {
        self.screen.send(key);
    }

    /// Waits until the agent's own permission dialog for a command appears.
    #[track_caller]
    pub fn asks(&self) {
        self.shows(self.kind.dialog);
    }

    /// Permits the command once, in the agent's own permission dialog.
    #[track_caller]
    pub fn allow(&mut self) {
        self.answer(self.kind.dialog, self.kind.allow);
    }

    /// Denies the command, in the agent's own permission dialog.
    #[track_caller]
    pub fn deny(&mut self) {
        self.answer(self.kind.dialog, self.kind.deny);
    }

    /// Presses a key that answers a dialog, until the screen no longer shows this text of the dialog. Agents drop keys
    /// that come right after a dialog appears, so a single press can be lost.
    #[track_caller]
    pub fn answer(&mut self, dialog: &str, key: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.screen.text().contains(dialog) {
            assert!(Instant::now() < deadline, "no reaction to {key:?}; the screen is:\n{}", self.screen());
            self.screen.send(key);
            self.screen.until(Instant::now() + AGAIN, |text| !text.contains(dialog));
        }
    }

    /// Kills the agent's process with SIGKILL, and nothing that it started.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the agent has ended by itself.
    #[track_caller]
    pub fn ends(&mut self) -> ExitStatus {
        until("the agent to end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let line = format!("the screen of {} was:\n{}\n", self.kind.name, self.screen());
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        processes::kill_session(Pid::from_child(&self.child));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
