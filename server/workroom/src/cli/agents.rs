//! `workroom agents`: the agents that run on this machine, and `workroom away`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use unicode_width::UnicodeWidthStr;
use workroom_domain::shown;
use workroom_protocol::methods::PresenceList;
use workroom_protocol::presence::{AgentPresence, PresenceListParams};
use workroom_protocol::{Timestamp, WorkroomLink};

use super::Outcome;
use super::local::Local;
use super::place::{Acting, Place};
use super::table::{GAP, clip, pad};
use super::{duration, terminal};

/// List the agents that run on this machine, and what they are doing
#[derive(Debug, Args)]
pub(super) struct Agents {
    /// Also list sessions whose process has ended
    #[arg(long)]
    gone: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Agents {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &Acting::default());
        let params = PresenceListParams { gone: self.gone };
        let agents = super::runtime()?.block_on(local.ask::<PresenceList>(&params))?;
        if self.json {
            writeln!(terminal::out(), "{}", serde_json::to_string(&agents)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        if agents.agents.is_empty() {
            writeln!(
                terminal::err(),
                "No agent is running, or none reports to Workroom. `workroom hooks install` connects your agents."
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        let columns = terminal::columns();
        print(&mut terminal::out(), &agents.agents, super::clock().now(), columns)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints two lines per agent: what it does, and where.
fn print(
    out: &mut impl Write,
    agents: &[AgentPresence],
    now: Timestamp,
    columns: Option<usize>,
) -> io::Result<()> {
    let name =
        |agent: &AgentPresence| shown::line(agent.handle.as_deref().unwrap_or(&agent.agent)).into_owned();
    let state = |agent: &AgentPresence| format!("{} {}", agent.state.name(), since(agent.since, now));
    let widest =
        |cell: &dyn Fn(&AgentPresence) -> String| agents.iter().map(|agent| cell(agent).width()).max();
    let (names, states) = (widest(&name).unwrap_or(0), widest(&state).unwrap_or(0));
    for agent in agents {
        let (name, state) = (name(agent), state(agent));
        let mut line = format!("{name}{}{GAP}{state}{}", pad(&name, names), pad(&state, states));
        if let Some(activity) = &agent.activity {
            line.extend([GAP, &shown::line(activity)]);
        }
        writeln!(out, "{}", fit(line.trim_end(), columns))?;
        let model = agent.model.as_deref().map(shown::line);
        let folder = agent.folder.as_deref().map(shown::line);
        let branch = agent.branch.as_deref().map(|branch| format!("on {}", shown::line(branch)).into());
        let parts: Vec<_> = [folder, branch, model].into_iter().flatten().collect();
        if !parts.is_empty() {
            writeln!(out, "{}", fit(&format!("{GAP}{}", parts.join(", ")), columns))?;
        }
        if let (Some(workroom_id), Some(thread_id)) = (&agent.workroom_id, &agent.thread_id) {
            // Never shortened: it is there to be copied.
            let link = WorkroomLink::thread(workroom_id.clone(), thread_id.clone());
            writeln!(out, "{GAP}{}", link.to_url())?;
        }
    }
    Ok(())
}

fn fit(line: &str, columns: Option<usize>) -> String {
    columns.map_or_else(|| line.to_owned(), |columns| clip(line, columns))
}

/// How long something has been so, in the largest unit.
fn since(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.millis().saturating_sub(at.millis()).max(0) / 1000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Hold every request for permission in the inbox, while you are not at your terminals
///
/// Codex, Copilot CLI and Qwen Code cannot show their own dialog while a request waits in the inbox. As long as you are
/// there, they use their dialog, and the inbox only tells you about it. Claude Code and opencode always do both, and
/// Gemini CLI always asks in its terminal.
#[derive(Debug, Subcommand)]
pub(super) enum Away {
    /// You are away
    On {
        /// For how long, such as 30m or 2h
        #[arg(long = "for", value_name = "DURATION", default_value = "8h", value_parser = duration::parse)]
        length: Duration,
    },
    /// You are back
    Off,
    /// Print whether you are away
    Status,
}

impl Away {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let home = place.folder()?;
        let now = super::clock().now();
        let text = match self {
            Self::On { length } => {
                let until = Timestamp::from_millis(
                    now.millis().saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
                );
                workroom_capture::away::set(home, Some(until))?;
                format!("Requests for permission wait in the inbox until {until}.")
            }
            Self::Off => {
                workroom_capture::away::set(home, None)?;
                "Agents ask in their terminals.".to_owned()
            }
            Self::Status => match workroom_capture::away::until(home, now) {
                Some(until) => format!("Away until {until}: requests for permission wait in the inbox."),
                None => "Not away: agents ask in their terminals.".to_owned(),
            },
        };
        writeln!(terminal::out(), "{text}")?;
        Ok(ExitCode::SUCCESS)
    }
}
