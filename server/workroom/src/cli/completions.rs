//! `workroom completions`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome, terminal};

/// Print a shell script that completes commands and options
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom completions bash > ~/.local/share/bash-completion/completions/workroom
  workroom completions zsh > \"${fpath[1]}/_workroom\"
  workroom completions fish > ~/.config/fish/completions/workroom.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Outcome {
        // The script is written to memory first because the generator panics if writing fails.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "workroom", &mut script);
        terminal::out().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
