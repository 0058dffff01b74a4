//! `workroom room`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use workroom_protocol::id::WorkroomId;
use workroom_protocol::methods::WorkroomMerge;
use workroom_protocol::workroom::WorkroomMergeParams;

use super::link::{self, Part};
use super::local::Local;
use super::place::{Acting, Place};
use super::terminal::plain;
use super::{Outcome, runtime, terminal};

/// Manage workrooms
#[derive(Debug, Subcommand)]
pub(super) enum Room {
    Merge(Merge),
}

/// Merge two workrooms of one repository
///
/// The threads of the first workroom move to the second. Events stay unchanged, and links to the first workroom still
/// resolve. Both must have the same members with the same roles, so that nobody gains access.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The workroom whose threads move: its link or id
    #[arg(value_parser = workroom)]
    from: WorkroomId,
    /// The workroom that receives the threads: its link or id
    #[arg(long, value_name = "ROOM", value_parser = workroom)]
    into: WorkroomId,
    /// Print the result of `workroom/merge` as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

fn workroom(text: &str) -> Result<WorkroomId, String> {
    match link::part(text)? {
        Part::Workroom(id) => Ok(id),
        Part::Thread(_) => Err("this is a thread; use the id or link of its workroom".into()),
    }
}

impl Room {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match self {
            Self::Merge(merge) => merge.run(place),
        }
    }
}

impl Merge {
    fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting);
        let params = WorkroomMergeParams { workroom_id: self.from, into: self.into };
        let room = runtime()?.block_on(local.ask::<WorkroomMerge>(&params))?;
        let mut out = terminal::out();
        match self.json {
            true => terminal::json(&mut out, &room, terminal::stdout_is_terminal())?,
            false => writeln!(out, "Merged: {}\n{}", plain(&room.title), room.link)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
