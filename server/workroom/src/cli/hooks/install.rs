//! `workroom hooks install`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use workroom_capture::Agent;
use workroom_capture::install::{self, Program};

use super::{Which, codex, file_of, is_found, program, text_before};
use crate::cli::change::{After, Change, Consent};
use crate::cli::failure::Failure;
use crate::cli::place::Place;
use crate::cli::{Outcome, terminal};

/// Add Workroom's hooks to the settings of an agent
///
/// The command shows each change, asks for confirmation, and makes the change. It keeps a copy of the previous file next
/// to it. Other settings and comments stay unchanged. Without the name of an agent, it installs the hooks of every agent
/// that it finds on this machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom hooks install              every agent on this machine
  workroom hooks install claude       only Claude Code
  workroom hooks install --print      only show the changes
  workroom hooks status               check what is installed")]
pub(in crate::cli) struct Install {
    #[command(flatten)]
    which: Which,
    /// The program that the hooks run. Default: the workroom in your PATH, or this program
    #[arg(long, value_name = "PATH")]
    command: Option<PathBuf>,
    /// Only show the changes
    #[arg(long, conflicts_with = "yes")]
    print: bool,
    /// Make the changes without asking
    #[arg(long)]
    yes: bool,
}

impl Install {
    pub(super) fn run(self, place: &Place) -> Outcome {
        if cfg!(windows) {
            return Err(Failure::message("hooks need a POSIX shell, which agents do not use on Windows"));
        }
        let program = program::choose(self.command.as_deref(), place)?;
        let agents = self.agents()?;
        let consent = Consent { print: self.print, yes: self.yes };
        let mut results = Vec::new();
        for agent in agents {
            results.push(add(agent, &program, consent)?);
        }
        match results.contains(&Change::Declined) && !results.contains(&Change::Made) {
            true => Err(Failure::message("nothing was changed")),
            false => Ok(ExitCode::SUCCESS),
        }
    }

    /// Returns the named agent, or those on this machine after showing them.
    fn agents(&self) -> Result<Vec<Agent>, Failure> {
        if let Some(agent) = self.which.agent {
            return Ok(vec![agent]);
        }
        if self.which.all {
            return Ok(Agent::ALL.to_vec());
        }
        let mut found = Vec::new();
        for agent in Agent::ALL {
            if is_found(agent, &file_of(agent)?) {
                found.push(agent);
            }
        }
        if found.is_empty() {
            let names = Agent::ALL.map(Agent::name).join(", ");
            return Err(Failure::message(format!("no agent was found; name one of {names}, or use --all")));
        }
        let titles: Vec<_> = found.iter().map(|agent| agent.title()).collect();
        writeln!(terminal::err(), "Found on this machine: {}.", titles.join(", "))?;
        Ok(found)
    }
}

fn add(agent: Agent, program: &Program, consent: Consent) -> Result<Change, Failure> {
    let (file, title) = (file_of(agent)?, agent.title());
    let question = format!("Add these hooks to {title}?");
    let change = consent.change(&file.path, &question, |before| {
        let text = before.unwrap_or_default();
        // Over older hooks, the new ones are added to what was there before.
        let base = text_before(agent, &file.path, text);
        let added = install::add(agent, base.as_deref().unwrap_or(text), program);
        added.map(After::Text).map_err(|error| error.to_string())
    })?;
    if change == Change::Made {
        let mut err = terminal::err();
        match agent {
            Agent::Claude => writeln!(err, "Done. {title} uses the hooks now, also in open sessions.")?,
            Agent::Gemini => writeln!(
                err,
                "Done. {title} uses the hooks from its next start on. They only report: answer its questions in its terminal."
            )?,
            _ => writeln!(err, "Done. {title} uses the hooks from its next start on.")?,
        }
    }
    if agent == Agent::Codex && matches!(change, Change::Made | Change::None) {
        codex::trust(&file, consent)?;
    }
    Ok(change)
}
