//! `workroom mcp install`

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use similar::TextDiff;

use super::super::failure::Failure;
use super::super::place::Place;
use super::super::{Outcome, terminal};
use super::edit::edited;
use super::hosts::{HOSTS, Host};

/// Tell an MCP host to start this program: shows the change to its configuration file, asks, and makes it
///
/// The file as it was is kept beside it. Other entries and comments stay as they are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom mcp install claude
  workroom mcp install codex --model gpt-5.5
  workroom mcp install claude --file .mcp.json    for this project only
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
        let file = match &self.file {
            Some(file) => file.clone(),
            None => {
                let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
                let home =
                    home.ok_or_else(|| Failure::message("there is no home folder: give the --file"))?;
                self.host.file(&home)
            }
        };
        // A link that somebody keeps their configuration behind stays one.
        let file = fs::canonicalize(&file).unwrap_or(file);
        let before = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(of(&file, error)),
        };
        let text = before.as_deref().unwrap_or_default();
        let entry =
            (!self.remove).then(|| Ok::<_, Failure>(self.host.entry(&self.command(place)?))).transpose()?;
        let after = edited(text, self.host.format, self.host.servers, entry.as_ref())
            .map_err(|error| of(&file, error))?;
        let mut out = terminal::out();
        if after == text || (self.remove && before.is_none()) {
            writeln!(terminal::err(), "{} is so already.", terminal::path(&file))?;
            return Ok(ExitCode::SUCCESS);
        }
        let name = file.display().to_string();
        let diff = TextDiff::from_lines(text, &after);
        write!(out, "{}", terminal::inert(&diff.unified_diff().header(&name, &name).to_string()))?;
        out.flush()?;
        if self.print {
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes && !terminal::confirmed("Change it?", "say --yes, or --print to see it only")? {
            return Err(Failure::message("nothing was changed"));
        }
        let kept = before.is_some().then(|| keep(&file)).transpose()?;
        write(&file, &after).map_err(|error| of(&file, error))?;
        let mut err = terminal::err();
        if let Some(kept) = kept {
            writeln!(err, "It was as in {}.", terminal::path(&kept))?;
        }
        writeln!(
            err,
            "Done. {} reads it when it starts; to see it there: {}.",
            self.host.title, self.host.check
        )?;
        writeln!(
            err,
            "Its tools decide no approvals. An agent that runs commands as you can still run `workroom approve`; \
             `workroom approver set` protects your decisions with a secret."
        )?;
        Ok(ExitCode::SUCCESS)
    }

    /// How the host is to start this program.
    fn command(&self, place: &Place) -> Result<Vec<String>, Failure> {
        let text = |path: &Path| {
            let text = path.to_str().map(str::to_owned);
            text.ok_or_else(|| Failure::message(format!("{} is not UTF-8", path.display())))
        };
        // In full: hosts with windows have another PATH than shells.
        let mut command = vec![text(&std::env::current_exe()?)?, "mcp".into()];
        if let Some(home) = place.given() {
            command.extend(["--home".into(), text(&std::path::absolute(home)?)?]);
        }
        if let Some(model) = &self.model {
            command.extend(["--model".into(), model.clone()]);
        }
        Ok(command)
    }
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
