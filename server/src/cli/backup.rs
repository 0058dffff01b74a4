//! `workroom backup`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::place::Place;
use super::progress::Progress;
use super::{Outcome, terminal};
use crate::store;

/// Copy the store to a new file, while others use it
///
/// The copy is of one moment and whole in itself. To go back to it, stop all servers and put it in the store's place.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to create; one that is there already is never replaced
    path: PathBuf,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let bar = Progress::new("Copying", "pages");
        let bytes = store::back_up(place.folder()?, &self.path, &mut |done, total| bar.set(done, total))?;
        drop(bar);
        let mut out = terminal::out();
        if self.json {
            let done = json!({"path": self.path, "bytes": bytes});
            terminal::json(&mut out, &done, terminal::stdout_is_terminal())?;
        } else {
            writeln!(out, "{} has {bytes} bytes", terminal::path(&self.path))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
