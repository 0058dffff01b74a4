//! `workroom tour`

mod cast;
mod crash;
mod folder;
mod leave;
mod player;
mod shorten;
mod stage;
mod story;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use self::cast::Cast;
use self::folder::Folder;
use self::stage::Stage;
use super::failure::Failure;
use super::signals::Signals;
use super::{Outcome, runtime};

// The tour takes about a second. After this time something hangs, and an error is more useful than waiting.
const MAX_TIME: Duration = Duration::from_secs(30);

/// See Workroom at work: rooms, agents, live events and a crash
///
/// The tour starts real servers with a temporary store, opens a room for the current folder, and lets two agents and a
/// person work in it. It kills a server while it writes, and checks that no event was lost or duplicated. It shows
/// every kind of JSON-RPC message along the way.
#[derive(Debug, Args)]
pub(super) struct Tour {
    /// Keep the store, so that you can explore it
    #[arg(long)]
    keep: bool,
}

impl Tour {
    pub(super) fn run(self) -> Outcome {
        let folder = Folder::new(self.keep)?;
        let mut stage = Stage::new();
        runtime()?.block_on(async {
            let mut cast = Cast::new(&folder.home())?;
            let mut signals = Signals::new()?;
            let told = tokio::select! {
                told = tokio::time::timeout(MAX_TIME, story::tell(&mut stage, &mut cast)) => told
                    .unwrap_or_else(|_| Err(Failure::message("the tour hangs: a server does not respond"))),
                () = signals.next() => Err(Failure::message("interrupted")),
            };
            // The servers end before their folder is removed, whatever happened: none may write to a removed folder.
            let ended = cast.end(told.is_ok()).await;
            let link = told?;
            ended?;
            stage.what_next(&link, folder.kept())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
