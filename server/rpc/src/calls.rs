//! The running requests of one connection.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{FuturesUnordered, Stream};
use serde_json::value::RawValue;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio_util::sync::CancellationToken;
use workroom_protocol::ErrorKind;

use super::answer::Answer;
use super::batch::{Batch, BatchError, MAX_REQUESTS};
use super::call::Call;
use super::envelope::{self, Malformed, Message};
use super::error::{self, ErrorObject};
use super::outbox::Outbox;
use super::parking::{Lots, Parking};
use super::repair;
use super::router::Router;

// The id for responses that belong to no request.
const NO_ID: &str = "null";

// Beyond these limits, no further request is admitted until others are answered. Many small requests share a commit,
// and a few large ones keep the writer busy. Memory holds a request several times: as text, parsed, and as its
// response.
const MAX_RUNNING: usize = 1024;
const MAX_RUNNING_BYTES: usize = 2 * 1024 * 1024;
// The responses to a batch cannot be sent one by one, so those of all concurrently running requests can exceed the
// size limit of a full batch. A lower limit would slow down batches of writes, which share a commit this many at a
// time.
const MAX_RUNNING_OF_BATCH: usize = 128;

/// Where the response to a request goes.
#[derive(Debug, Clone, Copy)]
enum Slot {
    Line,
    Batch(u64),
}

/// Admits requests, runs them, and puts their answers into the outbox.
pub struct Calls<A, S> {
    router: Arc<Router<A, S>>,
    client: Arc<S>,
    running: FuturesUnordered<Running<S>>,
    running_bytes: usize,
    parking: Arc<Parking>,
    ending: Arc<CancellationToken>,
    /// The running requests by id, for `$/cancelRequest`. Several requests can have the same id.
    by_id: HashMap<Box<str>, Vec<Arc<Call<S>>>>,
    batches: HashMap<u64, Batch<S>>,
    next_batch: u64,
    /// The batch whose requests must be admitted before anything else.
    admitting: Option<u64>,
}

struct Running<S> {
    /// Exempt from the runtime's poll budget. A connection is one task, so once the budget is used up, every ready
    /// request would be polled in vain, turn after turn. The outbox bounds a turn instead.
    future: Unconstrained<BoxFuture<'static, Answer>>,
    call: Arc<Call<S>>,
    /// The id for the response; a notification has none.
    id: Option<Box<str>>,
    slot: Slot,
    /// The length of the request, which approximates its memory use.
    bytes: usize,
}

struct Finished<S> {
    answer: Answer,
    call: Arc<Call<S>>,
    id: Option<Box<str>>,
    slot: Slot,
    bytes: usize,
}

impl<A: Send + Sync + 'static, S: Send + Sync + 'static> Calls<A, S> {
    pub fn new(router: Arc<Router<A, S>>, client: Arc<S>) -> Self {
        Self {
            router,
            client,
            running: FuturesUnordered::new(),
            running_bytes: 0,
            parking: Arc::default(),
            ending: Arc::default(),
            by_id: HashMap::new(),
            batches: HashMap::new(),
            next_batch: 0,
            admitting: None,
        }
    }

    /// Whether another request can be admitted.
    pub fn has_room(&self) -> bool {
        let batch = self.admitting.and_then(|id| self.batches.get(&id));
        batch.is_none_or(|batch| batch.running() < MAX_RUNNING_OF_BATCH)
            && self.running.len() - self.parking.calls() < MAX_RUNNING
            && self.running_bytes - self.parking.bytes() < MAX_RUNNING_BYTES
    }

    /// Notifies waiting requests that the client's input has ended.
    pub fn end(&mut self) {
        self.ending.cancel();
    }

    /// Whether a batch has requests that must be admitted before the next line.
    pub fn is_amid_batch(&self) -> bool {
        self.admitting.is_some()
    }

