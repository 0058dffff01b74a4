//! `workroom mcp install`

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::Value;
use similar::TextDiff;

use super::super::failure::Failure;
use super::super::place::Place;
use super::super::{Outcome, terminal};
use super::edit::{edited, permitted};
use super::hosts::{Allow, HOSTS, Host};

/// Tell an MCP host to start this program: shows the change to its configuration file, asks, and makes it
///
/// The file as it was is kept beside it. Other entries and comments stay as they are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom mcp install claude
  workroom mcp install codex --model gpt-5.5
  workroom mcp install claude --file .mcp.json    for this project only
  workroom mcp install gemini --token-file scout.token   as the agent of that token
  workroom mcp install gemini --print             only show it")]
pub(super) struct Install {
    /// The host
    #[arg(value_parser = hosts())]
    host: Host,
    /// The model that its agent runs on, to be told with what it does
    #[arg(long)]
    model: Option<String>,
    /// The file to change. Default: the host's own, of this user
    #[arg(long)]
    file: Option<PathBuf>,
    /// Also have the host use Workroom's tools without asking each time: they change nothing outside of Workroom
    #[arg(long, conflicts_with = "remove")]
    allow: bool,
    /// Take the entry out again
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
        .try_map(|name| Host::named(&name).ok_or("no such host"))
}

impl Install {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let no_home = || Failure::message("there is no home folder: give the --file");
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
            self.change(&file, "Change it?", |text| edited(text, format, servers, first.as_ref()))?;
        if outcome == Change::Declined {
            return Err(Failure::message("nothing was changed"));
        }
        let title = self.host.title;
        if outcome == Change::Made {
            let check = self.host.check;
            let mut err = terminal::err();
            writeln!(err, "Done. {title} reads it when it starts; to see it there: {check}.")?;
            if !self.remove {
                writeln!(
                    err,
                    "Its tools decide no approvals. An agent that runs commands as you can still run `workroom approve`; \
                     `workroom approver set` protects your decisions with a secret."
                )?;
            }
        }
        self.permit(home.as_deref(), &file, &entry(true))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Offers the host's own rule by which it asks no more before each call: a question of its own, as it is another
    /// matter whether a program is there and whether it is asked about.
    fn permit(&self, home: Option<&Path>, file: &Path, entry: &Option<Value>) -> Result<(), Failure> {
        let question = format!(
            "Also have {} use these tools without asking each time? They change nothing outside of Workroom.",
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
                    "{title} has no such rule in its files: allow the tools when it asks."
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Shows a change to a file, asks, and makes it.
    fn change(
        &self,
        file: &Path,
        question: &str,
        change: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Change, Failure> {
        // A link that somebody keeps their configuration behind stays one.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let before = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(of(&file, error)),
        };
        let text = before.as_deref().unwrap_or_default();
        let after = change(text).map_err(|error| of(&file, error))?;
        let mut out = terminal::out();
        if after == text || (self.remove && before.is_none()) {
            writeln!(terminal::err(), "{} is so already.", terminal::path(&file))?;
            return Ok(Change::None);
        }
        // On one line: a line break in a name would pass for a line of the change.
        let name = terminal::path(&file);
        let diff = TextDiff::from_lines(text, &after);
        write!(out, "{}", terminal::inert(&diff.unified_diff().header(&name, &name).to_string()))?;
        out.flush()?;
        if self.print {
            return Ok(Change::Shown);
        }
        if !self.yes && !terminal::confirmed(question, "say --yes, or --print to see it only")? {
            return Ok(Change::Declined);
        }
        let kept = before.is_some().then(|| keep(&file)).transpose()?;
        write(&file, &after).map_err(|error| of(&file, error))?;
        if let Some(kept) = kept {
            writeln!(terminal::err(), "It was as in {}.", terminal::path(&kept))?;
        }
        Ok(Change::Made)
    }

    /// How the host is to start this program. What it needs to know stands in the arguments: some hosts keep variables
    /// of their environment from servers, and some start one server for several sessions.
    fn command(&self, place: &Place) -> Result<Vec<String>, Failure> {
        let text = |path: &Path| {
            let text = path.to_str().map(str::to_owned);
            text.ok_or_else(|| Failure::message(format!("{} is not UTF-8", path.display())))
        };
        // In full: hosts with windows have another PATH than shells.
        let mut command = vec![text(&std::env::current_exe()?)?, "mcp".into()];
        if let Some(home) = place.named_home() {
            command.extend(["--home".into(), text(&std::path::absolute(home)?)?]);
        }
        match place.token_file() {
            Some(file) => command.extend(["--token-file".into(), text(&std::path::absolute(file)?)?]),
            None if place.bears_a_token() => {
                return Err(Failure::message(
                    "CODEWHALE_RUNTIME_TOKEN is set, and hosts may not hand it on: the agent would then act with all \
                     your rights. Write the token to a file and give it with --token-file, or unset the variable",
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

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Shown,
    Declined,
    Made,
}

/// Copies the file beside itself, under a name that is free.
fn keep(file: &Path) -> Result<PathBuf, Failure> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for number in 1.. {
        let kept = file.with_file_name(format!("{name}.before-workroom-{number}"));
        if kept.symlink_metadata().is_ok() {
            continue;
        }
        fs::copy(file, &kept).map_err(|error| of(&kept, error))?;
        return Ok(kept);
    }
    Err(Failure::message("every name for a copy is taken"))
}

/// Writes the file in one step, so that no host reads half of it.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let next = folder.join(format!(".{name}.{}", uuid::Uuid::new_v4().simple()));
    let written = (|| {
        fs::write(&next, text)?;
        if let Ok(was) = fs::metadata(file) {
            fs::set_permissions(&next, was.permissions())?;
        }
        fs::rename(&next, file)
    })();
    if written.is_err() {
        // What matters is told already.
        let _ = fs::remove_file(&next);
    }
    written
}

fn of(file: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::message(format!("{}: {error}", file.display()))
}
