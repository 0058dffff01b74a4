//! `workroom import AGENT`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use tempfile::TempPath;
use workroom_capture::Agent;
use workroom_capture::transcripts::{Session, captured, folder_of_transcripts, sessions};
use workroom_protocol::Timestamp;

use super::opencode;
use super::session::{Importer, Total, count};
use crate::cli::failure::Failure;
use crate::cli::place::{Acting, Place};
use crate::cli::progress::Progress;
use crate::cli::terminal::{self, plain};
use crate::cli::{Outcome, duration, now, runtime};

/// The agent whose sessions are imported.
#[derive(Debug, Subcommand)]
pub(super) enum Sessions {
    /// Import past sessions of Claude Code
    Claude(Which),
    /// Import past sessions of Codex
    Codex(Which),
    /// Import past sessions of opencode, which must be in PATH
    Opencode(Which),
    /// Import past sessions of Copilot CLI
    Copilot(Which),
    /// Import past sessions of Gemini CLI
    Gemini(Which),
    /// Import past sessions of Qwen Code
    Qwen(Which),
}

/// The sessions to import.
///
/// Each session becomes a thread in the workroom of its folder, with the original times. Importing it again adds only
/// what is new. Without SESSION and --all, the sessions of the current folder and the folders in it are imported.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The agent's own id of the session
    #[arg(conflicts_with = "all")]
    session: Option<String>,
    /// Import the sessions of every folder
    #[arg(long)]
    all: bool,
    /// Only sessions with activity since then: a date such as 2026-11-20, or a duration such as 30d
    #[arg(long, value_name = "DATE|DURATION", value_parser = since)]
    since: Option<Timestamp>,
    /// Only print what would be imported
    #[arg(long)]
    dry_run: bool,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

/// Parses the start of a day in UTC, a complete time, or how long ago it was.
fn since(text: &str) -> Result<Timestamp, String> {
    let time = [text.to_owned(), format!("{text}T00:00:00Z")]
        .into_iter()
        .find_map(|text| serde_json::from_value(text.into()).ok());
    if let Some(time) = time {
        return Ok(time);
    }
    let ago = duration::parse(text)
        .map_err(|_| "expected a date such as 2026-11-20, or a duration such as 12h or 30d".to_owned())?;
    Ok(Timestamp::from_millis(now().timestamp_millis() - i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)))
}

impl Sessions {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let (agent, which) = match self {
            Self::Claude(which) => (Agent::Claude, which),
            Self::Codex(which) => (Agent::Codex, which),
            Self::Opencode(which) => (Agent::Opencode, which),
            Self::Copilot(which) => (Agent::Copilot, which),
            Self::Gemini(which) => (Agent::Gemini, which),
            Self::Qwen(which) => (Agent::Qwen, which),
        };
        let (chosen, _files) = which.choose(agent)?;
        let mut total = Total::default();
        let mut out = terminal::out();
        let mut failed = 0;
        let mut importer = Importer::new(place, &Acting::default(), agent);
        let runtime = runtime()?;
        let bar = Progress::new("Importing", "sessions");
        for (index, session) in chosen.iter().enumerate() {
            bar.set(index as u64, chosen.len() as u64);
            if let Some(thread) = captured(place.folder()?, agent, &session.id) {
                if !which.json {
                    writeln!(out, "{} was captured while it ran: {}", plain(&session.id), thread.0)?;
                }
                total.captured += 1;
                continue;
            }
            if which.dry_run {
                let (events, skipped) = count(agent, session)?;
                total.sessions += 1;
                total.would_import += events;
                total.skipped += skipped;
                if !which.json {
                    let time = session.started.map(|time| time.to_string()).unwrap_or_default();
                    let folder = session.folder.as_deref().unwrap_or("no folder");
                    writeln!(out, "{}  {time}  {events} events  {}", plain(&session.id), plain(folder))?;
                }
                continue;
            }
            match runtime.block_on(importer.import(session, &mut total)) {
                Ok(()) => total.sessions += 1,
                Err(failure @ (Failure::Refused(_) | Failure::Message(_))) => {
                    failed += 1;
                    terminal::error(&format!("session {}: {failure}", session.id));
                }
                Err(failure) => return Err(failure),
            }
        }
        drop(bar);
        report(&mut out, &which, &total)?;
        Ok(if failed + total.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn report(out: &mut impl Write, which: &Which, total: &Total) -> Result<(), Failure> {
    let Total { sessions, imported, would_import, present, skipped, refused, captured } = total;
    if which.json {
        let counts = match which.dry_run {
            true => json!({"sessions": sessions, "would_import": would_import, "captured": captured,
                "skipped_lines": skipped}),
            false => json!({"sessions": sessions, "imported": imported, "already_there": present,
                "captured": captured, "skipped_lines": skipped, "refused": refused}),
        };
        return Ok(terminal::json(out, &counts, terminal::stdout_is_terminal())?);
    }
    match which.dry_run {
        true => writeln!(out, "{sessions} sessions, {would_import} events, {skipped} lines skipped")?,
        false => {
            write!(
                out,
                "{sessions} sessions: {imported} events imported, {present} already there, {skipped} lines skipped"
            )?;
            match refused {
                0 => writeln!(out)?,
                refused => writeln!(out, ", {refused} events refused")?,
            }
        }
    }
    Ok(())
}

impl Which {
    /// The sessions, and the files that exist as long as the import runs.
    fn choose(&self, agent: Agent) -> Result<(Vec<Session>, Vec<TempPath>), Failure> {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        let home = home.ok_or_else(|| Failure::message("your home folder is unknown: set HOME"))?;
        let folder = folder_of_transcripts(agent, &home, |name| std::env::var_os(name).map(PathBuf::from));
        let (mut found, files): (Vec<_>, Vec<_>) = match agent {
            Agent::Opencode => opencode::export(self.session.as_deref())?.into_iter().unzip(),
            _ => (sessions(agent, &folder), Vec::new()),
        };
        let (what, place) = (agent.title(), terminal::path(&folder));
        if let Some(id) = &self.session {
            found.retain(|session| session.id == *id);
            if found.is_empty() {
                return Err(Failure::message(format!("no session {id} of {what} in {place}")));
            }
        } else if !self.all {
            let here = std::env::current_dir()?;
            found.retain(|session| session.folder.as_deref().is_some_and(|folder| is_in(folder, &here)));
            if found.is_empty() {
                return Err(Failure::message(format!(
                    "no session of {what} in the folder {}: --all imports those of every folder in {place}",
                    terminal::path(&here)
                )));
            }
        }
        if let Some(since) = self.since {
            found.retain(|session| session.updated.is_none_or(|updated| updated >= since));
        }
        Ok((found, files))
    }
}

fn is_in(folder: &str, here: &Path) -> bool {
    let folder = PathBuf::from(folder);
    folder.canonicalize().unwrap_or(folder).starts_with(here)
}
