//! What git knows about a folder.
//!
//! A folder may come from a stranger, and git reads its configuration. The commands here only print what they find: none
//! of them talks to a remote, and those of git's settings that name programs are for other commands (`core.sshCommand`,
//! `credential.helper`, hooks) or switched off (`core.fsmonitor`). Git itself refuses repositories of other users
//! (`safe.directory`); such a folder counts as one without git.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use workroom_domain::repository;

/// A git checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The folder at its top.
    pub root: Option<String>,
    /// The branch that is checked out; absent when none is.
    pub branch: Option<String>,
    /// The URL of the remote `origin`, else of the first one, as git would use it: with `insteadOf` applied. May hold
    /// credentials: never to be stored.
    pub remote: Option<String>,
    /// The host that ssh would connect to for this remote, where it is another one than the URL names.
    pub ssh_host: Option<String>,
}

/// What tells the repository of a folder from all others: two folders with equal keys are of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `git:` and the repository's common directory, or `folder:` and the folder itself; symbolic links are resolved.
    pub key: String,
    /// The folder that stands for the repository: its main checkout. Without git the folder itself.
    pub folder: PathBuf,
    /// The keys that this repository may have had before it was one.
    pub former: Vec<String>,
}

// Git and ssh answer these questions in milliseconds; on a hung network mount, or when the user's own configuration of
// ssh runs a slow program, they may never do.
const MAX_WAIT: Duration = Duration::from_secs(2);
// The answers are a few lines; a configuration with more remotes than this is cut off.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// Looks at `folder`. `None` when it is not in a checkout, or git is not there.
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

/// The repository of a folder.
///
/// A checkout is of the repository whose directory git uses for it. A worktree has to be registered there: a folder from
/// a stranger could name any repository of this machine as its own.
pub async fn identify(folder: &str) -> Identity {
    let real = resolved(Path::new(folder)).await;
    let own =
        Identity { key: format!("folder:{}", real.display()), folder: real.clone(), former: Vec::new() };
    let at = real.to_string_lossy();
    let (directories, root) = tokio::join!(
        git(&at, &["rev-parse", "--git-dir", "--git-common-dir"]),
        git(&at, &["rev-parse", "--show-toplevel"]),
    );
    let Some((directory, common)) = directories.as_deref().and_then(|lines| lines.split_once('\n')) else {
        return own;
    };
    let directory = resolved(&real.join(directory)).await;
    let common = resolved(&real.join(common)).await;
    let root = match root {
        Some(root) => Some(resolved(Path::new(&root)).await),
        None => None,
    };
    let main = main_checkout(&common);
    let folder = match (&root, &main) {
        // A bare repository, or inside the directory of git itself.
        (None, _) => main.unwrap_or_else(|| common.clone()),
        (Some(root), _) if !real.starts_with(root) => return own,
        (Some(root), _) if directory != common => {
            if !is_registered(&directory, root).await {
                return own;
            }
            main.unwrap_or_else(|| root.clone())
        }
        // A file `.git` that names the directory of another checkout.
        (Some(root), Some(main)) if main != root => return own,
        (Some(root), _) => root.clone(),
    };
    let mut former = vec![own.key];
    for path in [Some(&folder), root.as_ref()].into_iter().flatten() {
        let key = format!("folder:{}", path.display());
        if !former.contains(&key) {
            former.push(key);
        }
    }
    Identity { key: format!("git:{}", common.display()), folder, former }
}

/// The checkout that a repository's directory lies in, if it is one that git made there.
fn main_checkout(common: &Path) -> Option<PathBuf> {
    if common.file_name()? == ".git" { common.parent().map(Path::to_owned) } else { None }
}

/// Whether a repository knows a worktree of its: it keeps the place of the worktree's file `.git`.
async fn is_registered(directory: &Path, root: &Path) -> bool {
    let file = directory.join("gitdir");
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(file));
    let Ok(Ok(place)) = read.await else { return false };
    let place = directory.join(place.trim_end_matches(['\r', '\n']));
    resolved(&place).await == resolved(&root.join(".git")).await
}

/// A path without symbolic links; as it is, where there is nothing.
async fn resolved(path: &Path) -> PathBuf {
    // On a hung network mount this never returns; the thread is left behind.
    let given = path.to_owned();
    let real = tokio::task::spawn_blocking(move || given.canonicalize());
    match tokio::time::timeout(MAX_WAIT, real).await {
        Ok(Ok(Ok(real))) => real,
        _ => path.to_owned(),
    }
}

/// The host that the user's configuration of ssh stands for by an alias.
///
/// `ssh -G` prints its configuration and connects to nothing. A `Match exec` in the user's own configuration runs, as
/// for every ssh; nothing of a repository gets there but the host, which is letters, digits, dots and dashes.
async fn ssh_host(alias: &str) -> Option<String> {
    let mut command = Command::new("ssh");
    // Canonical names would be looked up in the network.
    command.args(["-G", "-o", "CanonicalizeHostname=no", "-o", "BatchMode=yes", "--", alias]);
    let output = run(command).await?;
    output.lines().find_map(|line| line.strip_prefix("hostname ")).map(|host| host.trim().to_owned())
}

/// The output of one git command, if it succeeds in time.
async fn git(folder: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-C"]);
    command.arg(folder).args(arguments);
    // The folder alone decides, not a checkout that this process happens to run in.
    for name in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"]
    {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    run(command).await
}

async fn run(mut command: Command) -> Option<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().ok()?;
    let output = child.stdout.take()?;
    let done = async {
        let mut text = Vec::new();
        let mut output = tokio::io::AsyncReadExt::take(output, MAX_OUTPUT);
        tokio::io::AsyncReadExt::read_to_end(&mut output, &mut text).await.ok()?;
        drop(output);
        let status = child.wait().await.ok()?;
        status.success().then_some(text)
    };
    let Ok(done) = tokio::time::timeout(MAX_WAIT, done).await else {
        tracing::warn!("git or ssh does not answer");
        return None;
    };
    let text = String::from_utf8(done?).ok()?;
    let text = text.trim_end_matches(['\r', '\n']);
    (!text.is_empty()).then(|| text.to_owned())
}
