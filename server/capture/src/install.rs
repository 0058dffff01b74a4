//! The hooks in the configuration of each agent: which file they are in, how they look, and how they are added and
//! removed.
//!
//! Everything here works on texts. The command line reads and writes the files.

mod entries;
mod file;
mod json;
mod plugin;
mod program;
mod trust;
mod volatile;

pub use file::{ConfigFile, config_file};
pub use json::options as json_options;
pub use program::Program;
pub use trust::{Trust, recorded, trust_key, trusted, untrusted};
pub use volatile::volatile;

use super::agent::Agent;

/// The byte order mark, with which editors on Windows begin files.
const MARK: &str = "\u{feff}";

/// Why a configuration file cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    /// The text is not valid JSON or TOML.
    #[error("{0}")]
    Syntax(String),
    /// A member has a form that the agent does not accept either.
    #[error("`{0}` is not {1}")]
    Form(String, &'static str),
    /// Two members have this name, and agents read only one of them.
    #[error("`{0}` occurs twice")]
    Twice(String),
    /// The file of the plugin has other contents.
    #[error("the file exists, and Workroom did not write it")]
    Foreign,
}

/// A hook of Workroom in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The agent's name of the event.
    pub event: String,
    /// The program that it runs.
    pub program: Program,
    /// The position of its group in the list of the event, and its own position in the group.
    pub position: (usize, usize),
    /// Whether it is exactly what [`add`] writes for its program.
    pub current: bool,
}

/// Returns the text of the agent's configuration file with the hooks. Older hooks of Workroom are replaced.
pub fn add(agent: Agent, text: &str, program: &Program) -> Result<String, InstallError> {
    match agent {
        Agent::Opencode => plugin::add(text, program),
        _ => entries::add(agent, text, program),
    }
}

/// Returns the text of the agent's configuration file without the hooks. It is empty if nothing else was in the file of
/// a plugin.
pub fn remove(agent: Agent, text: &str) -> Result<String, InstallError> {
    match agent {
        Agent::Opencode => plugin::remove(text),
        _ => entries::remove(agent, text),
    }
}

/// Returns the hooks of Workroom in the text of the agent's configuration file.
pub fn installed(agent: Agent, text: &str) -> Result<Vec<Installed>, InstallError> {
    match agent {
        Agent::Opencode => Ok(plugin::installed(text)),
        _ => entries::installed(agent, text),
    }
}

/// Whether `text` is what [`add`] writes for `before`, so that nobody else has changed the file since.
pub fn is_only_ours(agent: Agent, text: &str, before: &str) -> bool {
    let Ok(found) = installed(agent, text) else { return false };
    // The text before the first installation has no hooks of Workroom. Later texts have those of an older version.
    let is_first = installed(agent, before).is_ok_and(|found| found.is_empty());
    let Some(hook) = found.first().filter(|_| is_first) else { return false };
    add(agent, before, &hook.program).is_ok_and(|added| added == text)
}
