//! Where things are, and who runs this: argv and environment in one place.

use std::path::PathBuf;

/// The folder that holds the store, and what named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its absolute path.
    pub path: PathBuf,
    /// `--home`, the name of an environment variable, or `the user's home folder`.
    pub named_by: &'static str,
}

/// The folder that holds the store: `given`, else `$WORKROOM_HOME`, else `$CODEWHALE_HOME/workrooms`,
/// else `~/.codewhale/workrooms`. `None` when there is no home folder either.
pub fn home(given: Option<PathBuf>) -> Option<Home> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let (path, named_by) = if let Some(path) = given {
        (path, "--home")
    } else if let Some(path) = set("WORKROOM_HOME") {
        (path, "WORKROOM_HOME")
    } else if let Some(path) = set("CODEWHALE_HOME") {
        (path.join("workrooms"), "CODEWHALE_HOME")
    } else {
        let home = std::env::home_dir().filter(|home| home.is_absolute())?;
        (home.join(".codewhale/workrooms"), "the user's home folder")
    };
    Some(Home { path: std::path::absolute(path).ok()?, named_by })
}

/// The handle of the person at this machine: the name of the user, as one word.
pub fn owner() -> String {
    let set = |name| std::env::var(name).ok();
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(set).chain(user_database());
    names.map(|name| handle(&name)).find(|handle| !handle.is_empty()).unwrap_or_else(|| "owner".into())
}

fn handle(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || "._-".contains(*c)).take(64).collect()
}

/// The user's name as the system knows it, where the environment does not tell: in containers, services and jobs.
#[cfg(unix)]
fn user_database() -> Option<String> {
    let id = rustix::process::geteuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = users.lines().find(|line| line.split(':').nth(2) == Some(&id))?;
    user.split(':').next().map(str::to_owned)
}

#[cfg(not(unix))]
fn user_database() -> Option<String> {
    None
}

/// The access token that the environment presents. An empty one is one that is not good: whoever meant to hand one over
/// and had none must not be taken for the person at this machine.
pub fn token() -> Option<String> {
    let token = std::env::var_os("CODEWHALE_RUNTIME_TOKEN")?;
    Some(token.to_string_lossy().into_owned())
}
