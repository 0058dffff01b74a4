//! The tools that some tests need in addition to a Rust toolchain and a C compiler.

use std::io::Write;
use std::process::{Command, Stdio};

/// A tool that some tests need.
pub struct Need {
    /// The command.
    pub command: &'static str,
    /// The common name, with the minimum version.
    pub name: &'static str,
    /// The minimum major version.
    pub at_least: u32,
    /// The package in Debian and Ubuntu.
    pub package: &'static str,
}

const fn need(command: &'static str, name: &'static str, at_least: u32, package: &'static str) -> Need {
    Need { command, name, at_least, package }
}

/// All tools. Tests check that the README lists each of them and that `.ci/run` installs it.
pub const NEEDS: &[Need] = &[
    need("git", "git", 0, "git"),
    need("node", "Node 20 or newer", 20, "nodejs"),
    need("npm", "npm", 0, "npm"),
    need("nvim", "Neovim", 0, "neovim"),
    need("emacs", "Emacs", 0, "emacs-nox"),
];

/// Whether this machine has all of these tools. If not, prints one line that names the skipped tests and the missing
/// tool; in CI, that is a failure.
#[track_caller]
pub fn met(commands: &[&str], tested: &str) -> bool {
    for command in commands {
        let need = NEEDS.iter().find(|need| need.command == *command).expect("a need of the list");
        if version(need.command).is_some_and(|version| version >= need.at_least) {
            continue;
        }
        let Need { name, package, .. } = need;
        assert!(std::env::var_os("CI").is_none(), "{tested} needs {name}, and in CI nothing is skipped");
        // Not with a macro, because the harness hides what a macro prints in a passing test.
        let line = format!("skipped: {tested} needs {name} (install {package} to run it)\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
        return false;
    }
    true
}

/// The major version of a command, or 0 if it runs without showing one.
fn version(command: &str) -> Option<u32> {
    let output = Command::new(command).arg("--version").stdin(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let digits = told.trim_start_matches(|c: char| !c.is_ascii_digit());
    Some(digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|major| major.parse().ok()).unwrap_or(0))
}
