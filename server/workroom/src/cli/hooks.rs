//! `workroom hooks`

mod codex;
mod dry_run;
mod install;
pub(super) mod program;
mod remove;
mod status;

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use workroom_capture::Agent;
use workroom_capture::install::{ConfigFile, config_file, is_only_ours};

use self::install::Install;
use self::remove::Remove;
use self::status::Status;
use super::failure::Failure;
use super::place::Place;
use super::{Outcome, change};

/// Let coding agents report what they do, and let people answer them from anywhere
///
/// Hooks are commands that an agent runs at certain events. With Workroom's hooks, each session of the agent has a
/// thread, and you can answer its requests for permission in the inbox. The hooks are in your own settings of the agent,
/// and never in a project.
#[derive(Debug, Subcommand)]
pub(super) enum Hooks {
    Install(Install),
    Remove(Remove),
    Status(Status),
}

impl Hooks {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match self {
            Self::Install(install) => install.run(place),
            Self::Remove(remove) => remove.run(),
            Self::Status(status) => status.run(place),
        }
    }
}

/// The agents of a command.
#[derive(Debug, Args)]
struct Which {
    /// The agent
    #[arg(value_parser = agents(), conflicts_with = "all")]
    agent: Option<Agent>,
    /// Every agent, also those that were not found
    #[arg(long)]
    all: bool,
}

fn agents() -> impl TypedValueParser<Value = Agent> {
    PossibleValuesParser::new(Agent::ALL.map(Agent::name)).try_map(|name| name.parse::<Agent>())
}

/// Returns the agent's file for this user.
fn file_of(agent: Agent) -> Result<ConfigFile, Failure> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let home = home.ok_or_else(|| Failure::message("your home folder is unknown: set HOME"))?;
    let file = config_file(agent, &home, |name| std::env::var_os(name).map(PathBuf::from));
    // A relative folder in a variable is relative to each agent's own folder, which is not known here.
    match file.path.is_absolute() {
        true => Ok(file),
        false => Err(Failure::message(format!(
            "{} is not an absolute path: change the variable that names the folder of {}",
            file.path.display(),
            agent.title()
        ))),
    }
}

/// Codex's list of trusted hooks, next to its hooks.
fn trust_file(hooks: &ConfigFile) -> PathBuf {
    hooks.folder.join("config.toml")
}

/// Whether the agent is on this machine: its program, or its folder.
fn is_found(agent: Agent, file: &ConfigFile) -> bool {
    file.folder.is_dir() || program::on_path(agent.name()).next().is_some()
}

/// Returns the text of the agent's file before Workroom added hooks, if nobody has changed the file since.
fn text_before(agent: Agent, file: &Path, text: &str) -> Option<String> {
    let copies = texts_of_copies(file);
    let created = String::new();
    copies.into_iter().chain([created]).find(|before| is_only_ours(agent, text, before))
}

/// Returns the texts of the copies that earlier changes of a file kept, newest first.
fn texts_of_copies(file: &Path) -> Vec<String> {
    change::copies(file).iter().rev().filter_map(|copy| std::fs::read_to_string(copy).ok()).collect()
}

/// Removes the empty folders around a file that was removed. Folders that exist without the agent stay.
fn remove_empty_folders(file: &ConfigFile) {
    let folders = file.path.ancestors().skip(1);
    for folder in folders.take_while(|folder| folder.starts_with(&file.root) && *folder != file.root) {
        // A folder with other files stays, and so do the folders around it.
        if std::fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Returns a path as text, because configuration files are text.
fn text_of(path: &Path) -> Result<String, Failure> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::message(format!("{} is not UTF-8", path.display())))
}
