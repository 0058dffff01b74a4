//! `workroom hooks status`

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use workroom_capture::install::{self, ConfigFile, Installed, recorded, trust_key};
use workroom_capture::{Agent, hosts, last_event};
use workroom_protocol::Timestamp;

use super::dry_run::{DryRun, dry_run};
use super::{Which, codex, file_of, is_found, program, trust_file};
use crate::cli::failure::Failure;
use crate::cli::place::Place;
use crate::cli::table::ago;
use crate::cli::terminal::{BAD, DOUBTFUL, FAINT, GOOD, plain};
use crate::cli::{Outcome, change, now, terminal};

/// Show which agents have Workroom's hooks, and check that the hooks run
///
/// The check runs one installed hook of each agent in the way in which the agent runs it, with an event that is not
/// recorded. The exit code is 1 if hooks are installed that do not work.
#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    which: Which,
    /// Print the status as JSON
    #[arg(long)]
    json: bool,
}

/// Whether an agent has the hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Installed,
    /// Some hooks are missing, or differ from those that `install` writes.
    Partly,
    NotInstalled,
    /// The hooks name a program that does not exist. Agents behave as if they had no hooks.
    ProgramMissing,
    /// The file cannot be read.
    Unreadable,
}

/// Whether Codex runs the hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum CodexTrust {
    /// Codex says that it trusts all of them.
    Trusted,
    /// Codex does not run some of them until the user trusts them.
    Untrusted,
    /// All are recorded as trusted, but Codex was not there to compare the hashes.
    Recorded,
}

/// The status of one agent.
#[derive(Debug, Clone, Serialize)]
struct Report {
    agent: Agent,
    state: State,
    /// Whether the agent is on this machine.
    found: bool,
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<CodexTrust>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<DryRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event: Option<Timestamp>,
}

impl Report {
    /// Whether the installed hooks work. Missing hooks are no failure.
    fn is_ok(&self) -> bool {
        match self.state {
            State::NotInstalled => true,
            State::Installed => {
                self.trust != Some(CodexTrust::Untrusted) && self.dry_run.as_ref().is_none_or(|run| run.ok)
            }
            State::Partly | State::ProgramMissing | State::Unreadable => false,
        }
    }
}

