//! Asks git about a folder.
//!
//! A folder may come from a stranger, and git reads its configuration. The commands here only print what they find, and
//! none of them contacts a remote. Git settings that name programs either affect other commands only
//! (`core.sshCommand`, `credential.helper`, hooks) or are switched off (`core.fsmonitor`). Git itself refuses
//! repositories of other users (`safe.directory`); such a folder counts as one without git.
//!
//! If git is missing or does not answer in time, its files are read instead, so that every process identifies the same
//! repository.

mod dot_git;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::workspace;
use workroom_domain::repository;
use workroom_store::folder_key;

/// A git checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The top folder of the checkout.
    pub root: Option<String>,
    /// The branch that is checked out; absent if none is.
    pub branch: Option<String>,
    /// The URL of the remote `origin`, or else of the first remote, as git would use it, with `insteadOf` applied. May
    /// contain credentials, so never store it.
    pub remote: Option<String>,
    /// The host that ssh would connect to for this remote, if it differs from the host in the URL.
    pub ssh_host: Option<String>,
}

/// Identifies the repository of a folder: two folders with equal keys belong to the same repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `git:` and the repository's common directory, or `folder:` and the folder itself. Symbolic links are resolved.
    pub key: String,
    /// The folder that represents the repository: its main checkout, or the folder itself without git.
    pub folder: PathBuf,
    /// The keys that the folder may have had before it was in a repository.
    pub former: Vec<String>,
}

// Git and ssh answer in milliseconds. On a hung network mount, or if the user's ssh configuration runs a slow program,
// they may never do.
const MAX_WAIT: Duration = Duration::from_secs(2);
// The answers are a few lines. A configuration with more remotes than fit is cut off.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// Examines `folder`. `None` if it is not in a checkout, or git is not available.
pub async fn look(folder: &str) -> Option<Checkout> {
    let remotes = ["config", "--get-regexp", r"^remote\..*\.url$"];
    let (root, branch, remotes) = tokio::join!(
        git(folder, &["rev-parse", "--show-toplevel"]),
        git(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]),
        git(folder, &remotes),
    );
    let root = root?;
    let remotes = remotes.unwrap_or_default();
    let names = remotes.lines().filter_map(|line| {
        line.split_once(' ')?.0.strip_prefix("remote.")?.strip_suffix(".url").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort_by_key(|name| name != "origin");
    let remote = match names.first() {
        // Prints the URL with `insteadOf` applied, and connects to nothing.
        Some(name) => git(folder, &["ls-remote", "--get-url", "--", name]).await,
        None => None,
    };
    let alias = remote.as_deref().and_then(repository::ssh_host);
    let ssh_host = match &alias {
        Some(alias) => ssh_host(alias).await.filter(|host| host != alias),
        None => None,
    };
    Some(Checkout { root: Some(root), branch, remote, ssh_host })
}

/// The location of a folder's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The directory that git uses for the checkout.
    directory: PathBuf,
    /// The directory that all worktrees of the repository share.
    common: PathBuf,
    /// The top folder of the checkout. `None` in a bare repository, and inside git's own directory.
    root: Option<PathBuf>,
}

/// Identifies the repository of a folder.
///
/// A checkout belongs to the repository whose directory git uses for it. A worktree must be registered there: otherwise
/// a folder from a stranger could claim any repository on this machine.
pub async fn identify(folder: &str) -> Identity {
    let real = resolved(Path::new(folder)).await;
    let own = Identity { key: key_of(&real), folder: real.clone(), former: Vec::new() };
    let Some(Place { directory, common, root }) = place(&real).await else { return own };
    let main = main_checkout(&common);
    let folder = match (&root, &main) {
        // A bare repository, or a folder inside git's own directory.
        (None, _) => main.unwrap_or_else(|| common.clone()),
        (Some(root), _) if !real.starts_with(root) => return own,
        (Some(root), _) if directory != common => {
            if !is_registered(&directory, root).await {
                return own;
            }
            main.unwrap_or_else(|| root.clone())
        }
        // A `.git` file that names the directory of another checkout.
        (Some(root), Some(main)) if main != root => return own,
        (Some(root), _) => root.clone(),
    };
    let mut former = vec![own.key];
    for path in [Some(&folder), root.as_ref()].into_iter().flatten() {
        let key = key_of(path);
        if !former.contains(&key) {
            former.push(key);
        }
    }
    Identity { key: format!("git:{}", common.display()), folder, former }
}

fn key_of(folder: &Path) -> String {
    folder_key(&folder.to_string_lossy())
}

