//! What git knows about a folder.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A git checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The folder at its top.
    pub root: Option<String>,
    /// The branch that is checked out; absent when none is.
    pub branch: Option<String>,
    /// The URL of the remote `origin`, else of the first one. May hold credentials: never to be stored.
    pub remote: Option<String>,
}

// Git answers these questions in milliseconds; on a hung network mount it never does.
const MAX_WAIT: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Looks at `folder`. `None` when it is not in a checkout, or git is not there.
pub async fn look(folder: String) -> Option<Checkout> {
    tokio::task::spawn_blocking(move || look_blocking(&folder)).await.ok()?
}

fn look_blocking(folder: &str) -> Option<Checkout> {
    let root = git(folder, &["rev-parse", "--show-toplevel"])?;
    let remotes = git(folder, &["config", "--get-regexp", r"^remote\..*\.url$"]).unwrap_or_default();
    let url = |line: &str| line.split_once(' ').map(|(_, url)| url.to_owned());
    let origin = remotes.lines().find(|line| line.starts_with("remote.origin.url "));
    Some(Checkout {
        root: Some(root),
        branch: git(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]),
        remote: origin.or(remotes.lines().next()).and_then(url),
    })
}

/// The output of one git command, if it succeeds in time.
fn git(folder: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    // The folder alone decides, not a checkout that this process happens to run in.
    for name in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"]
    {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < MAX_WAIT => std::thread::sleep(LOOK_EVERY),
            _ => {
                tracing::warn!(folder, "git does not answer");
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    // Short enough for the pipe to hold while the child runs.
    let mut output = String::new();
    child.stdout.take()?.read_to_string(&mut output).ok()?;
    let output = output.trim_end_matches(['\r', '\n']);
    (status.success() && !output.is_empty()).then(|| output.to_owned())
}
