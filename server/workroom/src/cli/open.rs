//! `workroom open`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use workroom_protocol::methods::WorkroomOpen;
use workroom_protocol::workroom::{WorkroomOpenParams, WorkroomOpened};

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::terminal::{STRONG, plain};
use super::{Outcome, runtime, terminal};

/// Show the workroom of a repository, and create it if needed
///
/// Any folder in a git checkout stands for its repository, including all worktrees. A folder without git stands for
/// itself.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// The folder [default: the current one]
    dir: Option<PathBuf>,
    /// The title for a new workroom
    #[arg(long)]
    title: Option<String>,
    /// Allow `/`, your home folder, or a folder that contains it. Everyone who can read the room can read the folder's
    /// files
    #[arg(long)]
    allow_any_workspace: bool,
    /// Print the result of `workroom/open` as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Open {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let dir = self.dir.unwrap_or_else(|| PathBuf::from("."));
        let dir = std::path::absolute(&dir)
            .map_err(|error| Failure::message(format!("{}: {error}", dir.display())))?;
        if !dir.is_dir() {
            return Err(Failure::message(format!("{} is not a folder", dir.display())));
        }
        let workspace = dir.into_os_string().into_string();
        let workspace = workspace.map_err(|_| Failure::message("the folder's name is not UTF-8"))?;
        let local = Local::new(place, &self.acting);
        let params = WorkroomOpenParams {
            workspace,
            title: self.title,
            create: None,
            allow_any_workspace: self.allow_any_workspace.then_some(true),
        };
        let opened = runtime()?.block_on(local.ask::<WorkroomOpen>(&params))?;
        let mut out = terminal::out();
        if self.json {
            terminal::json(&mut out, &opened, terminal::stdout_is_terminal())?;
            return Ok(ExitCode::SUCCESS);
        }
        let WorkroomOpened { workroom, created, others, .. } = opened;
        let note = if created { " (new)" } else { "" };
        writeln!(out, "{STRONG}{}{STRONG:#}{note}", plain(&workroom.title))?;
        writeln!(out, "{}", workroom.link)?;
        for other in others {
            writeln!(
                terminal::err(),
                "this repository has another workroom, {}; to merge them:\n  workroom room merge {} --into {}",
                plain(&other.title),
                other.id,
                workroom.id
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