impl Status {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let agents = self.which.agent.map_or(Agent::ALL.to_vec(), |agent| vec![agent]);
        let home = place.home().map(|home| home.path.as_path());
        let reports = agents.into_iter().map(|agent| report(agent, home)).collect::<Result<Vec<_>, _>>()?;
        let ok = reports.iter().all(Report::is_ok);
        let mut out = terminal::out();
        if self.json {
            let report = json!({"ok": ok, "agents": reports});
            terminal::json(&mut out, &report, terminal::stdout_is_terminal())?;
        } else {
            for report in &reports {
                print(&mut out, report)?;
            }
        }
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn report(agent: Agent, home: Option<&Path>) -> Result<Report, Failure> {
    let file = file_of(agent)?;
    let mut report = Report {
        agent,
        state: State::NotInstalled,
        found: is_found(agent, &file),
        file: file.path.clone(),
        error: None,
        program: None,
        executable: None,
        trust: None,
        dry_run: None,
        last_event: home.and_then(|home| last_event(home, agent)),
    };
    let text = change::read(&file.path).map_err(|error| error.to_string());
    let text = text.map(Option::unwrap_or_default);
    let hooks = text.and_then(|text| install::installed(agent, &text).map_err(|error| error.to_string()));
    let hooks = match hooks {
        Ok(hooks) => hooks,
        Err(error) => return Ok(Report { state: State::Unreadable, error: Some(error), ..report }),
    };
    let Some(first) = hooks.first() else { return Ok(report) };
    let is_executable = program::is_executable(Path::new(&first.program.path));
    report.state = match () {
        () if !is_executable => State::ProgramMissing,
        () if is_complete(agent, &hooks) => State::Installed,
        () => State::Partly,
    };
    report.program = Some(first.program.path.clone());
    report.executable = Some(is_executable);
    report.trust = (agent == Agent::Codex).then(|| trust(&file, &hooks));
    report.dry_run = is_executable.then(|| dry_run(agent, &first.program)).transpose()?;
    Ok(report)
}

/// Whether every event has its hook, and all of them run the same program.
fn is_complete(agent: Agent, hooks: &[Installed]) -> bool {
    let has = |event: &str| hooks.iter().filter(|hook| hook.event == event).count() == 1;
    let all = agent == Agent::Opencode || hosts::events(agent).iter().all(|event| has(event));
    all && hooks.iter().all(|hook| hook.current && hook.program == hooks[0].program)
}

fn trust(file: &ConfigFile, hooks: &[Installed]) -> CodexTrust {
    let listed = program::on_path("codex").next().and_then(|codex| codex::list(&codex, &file.folder).ok());
    if let Some(listed) = listed.filter(|listed| !listed.is_empty()) {
        let all = listed.iter().all(codex::Hook::is_trusted);
        return if all { CodexTrust::Trusted } else { CodexTrust::Untrusted };
    }
    let config = fs::read_to_string(trust_file(file)).unwrap_or_default();
    let real = fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
    let is_recorded = |hook: &Installed| {
        [&file.path, &real].iter().any(|path| recorded(&config, &trust_key(path, hook)).is_some())
    };
    if hooks.iter().all(is_recorded) { CodexTrust::Recorded } else { CodexTrust::Untrusted }
}

fn print(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let title = report.agent.title();
    let (style, state) = match report.state {
        State::Installed if report.is_ok() => (GOOD, "installed"),
        State::Installed => (BAD, "installed, but the hooks do not run"),
        State::Partly => (DOUBTFUL, "partly installed"),
        State::NotInstalled => (FAINT, "not installed"),
        State::ProgramMissing => (BAD, "the program of the hooks is missing"),
        State::Unreadable => (BAD, "the file cannot be read"),
    };
    writeln!(out, "{title:<12}  {style}{state}{style:#}")?;
    if report.state == State::NotInstalled {
        return Ok(());
    }
    let mut line = |name: &str, text: &str| writeln!(out, "  {FAINT}{name:<10}{FAINT:#}  {}", plain(text));
    line("file", &terminal::path(&report.file))?;
    if let Some(error) = &report.error {
        line("error", error)?;
    }
    if let Some(program) = &report.program {
        line("program", &terminal::path(Path::new(program)))?;
    }
    match report.trust {
        Some(CodexTrust::Trusted) => line("trust", "Codex trusts the hooks")?,
        Some(CodexTrust::Recorded) => line("trust", "recorded as trusted")?,
        Some(CodexTrust::Untrusted) => {
            line(
                "trust",
                "Codex does not run the hooks until you trust them: `workroom hooks install codex`",
            )?;
        }
        None => {}
    }
    if let Some(run) = &report.dry_run {
        let ms = run.ms;
        match (run.exit_code, run.ok) {
            (_, true) => line("check", &format!("ok, {ms} ms"))?,
            (None, _) => line("check", &format!("the hook did not end by itself in {ms} ms"))?,
            (Some(0), _) => line("check", &format!("the hook printed something, {ms} ms"))?,
            (Some(code), _) => line("check", &format!("the hook failed with exit code {code}, {ms} ms"))?,
        }
    }
    let last = report.last_event.map(|time| {
        let past = now().timestamp_millis() - time.millis();
        ago(past).unwrap_or_else(|| time.to_string())
    });
    line("last event", &last.unwrap_or_else(|| "none yet".into()))?;
    if matches!(report.state, State::Partly | State::ProgramMissing) {
        line("to repair", &format!("workroom hooks install {}", report.agent.name()))?;
    }
    Ok(())
}
