//! `workroom hooks remove`

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use workroom_capture::Agent;
use workroom_capture::install::{self, InstallError, Trust, recorded, trust_key, trusted, untrusted};

use super::{Which, file_of, remove_empty_folders, text_before, texts_of_copies, trust_file};
use crate::cli::Outcome;
use crate::cli::change::{self, After, Change, Consent, with_line_ends_of};
use crate::cli::failure::Failure;

/// Remove Workroom's hooks from the settings of an agent
///
/// The command shows each change, asks for confirmation, and makes the change. A file that only Workroom has changed
/// gets its previous contents back, byte by byte, and a file that Workroom created is deleted. Without the name of an
/// agent, it removes the hooks of every agent.
#[derive(Debug, Args)]
pub(in crate::cli) struct Remove {
    #[command(flatten)]
    which: Which,
    /// Only show the changes
    #[arg(long, conflicts_with = "yes")]
    print: bool,
    /// Make the changes without asking
    #[arg(long)]
    yes: bool,
}

impl Remove {
    pub(super) fn run(self) -> Outcome {
        let consent = Consent { print: self.print, yes: self.yes };
        let agents = self.which.agent.map_or(Agent::ALL.to_vec(), |agent| vec![agent]);
        let mut results = Vec::new();
        for agent in agents {
            let file = file_of(agent)?;
            if self.which.agent.is_none() && change::read(&file.path)?.is_none() {
                continue;
            }
            let question = format!("Remove these hooks from {}?", agent.title());
            let names = keys(agent, &file.path)?;
            let made = consent.change(&file.path, &question, |before| {
                before
                    .map_or(Ok(GONE), |text| without_hooks(agent, &file.path, text))
                    .map_err(|error| error.to_string())
            })?;
            results.push(made);
            if matches!(made, Change::Made | Change::Shown) && !names.is_empty() {
                let file = trust_file(&file);
                let question = "Remove these hooks from the trusted hooks of Codex?";
                results.push(consent.change(&file, question, |before| {
                    before
                        .map_or(Ok(GONE), |text| without_trust(&file, text, &names))
                        .map_err(|error| error.to_string())
                })?);
            }
            if made == Change::Made && !file.path.exists() {
                remove_empty_folders(&file);
            }
        }
        match results.contains(&Change::Declined) && !results.contains(&Change::Made) {
            true => Err(Failure::message("nothing was changed")),
            false => Ok(ExitCode::SUCCESS),
        }
    }
}

/// A file whose whole contents Workroom wrote.
const GONE: After = After::Absent { keep: false };

/// Returns the file without the hooks.
fn without_hooks(agent: Agent, file: &Path, text: &str) -> Result<After, InstallError> {
    // A file that was there has a copy without hooks.
    let copies = texts_of_copies(file);
    let is_created =
        !copies.iter().any(|copy| install::installed(agent, copy).is_ok_and(|found| found.is_empty()));
    match text_before(agent, file, text) {
        Some(_) if is_created => return Ok(GONE),
        Some(before) => return Ok(After::Text(before)),
        None => {}
    }
    let rest = install::remove(agent, text)?;
    match rest.as_str() {
        "" if agent == Agent::Opencode => Ok(After::Absent { keep: true }),
        "{}\n" if is_created && rest != text => Ok(GONE),
        _ => Ok(After::Text(rest)),
    }
}

/// Returns Codex's own names of the hooks in the file.
fn keys(agent: Agent, file: &Path) -> Result<Vec<String>, Failure> {
    let Some(text) = change::read(file)?.filter(|_| agent == Agent::Codex) else { return Ok(Vec::new()) };
    let found = install::installed(agent, &text).unwrap_or_default();
    // Codex may name the file by another path if a folder is a symbolic link.
    let mut paths = vec![file.to_owned()];
    paths.extend(fs::canonicalize(file).ok().filter(|real| real != file));
    Ok(paths.iter().flat_map(|path| found.iter().map(|hook| trust_key(path, hook))).collect())
}

/// Returns `config.toml` without the trust in the hooks.
fn without_trust(file: &Path, text: &str, keys: &[String]) -> Result<After, InstallError> {
    let hooks: Vec<_> =
        keys.iter().filter_map(|key| Some(Trust { key: key.clone(), hash: recorded(text, key)? })).collect();
    let copies = texts_of_copies(file);
    let is_before = |copy: &&String| {
        let is_untrusted = keys.iter().all(|key| recorded(copy, key).is_none());
        is_untrusted && trusted(copy, &hooks).is_ok_and(|with| with_line_ends_of(copy, &with) == text)
    };
    if hooks.is_empty() {
        return Ok(After::Text(text.into()));
    }
    if let Some(copy) = copies.iter().find(is_before) {
        return Ok(After::Text(copy.clone()));
    }
    let rest = with_line_ends_of(text, &untrusted(text, keys)?);
    Ok(if rest.is_empty() && copies.is_empty() { GONE } else { After::Text(rest) })
}