    /// Whether every admitted request is answered.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.admitting.is_none()
    }

    /// Admits one line or body.
    pub fn admit(&mut self, bytes: &[u8], cx: &mut Context<'_>, outbox: &mut Outbox) {
        let text = repair::text(bytes);
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if !text.starts_with('[') {
            return self.admit_one(text, Slot::Line, cx, outbox);
        }
        match Batch::parse(text) {
            Ok(batch) => {
                self.batches.insert(self.next_batch, batch);
                self.admitting = Some(self.next_batch);
                self.next_batch += 1;
            }
            Err(BatchError::Syntax { column }) => self.answer_error(syntax_error(column), outbox),
            Err(BatchError::Empty) => self.refuse(ErrorKind::InvalidRequest, "the batch is empty", outbox),
            Err(BatchError::TooMany) => {
                let message = format!("a batch has at most {MAX_REQUESTS} requests");
                let limit = [("limit", MAX_REQUESTS.into())];
                self.answer_error(error::object(ErrorKind::TooLarge, message, limit), outbox);
            }
        }
    }

    /// Admits the next request of the most recent batch.
    pub fn admit_from_batch(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) {
        let Some(id) = self.admitting else { return };
        let Some(batch) = self.batches.get_mut(&id) else { return };
        match batch.next_request().map(str::to_owned) {
            Some(text) => {
                batch.opened();
                self.admit_one(&text, Slot::Batch(id), cx, outbox);
            }
            None => {
                self.admitting = None;
                self.finish_batch(id, outbox);
            }
        }
    }

    /// Sends the responses of finished handlers while the outbox holds fewer than `max_bytes`, and returns whether
    /// there were any. The rest follow once responses have been written.
    pub fn poll_finished(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox, max_bytes: usize) -> bool {
        let mut any = false;
        while outbox.bytes() < max_bytes
            && let Poll::Ready(Some(finished)) = Pin::new(&mut self.running).poll_next(cx)
        {
            any = true;
            self.running_bytes -= finished.bytes;
            if let Some(id) = &finished.id
                && let Some(calls) = self.by_id.get_mut(id)
            {
                calls.retain(|call| !Arc::ptr_eq(call, &finished.call));
                if calls.is_empty() {
                    self.by_id.remove(id);
                }
            }
            self.answer(finished, outbox);
        }
        any
    }

    /// Responds to input that is not a request, with the id null.
    pub fn refuse(&mut self, kind: ErrorKind, message: &str, outbox: &mut Outbox) {
        self.answer_error(error::object(kind, message, []), outbox);
    }

    /// Responds to input that is longer than `limit` bytes.
    pub fn refuse_too_long(&mut self, limit: usize, outbox: &mut Outbox) {
        let message = format!("a message has at most {limit} bytes");
        self.answer_error(error::object(ErrorKind::TooLarge, message, [("limit", limit.into())]), outbox);
    }

    fn answer_error(&mut self, error: ErrorObject, outbox: &mut Outbox) {
        outbox.push(&Answer::error(&error).under(NO_ID));
    }

    fn admit_one(&mut self, text: &str, slot: Slot, cx: &mut Context<'_>, outbox: &mut Outbox) {
        let (id, method, params) = match envelope::parse(text) {
            Ok(Message::Request { id, method, params }) => (Some(id), method, params),
            Ok(Message::Notification { method, params }) => match &*method {
                "$/cancelRequest" => {
                    self.cancel(params);
                    return self.close(slot, &[], None, outbox);
                }
                // A notification in the style of the Language Server Protocol, which requires no action.
                name if name == "initialized" || name.starts_with("$/") => {
                    return self.close(slot, &[], None, outbox);
                }
                _ => (None, method, params),
            },
            Ok(Message::Response) => {
                tracing::debug!("ignored a response to a request that was never sent");
                return self.close(slot, &[], None, outbox);
            }
            Err(Malformed::Syntax { column }) => {
                let answer = Answer::error(&syntax_error(column));
                return self.close(slot, &answer.under(NO_ID), None, outbox);
            }
            Err(Malformed::Request { id, reason }) => {
                let answer = Answer::error(&error::object(ErrorKind::InvalidRequest, reason, []));
                return self.close(slot, &answer.under(id.unwrap_or(NO_ID)), None, outbox);
            }
        };
        if let Some(id) = id
            && self.is_full(slot)
        {
            let message = "the responses to this batch are too large: send this request separately";
            let answer = Answer::error(&error::object(ErrorKind::TooLarge, message, []));
            return self.close(slot, &answer.under(id), None, outbox);
        }
        let batch = match slot {
            Slot::Line => None,
            Slot::Batch(id) => self.batches.get(&id).map(Batch::parking),
        };
        let lots = Lots { connection: self.parking.clone(), batch, bytes: text.len() };
        let call = Arc::new(Call::new(self.client.clone(), self.ending.clone(), lots));
        let params = params.map(repair::surrogates);
        let begin = || self.router.call(&method, params.as_deref(), call.clone());
        let begun = catch_unwind(AssertUnwindSafe(begin));
        let future = begun.unwrap_or_else(|panic| ready(panicked(&*panic)).boxed());
        let mut running =
            Running { future: unconstrained(future), call, id: id.map(Into::into), slot, bytes: text.len() };
        // Polled once before the next line is read, so that the first steps of the handlers happen in the order of
        // the lines.
        match Pin::new(&mut running).poll(cx) {
            Poll::Ready(finished) => self.answer(finished, outbox),
            Poll::Pending => {
                if let Some(id) = &running.id {
                    self.by_id.entry(id.clone()).or_default().push(running.call.clone());
                }
                self.running_bytes += running.bytes;
                self.running.push(running);
            }
        }
    }

    fn is_full(&self, slot: Slot) -> bool {
        match slot {
            Slot::Line => false,
            Slot::Batch(id) => self.batches.get(&id).is_some_and(Batch::is_full),
        }
    }

    /// Cancels the running requests whose id is written exactly like `params.id`.
    fn cancel(&mut self, params: Option<&str>) {
        #[derive(serde::Deserialize)]
        struct Target<'a> {
            #[serde(borrow)]
            id: &'a RawValue,
        }
        // A notification has no response, so an invalid one is only logged. The check for a brace is needed because
        // Serde would read the struct from an array.
        let params = params.filter(|params| params.starts_with('{'));
        let Some(target) = params.and_then(|params| serde_json::from_str::<Target>(params).ok()) else {
            return tracing::debug!("$/cancelRequest without an id");
        };
        for call in self.by_id.get(target.id.get()).into_iter().flatten() {
            call.cancel().cancel();
        }
    }

    fn answer(&mut self, finished: Finished<S>, outbox: &mut Outbox) {
        let Finished { answer, call, id, slot, .. } = finished;
        match id {
            Some(id) => self.close(slot, &answer.under(&id), Some(call), outbox),
            None => {
                if answer.is_error() {
                    tracing::debug!("a notification failed: {}", answer.under(NO_ID).concat());
                }
                self.close(slot, &[], Some(call), outbox);
            }
        }
    }

    /// Ends one request. Its response, if any, goes to the outbox or to its batch.
    fn close(&mut self, slot: Slot, answer: &[&str], call: Option<Arc<Call<S>>>, outbox: &mut Outbox) {
        match slot {
            Slot::Line => {
                if !answer.is_empty() {
                    outbox.push(answer);
                }
                if let Some(call) = call {
                    call.set_answered();
                }
            }
            Slot::Batch(id) => {
                if let Some(batch) = self.batches.get_mut(&id) {
                    batch.closed(answer, call);
                }
                if self.admitting != Some(id) {
                    self.finish_batch(id, outbox);
                }
            }
        }
    }

    fn finish_batch(&mut self, id: u64, outbox: &mut Outbox) {
        if !self.batches.get(&id).is_some_and(Batch::is_done) {
            return;
        }
        if let Some((answers, calls)) = self.batches.remove(&id).and_then(Batch::finish) {
            outbox.push(&[&answers]);
            calls.iter().for_each(|call| call.set_answered());
        }
    }
}

fn syntax_error(column: usize) -> ErrorObject {
    error::object(ErrorKind::ParseError, format_args!("the input is not JSON at column {column}"), [])
}

impl<S> Future for Running<S> {
    type Output = Finished<S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished<S>> {
        // A request gets exactly one response even if its handler panics: the future is not polled again.
        let future = &mut self.future;
        let answer = match catch_unwind(AssertUnwindSafe(|| Pin::new(future).poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => answer,
            Err(panic) => panicked(&*panic),
        };
        let Self { call, slot, bytes, .. } = &*self;
        let (call, slot, bytes) = (call.clone(), *slot, *bytes);
        Poll::Ready(Finished { answer, call, id: self.id.take(), slot, bytes })
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Answer {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    Answer::error(&error::internal(&format_args!("a handler panicked: {text}")))
}
