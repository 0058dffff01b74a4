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

// It takes about a second. Past this something hangs, and an error says more than waiting on.
const MAX_TIME: Duration = Duration::from_secs(30);

/// See it work: rooms, agents, live events and a crash, in a few seconds, on a store of its own
///
/// Starts real servers, opens a room for the folder it stands in, lets two agents and a person work in it, kills a
/// server in mid-write, and proves that nothing was lost or doubled. Shows every kind of JSON-RPC line on the way.
#[derive(Debug, Args)]
pub(super) struct Tour {
    /// Keep the store, to look around in it
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
                    .unwrap_or_else(|_| Err(Failure::message("the tour hangs: a server does not answer"))),
                () = signals.next() => Err(Failure::message("interrupted")),
            };
            // Servers before their folder, whatever happened: none may write to what is about to go.
            let ended = cast.end(told.is_ok()).await;
            let link = told?;
            ended?;
            stage.what_next(&link, folder.kept())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
