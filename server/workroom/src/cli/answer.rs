//! `workroom reply`, `workroom retry` and `workroom dismiss`, which answer pending items.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use workroom_protocol::event::{EventAppendParams, EventReadParams, WorkroomEvent, WorkroomEventKind};
use workroom_protocol::failure::{FailureDismissParams, FailureRetryParams};
use workroom_protocol::json::Json;
use workroom_protocol::methods::{EventAppend, EventRead, FailureDismiss, FailureRetry};
use workroom_protocol::strict::Strict;

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::{Outcome, link, runtime, terminal};

/// Reply to an event in its thread; replying to a question resolves it
#[derive(Debug, Args)]
pub(super) struct Reply {
    /// The event to reply to, evt_…, as shown by `workroom inbox`
    event_id: String,
    /// The text of the reply
    text: String,
    #[command(flatten)]
    telling: Telling,
}

/// Request a retry after a failure; each failure has at most one retry in progress
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// The failure, evt_…, as shown by `workroom inbox`
    event_id: String,
    /// What to do differently
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    telling: Telling,
}

/// Dismiss a failure
#[derive(Debug, Args)]
pub(super) struct Dismiss {
    /// The failure, evt_…, as shown by `workroom inbox`
    event_id: String,
    /// The reason
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    telling: Telling,
}

/// Who acts, and how the result is printed.
#[derive(Debug, Args)]
struct Telling {
    /// Print the written event as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Reply {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.telling.acting);
        let event_id = link::event(&self.event_id);
        let written = runtime()?.block_on(async {
            let params = EventReadParams { event_id: event_id.clone() };
            let answered = local.ask::<EventRead>(&params).await?.event;
            let thread_id = answered.read()?.thread_id;
            let thread_id =
                thread_id.ok_or_else(|| Failure::message("this event does not belong to a thread"))?;
            let kind = WorkroomEventKind::Message { content: self.text };
            let params = EventAppendParams {
                thread_id,
                kind: Strict(kind),
                reply_to: Some(event_id),
                idempotency_key: None,
            };
            local.ask::<EventAppend>(&params).await
        })?;
        for name in &written.unreached {
            writeln!(terminal::err(), "no member has the handle @{name}: nobody was notified")?;
        }
        self.telling.tell(&written.event, "Replied")
    }
}

impl Retry {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.telling.acting);
        let failure_event_id = link::event(&self.event_id);
        let params = FailureRetryParams { failure_event_id, note: self.note, idempotency_key: None };
        let written = runtime()?.block_on(local.ask::<FailureRetry>(&params))?.event;
        self.telling.tell(&written, "Retry requested")
    }
}

impl Dismiss {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.telling.acting);
        let failure_event_id = link::event(&self.event_id);
        let params = FailureDismissParams { failure_event_id, reason: self.reason };
        let written = runtime()?.block_on(local.ask::<FailureDismiss>(&params))?.event;
        self.telling.tell(&written, "Dismissed")
    }
}

impl Telling {
    fn tell(&self, written: &Json<WorkroomEvent>, done: &str) -> Outcome {
        let mut out = terminal::out();
        match self.json {
            true => terminal::json(&mut out, written, terminal::stdout_is_terminal())?,
            false => writeln!(out, "{done}: {}", written.read()?.id)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
