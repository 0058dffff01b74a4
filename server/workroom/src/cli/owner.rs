//! `workroom owner`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use workroom_protocol::methods::{OwnerRead, OwnerSet};
use workroom_protocol::owner::OwnerSetParams;
use workroom_protocol::server::Empty;

use super::local::Local;
use super::place::{Acting, Place};
use super::{Outcome, runtime, terminal};

/// Show the owner of the store, or change your handle
///
/// Every process of your user acts as the owner, unless it acts as an agent or uses a token.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom owner
  workroom owner set ada")]
pub(super) struct Owner {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Change your handle
    ///
    /// Your earlier events keep the old handle, which nobody else can take. Your inbox and your rooms move to the new
    /// one.
    Set {
        /// Letters and digits, with `-`, `_` and `.` between them
        handle: String,
    },
}

impl Owner {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &Acting::default());
        let owner = match self.command {
            Some(Command::Set { handle }) => {
                runtime()?.block_on(local.ask::<OwnerSet>(&OwnerSetParams { handle }))?
            }
            None => runtime()?.block_on(local.ask::<OwnerRead>(&Empty {}))?,
        };
        writeln!(terminal::out(), "{}", terminal::plain(&owner.handle))?;
        Ok(ExitCode::SUCCESS)
    }
}
