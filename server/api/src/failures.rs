//! `failure/*`.

use workroom_protocol::Method;
use workroom_protocol::event::{EventResponse, WorkroomEventKind as Kind};
use workroom_protocol::failure::{FailureDismissParams, FailureRetryParams};
use workroom_protocol::id::EventId;
use workroom_protocol::methods::FailureRetry;

use super::error::Result;
use super::idempotency::once_event;
use super::{Cx, limits};
use workroom_store::{OpenFailure, RoomKey, StoreError, Target, ThreadKey, Tx};

/// Handles [`FailureRetry`].
pub async fn retry(cx: Cx, mut params: FailureRetryParams) -> Result<EventResponse> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(FailureRetry::NAME, "idempotency_key", key, &params)?;
    let note = limits::reason("note", params.note)?;
    let id = params.failure_event_id;
    let author = cx.caller().author;
    let event = cx.write(move |tx| {
        once_event(tx, key.as_ref(), || {
            let (failure, place) = standing(tx, &id)?;
            if let Some(retry) = failure.retry {
                let message = format!(
                    "another attempt after failure {id} is already in progress, requested by {retry}"
                );
                return Err(StoreError::Conflict(message));
            }
            let attempt = Some(failure.attempt + 1);
            let asked = Kind::RetryRequested { failure_event_id: id.clone(), attempt, note };
            tx.append(&author, place.target(), asked, Some(id))
        })
    });
    Ok(EventResponse::of(event.await?))
}

/// Handles `failure/dismiss`.
pub async fn dismiss(cx: Cx, params: FailureDismissParams) -> Result<EventResponse> {
    let reason = limits::reason("reason", params.reason)?;
    let id = params.failure_event_id;
    let author = cx.caller().author;
    let event = cx.write(move |tx| {
        let (_, place) = standing(tx, &id)?;
        let dismissed = Kind::FailureDismissed { failure_event_id: id.clone(), reason };
        Ok(tx.append(&author, place.target(), dismissed, Some(id))?.1)
    });
    Ok(EventResponse::of(event.await?))
}

/// The place of a failure, for events that follow from it.
struct Place {
    workroom: (RoomKey, workroom_protocol::id::WorkroomId),
    thread: (ThreadKey, workroom_protocol::id::ThreadId),
}

impl Place {
    fn target(&self) -> Target<'_> {
        Target::Thread {
            workroom: (self.workroom.0, &self.workroom.1),
            thread: (self.thread.0, &self.thread.1),
        }
    }
}

/// A failure that is still open, and its place.
fn standing(tx: &Tx<'_>, id: &EventId) -> workroom_store::Result<(OpenFailure, Place)> {
    let at = tx.event_place(id)?;
    let event = tx.event_of(at.key)?.json.read()?;
    let not_one = || StoreError::Conflict(format!("event {id} is not a failure but a {}", event.kind.name()));
    let (Kind::Failure { .. }, Some(row), Some(thread)) = (&event.kind, at.thread, event.thread_id.clone())
    else {
        return Err(not_one());
    };
    let Some(failure) = tx.open_failure(id)? else {
        let message = format!("failure {id} is no longer open: it was fixed, retried or dismissed");
        return Err(StoreError::Conflict(message));
    };
    let place = tx.thread_place(&thread)?;
    Ok((failure, Place { workroom: (place.workroom, place.workroom_id), thread: (row, thread) }))
}
