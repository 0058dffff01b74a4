//! `workroom mcp install`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::Value;

use super::super::change::{After, Change, Consent};
use super::super::failure::Failure;
use super::super::place::Place;
use super::super::{Outcome, terminal};
use super::edit::{edited, permitted};
use super::hosts::{Allow, HOSTS, Host};

/// Configure an MCP host to start this program
///
/// The command shows the change to the host's configuration file, asks for confirmation, and makes the change. It keeps
/// a copy of the previous file next to it. Other entries and comments stay unchanged.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom mcp install claude
  workroom mcp install codex --model gpt-5.5
  workroom mcp install claude --file .mcp.json    for this project only
  workroom mcp install gemini --token-file scout.token   as the bearer of that token
  workroom mcp install gemini --print             only show the change")]
pub(super) struct Install {
    /// The host
    #[arg(value_parser = hosts())]
    host: Host,
    /// The model that the host's agent runs on, which is recorded with its events
    #[arg(long)]
    model: Option<String>,
    /// The file to change. Default: your user's configuration file of the host
    #[arg(long)]
    file: Option<PathBuf>,
    /// Also allow Workroom's tools without a prompt for each call; they change nothing outside of Workroom
    #[arg(long, conflicts_with = "remove")]
    allow: bool,
    /// Remove the entry
    #[arg(long, conflicts_with = "model")]
    remove: bool,
    /// Only show the change
    #[arg(long, conflicts_with = "yes")]
    print: bool,
    /// Make the change without asking
    #[arg(long)]
    yes: bool,
}

fn hosts() -> impl TypedValueParser<Value = Host> {
    PossibleValuesParser::new(HOSTS.map(|host| host.name))
        .try_map(|name| Host::named(&name).ok_or("unknown host"))
}

impl Install {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let no_home = || Failure::message("the home folder is unknown: use --file");
        let file = match (&self.file, &home) {
            (Some(file), _) => file.clone(),
            (None, home) => self.host.file(home.as_deref().ok_or_else(no_home)?),
        };
        let command = (!self.remove).then(|| self.command(place)).transpose()?;
        let entry = |allowed: bool| {
            command.as_ref().map(|command| {
                let mut entry = self.host.entry(command);
                if let (true, Some(Allow::Member(name)), Some(members)) =
                    (allowed, self.host.allow, entry.as_object_mut())
                {
                    members.insert(name.into(), true.into());
                }
                entry
            })
        };
        let first = entry(self.allow);
        let (format, servers) = (self.host.format, self.host.servers);
        let outcome =
            self.change(&file, "Make this change?", |text| edited(text, format, servers, first.as_ref()))?;
        if outcome == Change::Declined {
            return Err(Failure::message("nothing was changed"));
        }
        let title = self.host.title;
        if outcome == Change::Made {
            let check = self.host.check;
            let mut err = terminal::err();
            writeln!(err, "Done. {title} loads the file at its next start. To check it there: {check}.")?;
            if !self.remove {
                writeln!(
                    err,
                    "The tools cannot decide approvals. But an agent that runs commands as you can run `workroom approve`; \
                     `workroom approver set` protects your decisions with a secret."
                )?;
            }
        }
        self.permit(home.as_deref(), &file, &entry(true))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Offers the host's own rule that allows the tools without a prompt for each call. This is a separate question,
    /// because adding a server and trusting it are separate decisions.
    fn permit(&self, home: Option<&Path>, file: &Path, entry: &Option<Value>) -> Result<(), Failure> {
        let question = format!(
            "Also allow these tools in {} without a prompt for each call? They change nothing outside of Workroom.",
            self.host.title
        );
        let is_asked = self.allow || self.remove || (!self.yes && !self.print);
        match (self.host.allow, home) {
            (Some(Allow::Rule { file, rule }), Some(home)) if is_asked => {
                self.change(&file(home), &question, |text| permitted(text, rule, !self.remove))?;
            }
            (Some(Allow::Member(_)), _) if is_asked && !self.allow && !self.remove => {
                let (format, servers) = (self.host.format, self.host.servers);
                self.change(file, &question, |text| edited(text, format, servers, entry.as_ref()))?;
            }
            (None, _) if self.allow => {
                let title = self.host.title;
                writeln!(
                    terminal::err(),
                    "{title} has no setting for this in its files: allow the tools when it asks you."
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Shows a change to a file, asks for confirmation, and makes the change.
    fn change(
        &self,
        file: &Path,
        question: &str,
        change: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Change, Failure> {
        let consent = Consent { print: self.print, yes: self.yes };
        consent.change(file, question, |before| match before {
            None if self.remove => Ok(After::Absent { keep: false }),
            before => change(before.unwrap_or_default()).map(After::Text),
        })
    }

    /// Returns the command that starts this program. Its settings are arguments, because some hosts do not pass
    /// environment variables on to servers, and some start one server for several sessions.
    fn command(&self, place: &Place) -> Result<Vec<String>, Failure> {
        let text = |path: &Path| {
            let text = path.to_str().map(str::to_owned);
            text.ok_or_else(|| Failure::message(format!("{} is not UTF-8", path.display())))
        };
        // The absolute path is used because graphical hosts have a different PATH than shells.
        let mut command = vec![text(&std::env::current_exe()?)?, "mcp".into()];
        if let Some(home) = place.named_home() {
            command.extend(["--home".into(), text(&std::path::absolute(home)?)?]);
        }
        match place.token_file() {
            Some(file) => command.extend(["--token-file".into(), text(&std::path::absolute(file)?)?]),
            None if place.bears_a_token() => {
                return Err(Failure::message(
                    "CODEWHALE_RUNTIME_TOKEN is set, but hosts may not pass it on, and the agent would then act with all \
                     your rights. Write the token to a file and use --token-file, or unset the variable",
                ));
            }
            None => {}
        }
        if let Some(model) = &self.model {
            command.extend(["--model".into(), model.clone()]);
        }
        Ok(command)
    }
}
