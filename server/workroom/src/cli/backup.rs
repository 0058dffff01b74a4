//! `workroom backup`

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::place::Place;
use super::progress::Progress;
use super::signals::Signals;
use super::{Outcome, runtime, terminal};
use workroom_store as store;

/// Copy the store to a new file while it is in use
///
/// The copy is complete and shows the store at one moment. To restore it, stop all servers and replace the store with
/// the copy.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to create; an existing file is never replaced
    path: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let bar = Progress::new("Copying", "pages");
        let stop = CancellationToken::new();
        let folder = place.folder()?.to_owned();
        let bytes = runtime()?.block_on(async {
            let mut signals = Signals::new()?;
            let (to, stopped) = (self.path.clone(), stop.clone());
            let mut copying = tokio::task::spawn_blocking(move || {
                store::back_up_until(&folder, &to, &stopped, &mut |done, total| bar.set(done, total))
            });
            let copied = tokio::select! {
                copied = &mut copying => copied,
                // The unfinished copy was removed.
                () = signals.next() => {
                    stop.cancel();
                    copying.await
                }
            };
            copied.map_err(io::Error::other)?.map_err(Failure::from)
        })?;
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
