//! `workroom reply`, `workroom retry` and `workroom dismiss`: what a person does about what waits for them.

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

/// Answer an event in its thread; a question is settled by it
#[derive(Debug, Args)]
pub(super) struct Reply {
    /// The event that is answered, evt_…, as `workroom inbox` names it
    event_id: String,
    /// What to say
    text: String,
    #[command(flatten)]
    telling: Telling,
}

/// Ask for another attempt after a failure; one is under way at a time
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// The failure, evt_…, as `workroom inbox` names it
    event_id: String,
    /// What to do differently
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    telling: Telling,
}

/// Set a failure aside
#[derive(Debug, Args)]
pub(super) struct Dismiss {
    /// The failure, evt_…, as `workroom inbox` names it
    event_id: String,
    /// Why
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    telling: Telling,
}

/// As whom, and how it is told.
#[derive(Debug, Args)]
struct Telling {
    /// Print the event that was written, as JSON
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
            let thread_id = thread_id.ok_or_else(|| Failure::message("that event is in no thread"))?;
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
            writeln!(terminal::err(), "no member is called @{name}: nobody was notified for it")?;
        }
        self.telling.tell(&written.event, "Said")
    }
}

impl Retry {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.telling.acting);
        let failure_event_id = link::event(&self.event_id);
        let params = FailureRetryParams { failure_event_id, note: self.note, idempotency_key: None };
        let written = runtime()?.block_on(local.ask::<FailureRetry>(&params))?.event;
        self.telling.tell(&written, "Asked for another attempt")
    }
}

impl Dismiss {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.telling.acting);
        let failure_event_id = link::event(&self.event_id);
        let params = FailureDismissParams { failure_event_id, reason: self.reason };
        let written = runtime()?.block_on(local.ask::<FailureDismiss>(&params))?.event;
        self.telling.tell(&written, "Set aside")
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
