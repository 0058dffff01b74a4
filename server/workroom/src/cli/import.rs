//! `workroom import`

mod batch;
mod lines;
mod opencode;
mod session;
mod sessions;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use workroom_protocol::id::ThreadId;
use workroom_protocol::methods::Status;
use workroom_protocol::server::Empty;

use self::batch::{Batch, Counts};
use self::lines::Lines;
use self::sessions::Sessions;
use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::progress::Progress;
use super::terminal::plain;
use super::{Outcome, link, runtime, terminal};

/// Import events into a thread from lines of JSON, or the past sessions of a coding agent
///
/// With a file, a line is either a complete event, as printed by `workroom tail`, or only the kind of an event, as sent
/// with `event/append` (`{"event":"message","content":"…"}`).
///
/// Complete events keep the author and time given in the file, and are marked as imported by you. Items that were
/// resolved stay resolved, nobody is notified, and approvals from the file cannot be decided here. This requires the
/// rights of an owner of the workroom. For a line with only a kind, you are the author, and the time is now.
///
/// Importing the same lines again adds nothing. If a line cannot be imported, the command reports it and imports the
/// others.
///
/// With the name of an agent, each of its sessions becomes a thread. A file that has the name of an agent is `./claude`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Exit codes: 0 every line was imported or already there, 1 at least one line failed, 2 invalid usage.

Examples:
  workroom import run.jsonl --thread thr_…
  workroom tail LINK --after-seq 0 --home old |
    workroom import - --thread thr_…
  workroom import claude --all --since 30d")]
pub(super) struct Import {
    #[command(subcommand)]
    sessions: Option<Sessions>,
    #[command(flatten)]
    lines: Option<FromFile>,
    // Not in `FromFile`: clap does not recognize an optional group that has another group in it.
    #[command(flatten)]
    acting: Acting,
}

/// The import of lines.
#[derive(Debug, Args)]
struct FromFile {
    /// The file to read; `-` reads from stdin
    #[arg(value_name = "FILE | -")]
    file: PathBuf,
    /// The thread to import into: its id or its link
    #[arg(long, value_name = "THREAD", value_parser = link::thread)]
    thread: ThreadId,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match (self.sessions, self.lines) {
            (Some(sessions), _) => sessions.run(place),
            (None, Some(lines)) => lines.run(place, &self.acting),
            (None, None) => Err(Failure::message("name a file and its --thread, or an agent")),
        }
    }
}

impl FromFile {
    fn run(self, place: &Place, acting: &Acting) -> Outcome {
        let (input, bytes): (Box<dyn BufRead>, Option<u64>) = if self.file.as_os_str() == "-" {
            (Box::new(terminal::stdin()), None)
        } else {
            let refuse = |error| Failure::message(format!("{}: {error}", terminal::path(&self.file)));
            let file = File::open(&self.file).map_err(refuse)?;
            let bytes = file.metadata().map_err(refuse)?.len();
            (Box::new(BufReader::new(file)), Some(bytes))
        };
        let local = Local::new(place, acting);
        let bar = Progress::new("Importing", "bytes");
        let progress = |done| bytes.into_iter().for_each(|bytes| bar.set(done, bytes));
        let mut counts = Counts::default();
        let imported = runtime()?.block_on(import(&local, &self.thread, input, &mut counts, progress));
        drop(bar);
        counts.complaints.sort_by_key(|(line, _)| *line);
        tell_refused(&counts)?;
        if let Err(failure) = imported {
            let done = counts.imported + counts.present;
            let so_far = format!("{done} events from earlier lines were written");
            return Err(match failure {
                Failure::Message(message) => Failure::message(format!("{message}; {so_far}")),
                other => other,
            });
        }
        let Counts { imported, present, skipped, refused, .. } = counts;
        let mut out = terminal::out();
        if self.json {
            let mut counts = json!({"imported": imported, "already_there": present, "skipped": skipped});
            if refused > 0 {
                counts["refused"] = refused.into();
            }
            terminal::json(&mut out, &counts, terminal::stdout_is_terminal())?;
        } else {
            write!(out, "{imported} imported, {present} already there, {skipped} skipped")?;
            match refused {
                0 => writeln!(out)?,
                refused => writeln!(out, ", {refused} refused")?,
            }
        }
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Reports the lines that were not imported.
fn tell_refused(counts: &Counts) -> std::io::Result<()> {
    let mut err = terminal::err();
    for (line, reason) in &counts.complaints {
        writeln!(err, "error: line {line}: {}", plain(reason))?;
    }
    match counts.refused - counts.complaints.len() as u64 {
        0 => Ok(()),
        more => writeln!(err, "error: {more} more lines failed"),
    }
}

async fn import(
    local: &Local,
    thread: &ThreadId,
    mut input: impl BufRead,
    counts: &mut Counts,
    progress: impl Fn(u64),
) -> Result<(), Failure> {
    // If the log already had an event before this import, an earlier import wrote it.
    let before = local.ask::<Status>(&Empty {}).await?.head_seq;
    let mut lines = Lines::new(thread);
    let mut batch = Batch::new(thread, before);
    let (mut number, mut bytes) = (0, 0);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = input.read_until(b'\n', &mut text)?;
        if read == 0 {
            return batch.write(local, counts).await;
        }
        number += 1;
        bytes += read as u64;
        let line = match lines.read(&text) {
            Ok(Some(line)) => line,
            Ok(None) => continue,
            Err(reason) => {
                counts.refuse(number, reason);
                continue;
            }
        };
        if !batch.has_room(&line, read) {
            batch.write(local, counts).await?;
            progress(bytes);
        }
        batch.add(line, number, read, &mut lines);
    }
}