/// The location of a folder's repository, from git, or from its files if git does not answer.
async fn place(real: &Path) -> Option<Place> {
    let at = real.to_string_lossy();
    let directories = ["rev-parse", "--git-dir", "--git-common-dir"];
    let top_level = ["rev-parse", "--show-toplevel"];
    let (directories, root) = tokio::join!(ask_git(&at, &directories), ask_git(&at, &top_level));
    let (Ok(directories), Ok(root)) = (directories, root) else {
        let folder = real.to_owned();
        let found = tokio::task::spawn_blocking(move || dot_git::find(&folder));
        // On a hung network mount this never returns, and the thread is abandoned.
        return tokio::time::timeout(MAX_WAIT, found).await.ok()?.ok()?;
    };
    let (directory, common) = directories.as_deref()?.split_once('\n')?;
    Some(Place {
        directory: resolved(&real.join(directory)).await,
        common: resolved(&real.join(common)).await,
        root: match root {
            Some(root) => Some(resolved(Path::new(&root)).await),
            None => None,
        },
    })
}

/// The checkout around a repository's directory, if git created it there.
fn main_checkout(common: &Path) -> Option<PathBuf> {
    if common.file_name()? == ".git" { common.parent().map(Path::to_owned) } else { None }
}

/// Whether a repository has registered a worktree: it keeps the path of the worktree's `.git` file.
async fn is_registered(directory: &Path, root: &Path) -> bool {
    let file = directory.join("gitdir");
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file));
    let Ok(Ok(place)) = read.await else { return false };
    let place = directory.join(place.trim_end_matches(['\r', '\n']));
    resolved(&place).await == resolved(&root.join(".git")).await
}

/// A path without symbolic links, as far as it exists.
async fn resolved(path: &Path) -> PathBuf {
    // On a hung network mount this never returns, and the thread is abandoned.
    let given = path.to_owned();
    let real = tokio::task::spawn_blocking(move || workspace::resolved(given));
    match tokio::time::timeout(MAX_WAIT, real).await {
        Ok(Ok(real)) => real,
        _ => path.to_owned(),
    }
}

/// The host for which the user's ssh configuration has an alias.
///
/// `ssh -G` prints its configuration and does not connect. A `Match exec` in the user's own configuration runs, as with
/// every ssh command. Of the repository's data, only the host reaches ssh, which consists of letters, digits, dots and
/// dashes.
async fn ssh_host(alias: &str) -> Option<String> {
    let mut command = Command::new("ssh");
    // Canonicalizing names would query the network.
    command.args(["-G", "-o", "CanonicalizeHostname=no", "-o", "BatchMode=yes", "--", alias]);
    let output = run(command).await.ok()??;
    output.lines().find_map(|line| line.strip_prefix("hostname ")).map(|host| host.trim().to_owned())
}

/// The output of one git command, if it succeeds in time.
async fn git(folder: &str, arguments: &[&str]) -> Option<String> {
    ask_git(folder, arguments).await.ok()?
}

/// The output of one git command; `None` if git fails or prints nothing.
async fn ask_git(folder: &str, arguments: &[&str]) -> Result<Option<String>, Unanswered> {
    let mut command = Command::new("git");
    command.args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-C"]);
    command.arg(folder).args(arguments);
    // Only the folder may decide, not the environment of this process: `GIT_DIR` names another repository, and
    // `GIT_CEILING_DIRECTORIES` or `GIT_CONFIG_COUNT` hide the one that the folder is in.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GIT_") && !KEPT_FOR_GIT.contains(&name)) {
            command.env_remove(name);
        }
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    run(command).await
}

// These locate git and the user's own settings, including `safe.directory`.
const KEPT_FOR_GIT: [&str; 4] =
    ["GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];

/// A program is missing, or did not answer in time.
struct Unanswered;

async fn run(mut command: Command) -> Result<Option<String>, Unanswered> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|_| Unanswered)?;
    let output = child.stdout.take().ok_or(Unanswered)?;
    let done = async {
        let mut text = Vec::new();
        let mut output = tokio::io::AsyncReadExt::take(output, MAX_OUTPUT);
        tokio::io::AsyncReadExt::read_to_end(&mut output, &mut text).await.ok()?;
        drop(output);
        let status = child.wait().await.ok()?;
        status.success().then_some(text)
    };
    let Ok(done) = tokio::time::timeout(MAX_WAIT, done).await else {
        tracing::warn!("git or ssh did not respond in time");
        return Err(Unanswered);
    };
    let Some(text) = done.and_then(|text| String::from_utf8(text).ok()) else { return Ok(None) };
    let text = text.trim_end_matches(['\r', '\n']);
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
