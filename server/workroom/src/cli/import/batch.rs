//! Groups lines into requests, and counts the results.

use serde::Deserialize;
use workroom_protocol::event::{
    EventAppendBatchParams, EventAppendParams, EventImport, EventImportParams, ImportOutcome, WorkroomEvent,
};
use workroom_protocol::id::ThreadId;
use workroom_protocol::json::Json;
use workroom_protocol::methods::{EventAppendBatch, EventImport as ImportEvents};

use super::lines::{Line, Lines};
use crate::cli::failure::Failure;
use crate::cli::local::Local;
use workroom_api::MAX_APPEND_EVENTS;

// The bytes of lines in one request: far below the maximum message length, and enough to make each commit worth its
// sync.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
// The number of errors that are kept to be printed; further ones are only counted.
const MAX_COMPLAINTS: usize = 1000;

/// The results for the lines.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) imported: u64,
    /// Lines that an earlier import has written.
    pub(super) present: u64,
    /// Lines about the source itself.
    pub(super) skipped: u64,
    /// Lines that cannot be imported.
    pub(super) refused: u64,
    /// The reasons, by line.
    pub(super) complaints: Vec<(u64, String)>,
}

impl Counts {
    pub(super) fn refuse(&mut self, line: u64, reason: String) {
        self.refused += 1;
        if self.complaints.len() < MAX_COMPLAINTS {
            self.complaints.push((line, reason));
        }
    }
}

/// Consecutive lines of one kind, with their positions in the file.
pub(super) struct Batch<'a> {
    thread: &'a ThreadId,
    /// The head of the log before the import.
    before: u64,
    said: Vec<EventAppendParams>,
    events: Vec<EventImport>,
    lines: Vec<u64>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(thread: &'a ThreadId, before: u64) -> Self {
        Self { thread, before, said: Vec::new(), events: Vec::new(), lines: Vec::new(), bytes: 0 }
    }

    /// Whether a line can go into the same request. Complete events and new ones are written by different methods, and
    /// all of them in the order of the file.
    pub(super) fn has_room(&self, line: &Line, bytes: usize) -> bool {
        let is_same = match line {
            Line::Said(_) => self.events.is_empty(),
            Line::Event(_) => self.said.is_empty(),
        };
        is_same && self.lines.len() < MAX_APPEND_EVENTS && self.bytes + bytes <= MAX_BATCH_BYTES
    }

    pub(super) fn add(&mut self, line: Line, number: u64, bytes: usize, keys: &mut Lines<'_>) {
        self.bytes += bytes;
        self.lines.push(number);
        match line {
            Line::Said(kind) => self.said.push(EventAppendParams {
                thread_id: self.thread.clone(),
                idempotency_key: Some(keys.key(&kind)),
                kind: *kind,
                reply_to: None,
            }),
            Line::Event(event) => self.events.push(*event),
        }
    }

    /// Writes the collected lines.
    pub(super) async fn write(&mut self, local: &Local, counts: &mut Counts) -> Result<(), Failure> {
        let lines = std::mem::take(&mut self.lines);
        self.bytes = 0;
        let (said, events) = (std::mem::take(&mut self.said), std::mem::take(&mut self.events));
        if !events.is_empty() {
            return import(local, self.thread, events, &lines, counts).await;
        }
        self.say(local, said, &lines, counts).await
    }

    /// Appends new events. A request is written completely or not at all, so a rejected event splits it in two.
    async fn say(
        &self,
        local: &Local,
        mut said: Vec<EventAppendParams>,
        mut lines: &[u64],
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        while !said.is_empty() {
            let params = EventAppendBatchParams { events: said, idempotency_key: None };
            let (index, reason) = match local.ask::<EventAppendBatch>(&params).await {
                Ok(appended) => return self.count(&appended.events, counts),
                Err(failure) => refused(failure)?,
            };
            let mut good = params.events;
            let mut rest = good.split_off(index.min(good.len())).into_iter();
            if !good.is_empty() {
                let params = EventAppendBatchParams { events: good, idempotency_key: None };
                self.count(&local.ask::<EventAppendBatch>(&params).await?.events, counts)?;
            }
            rest.next();
            counts.refuse(lines.get(index).copied().unwrap_or_default(), reason);
            said = rest.collect();
            lines = lines.get(index + 1..).unwrap_or_default();
        }
        Ok(())
    }

    fn count(&self, appended: &[Json<WorkroomEvent>], counts: &mut Counts) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Position {
            seq: u64,
        }
        for event in appended {
            let Position { seq } = serde_json::from_str(event.text())?;
            match seq > self.before {
                true => counts.imported += 1,
                false => counts.present += 1,
            }
        }
        Ok(())
    }
}

/// Imports complete events.
pub(super) async fn import(
    local: &Local,
    thread: &ThreadId,
    events: Vec<EventImport>,
    lines: &[u64],
    counts: &mut Counts,
) -> Result<(), Failure> {
    let params = EventImportParams { thread_id: thread.clone(), events };
    let results = local.ask::<ImportEvents>(&params).await?.results;
    for (result, line) in results.into_iter().zip(lines) {
        match result.outcome {
            ImportOutcome::Imported => counts.imported += 1,
            ImportOutcome::AlreadyThere => counts.present += 1,
            ImportOutcome::Skipped => counts.skipped += 1,
            ImportOutcome::Refused => counts.refuse(*line, result.reason.unwrap_or_default()),
        }
    }
    Ok(())
}

/// Returns which event of a request was rejected, and why. Any other failure applies to the whole import.
fn refused(failure: Failure) -> Result<(usize, String), Failure> {
    #[derive(Deserialize)]
    struct Data {
        path: String,
    }
    let Failure::Refused(refused) = &failure else { return Err(failure) };
    let Some(Data { path }) = refused.data() else { return Err(failure) };
    let index = path.strip_prefix("events[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    let message = refused.message().to_owned();
    index.map(|index| (index, message)).ok_or(failure)
}
