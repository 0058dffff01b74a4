//! `workroom import`

mod lines;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::json;
use workroom_protocol::event::{EventAppendBatchParams, EventAppendParams};
use workroom_protocol::id::ThreadId;
use workroom_protocol::methods::{EventAppendBatch, Status};
use workroom_protocol::server::Empty;

use self::lines::{Keys, read_line};
use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::progress::Progress;
use super::{Outcome, link, runtime, terminal};
use crate::api::MAX_APPEND_EVENTS;

// Bytes of lines in one request: far below the longest message, and enough for a commit to be worth its sync.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Append many events to a thread, from lines of JSON
///
/// Each line is what happened, as `event/append` takes it (`{"event":"message","content":"…"}`), or a whole event as
/// `workroom tail` prints it, of which what happened is taken. Events that only the server writes are skipped.
/// Importing the same lines again adds nothing: each line is written once for a thread and an author.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom import run.jsonl --thread thr_…
  workroom tail codewhale://workroom/wr_…/thread/thr_… --after-seq 0 --home old | workroom import - --thread thr_…")]
pub(super) struct Import {
    /// The file to read; `-` reads stdin
    #[arg(value_name = "FILE | -")]
    file: PathBuf,
    /// The thread to append to: its id or its link
    #[arg(long, value_name = "THREAD", value_parser = link::thread)]
    thread: ThreadId,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Import {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let (input, bytes): (Box<dyn BufRead>, Option<u64>) = if self.file.as_os_str() == "-" {
            (Box::new(terminal::stdin()), None)
        } else {
            let refuse = |error| Failure::message(format!("{}: {error}", terminal::path(&self.file)));
            let file = File::open(&self.file).map_err(refuse)?;
            let bytes = file.metadata().map_err(refuse)?.len();
            (Box::new(BufReader::new(file)), Some(bytes))
        };
        let local = Local::new(place, &self.acting);
        let bar = Progress::new("Importing", "bytes");
        let progress = |done| bytes.into_iter().for_each(|bytes| bar.set(done, bytes));
        let mut counts = Counts::default();
        let imported = runtime()?.block_on(import(&local, &self.thread, input, &mut counts, progress));
        drop(bar);
        if let Err(failure) = imported {
            let done = counts.imported + counts.present;
            let so_far = format!("events written from the lines before it: {done}");
            return Err(match failure {
                Failure::Message(message) => Failure::message(format!("{message}; {so_far}")),
                other => other,
            });
        }
        let Counts { imported, present, skipped } = counts;
        let mut out = terminal::out();
        if self.json {
            let counts = json!({"imported": imported, "already_there": present, "skipped": skipped});
            terminal::json(&mut out, &counts, terminal::stdout_is_terminal())?;
        } else {
            writeln!(out, "{imported} imported, {present} already there, {skipped} skipped")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Default)]
struct Counts {
    imported: u64,
    /// Those that an earlier import has written.
    present: u64,
    /// Those of kinds that only the server writes.
    skipped: u64,
}

/// Events that go into one request, and the lines they come from.
#[derive(Default)]
struct Batch {
    events: Vec<EventAppendParams>,
    lines: Vec<u64>,
    bytes: usize,
}

async fn import(
    local: &Local,
    thread: &ThreadId,
    mut input: impl BufRead,
    counts: &mut Counts,
    progress: impl Fn(u64),
) -> Result<(), Failure> {
    // What the log had before is what a first result of an earlier import looks like.
    let before = local.ask::<Status>(&Empty {}).await?.head_seq;
    let mut keys = Keys::new(thread);
    let mut batch = Batch::default();
    let (mut number, mut bytes) = (0, 0);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = input.read_until(b'\n', &mut text)?;
        if read == 0 {
            return append(local, batch, before, counts).await;
        }
        number += 1;
        bytes += read as u64;
        let line = match read_line(&text) {
            Ok(Some(line)) => line,
            Ok(None) => continue,
            Err(reason) => {
                // What comes before a bad line is written, so that the error tells one thing.
                append(local, batch, before, counts).await?;
                return Err(Failure::message(format!("line {number}: {reason}")));
            }
        };
        if !line.kind.0.is_for_clients() {
            counts.skipped += 1;
            continue;
        }
        if batch.events.len() == MAX_APPEND_EVENTS || batch.bytes + read > MAX_BATCH_BYTES {
            append(local, std::mem::take(&mut batch), before, counts).await?;
            progress(bytes);
        }
        batch.bytes += read;
        batch.lines.push(number);
        batch.events.push(EventAppendParams {
            thread_id: thread.clone(),
            idempotency_key: Some(keys.key(&line)),
            kind: line.kind,
            reply_to: None,
        });
    }
}

async fn append(local: &Local, batch: Batch, before: u64, counts: &mut Counts) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Position {
        seq: u64,
    }
    if batch.events.is_empty() {
        return Ok(());
    }
    let params = EventAppendBatchParams { events: batch.events, idempotency_key: None };
    let appended =
        local.ask::<EventAppendBatch>(&params).await.map_err(|failure| blame(failure, &batch.lines))?;
    for event in appended.events {
        let Position { seq } = serde_json::from_str(event.text())?;
        match seq > before {
            true => counts.imported += 1,
            false => counts.present += 1,
        }
    }
    Ok(())
}

/// Names the line that an error of a batch is about.
fn blame(failure: Failure, lines: &[u64]) -> Failure {
    #[derive(Deserialize)]
    struct Error {
        message: String,
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        path: String,
    }
    let Failure::Refused(error) = &failure else { return failure };
    let Ok(Error { message, data: Data { path } }) = serde_json::from_str(error.get()) else {
        return failure;
    };
    let index = path.strip_prefix("events[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    match index.and_then(|index| lines.get(index)) {
        Some(line) => Failure::message(format!("line {line}: {message}")),
        None => failure,
    }
}
