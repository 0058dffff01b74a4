//! The folder of the store and the identity of the user, from arguments and environment variables.

use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of the store, and what determined it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its absolute path.
    pub path: PathBuf,
    /// What determined it: `--home`, the name of an environment variable, or `the user's home folder`.
    pub named_by: &'static str,
}

/// Returns the folder of the store: `given`, otherwise `$WORKROOM_HOME`, otherwise `$CODEWHALE_HOME/workrooms`,
/// otherwise `~/.codewhale/workrooms`. `None` if there is no home folder either.
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

/// Returns the name of the account that this process runs as, according to the system. Variables such as `USER` are not
/// reliable, because anybody can set them.
pub fn account() -> String {
    user_database().or_else(ask_system).unwrap_or_else(|| "owner".into())
}

/// Returns the name from the file in which most systems keep their users.
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

/// Returns the name that a system command reports, also for users in a network directory, or on macOS.
fn ask_system() -> Option<String> {
    let (program, arguments): (_, &[&str]) = if cfg!(windows) { ("whoami", &[]) } else { ("id", &["-un"]) };
    let told =
        std::process::Command::new(program).args(arguments).stdin(std::process::Stdio::null()).output();
    let told = told.ok().filter(|told| told.status.success())?;
    let name = String::from_utf8(told.stdout).ok()?;
    // On Windows, the name of the machine comes before the user.
    let name = name.trim().rsplit('\\').next()?.to_owned();
    (!name.is_empty()).then_some(name)
}

/// Returns the access token from the environment. An empty one is treated as an invalid token: a caller who wanted to
/// use a token and had none must not be taken for the local user.
pub fn token() -> Option<String> {
    let token = std::env::var_os("CODEWHALE_RUNTIME_TOKEN")?;
    Some(token.to_string_lossy().into_owned())
}

/// Reads the access token from a file.
pub fn token_of_file(path: &Path) -> std::io::Result<String> {
    // Longer than any token, so that a wrong file is not read to its end.
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_TOKEN_FILE).read_to_string(&mut text)?;
    Ok(text)
}

const MAX_TOKEN_FILE: u64 = 4096;
