//! Which answer belongs to which call, and which notification to which subscription.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot, watch};
use workroom_protocol::Notification;
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::notifications::SubscriptionEnded;

use super::failure::{CallError, Refused};

/// A line to be written.
pub(super) struct Line {
    /// The request that it is, if it is one.
    pub(super) request: Option<u64>,
    pub(super) text: String,
}

/// A call that is not answered yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) answer: oneshot::Sender<Result<Box<RawValue>, CallError>>,
    /// Gets the notifications of the subscription that the answer names.
    pub(super) sink: Option<Sink>,
    /// How long its line is.
    pub(super) bytes: usize,
}

/// Where the notifications of a subscription go.
#[derive(Debug, Clone)]
pub(super) enum Sink {
    /// All of them go to a reader, and the connection waits for it.
    Every(mpsc::Sender<Note>),
    /// The reader learns only that there are some.
    Latest(watch::Sender<()>),
}

/// A notification of a subscription.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) method: String,
    pub(super) params: Box<RawValue>,
}

#[derive(Debug)]
pub(super) struct Routes {
    next_id: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Whether the input has ended.
    ended: bool,
    waiting: HashMap<u64, Waiting>,
    sinks: HashMap<SubscriptionId, Sink>,
}

impl Default for Routes {
    fn default() -> Self {
        Self { next_id: AtomicU64::new(1), open: Mutex::default() }
    }
}

/// Writes lines until all senders are dropped. A call whose line cannot be written fails.
pub(super) async fn write_all(
    mut output: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<Line>,
    routes: Arc<Routes>,
) {
    let mut broken = false;
    while let Some(Line { request, text }) = lines.recv().await {
        broken = broken || write(&mut output, &text).await.is_err();
        if broken && let Some(request) = request {
            routes.lock().waiting.remove(&request);
        }
    }
    // The other side answers what it has read, and ends.
    let _ = output.shutdown().await;
}

async fn write(output: &mut (impl AsyncWrite + Unpin), text: &str) -> std::io::Result<()> {
    output.write_all(text.as_bytes()).await?;
    output.flush().await
}

/// Reads lines until there are no more.
pub(super) async fn read_all(input: impl AsyncRead + Unpin, routes: Arc<Routes>) {
    let mut lines = BufReader::new(input).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str::<Message>(&line) {
            Ok(message) => routes.route(message).await,
            Err(error) => tracing::error!(%error, "a line that is no message of JSON-RPC"),
        }
    }
    let mut open = routes.lock();
    open.ended = true;
    open.waiting.clear();
    open.sinks.clear();
}

#[derive(Deserialize)]
struct Message {
    id: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
    method: Option<String>,
    params: Option<Box<RawValue>>,
}

/// A `Some` for a result that is there, also for null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// The subscription that a result or a notification names.
pub(super) fn subscription_of(text: &RawValue) -> serde_json::Result<SubscriptionId> {
    #[derive(Deserialize)]
    struct Named {
        subscription_id: SubscriptionId,
    }
    serde_json::from_str::<Named>(text.get()).map(|named| named.subscription_id)
}

impl Routes {
    pub(super) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Records a call that waits for its answer; `false` when the connection has ended.
    pub(super) fn expect(&self, id: u64, waiting: Waiting) -> bool {
        let mut open = self.lock();
        if !open.ended {
            open.waiting.insert(id, waiting);
        }
        !open.ended
    }

    /// Ignores what a subscription still sends.
    pub(super) fn leave(&self, id: &SubscriptionId) {
        self.lock().sinks.remove(id);
    }

    async fn route(&self, message: Message) {
        match message {
            Message { id: None, method: Some(method), params: Some(params), .. } => {
                self.notify(method, params).await;
            }
            Message { method: Some(method), .. } => {
                tracing::debug!(method, "the other side sent a request; a server sends none");
            }
            Message { id, error: Some(error), .. } => {
                // A server answers without an id when it could not read a line: the line was too long.
                let Some(id) = id.or_else(|| self.longest()) else { return };
                self.answer(id, Err(Refused::from(error).into()));
            }
            Message { id: Some(id), result: Some(result), .. } => self.answer(id, Ok(result)),
            Message { id: Some(id), .. } => {
                let neither = serde_json::Error::custom("neither result nor error");
                self.answer(id, Err(CallError::Unreadable(neither)));
            }
            Message { .. } => tracing::debug!("an answer to nothing"),
        }
    }

    fn longest(&self) -> Option<u64> {
        let open = self.lock();
        open.waiting.iter().max_by_key(|(_, waiting)| waiting.bytes).map(|(id, _)| *id)
    }

    fn answer(&self, id: u64, outcome: Result<Box<RawValue>, CallError>) {
        let mut open = self.lock();
        let Some(Waiting { answer, sink, .. }) = open.waiting.remove(&id) else { return };
        // Before the next line is read, which may be the first notification.
        if let (Some(sink), Ok(result)) = (sink, &outcome)
            && let Ok(id) = subscription_of(result)
        {
            open.sinks.insert(id, sink);
        }
        // The caller may have stopped waiting.
        let _ = answer.send(outcome);
    }

    async fn notify(&self, method: String, params: Box<RawValue>) {
        let Ok(id) = subscription_of(&params) else { return };
        let sink = {
            let mut open = self.lock();
            match method == SubscriptionEnded::NAME {
                true => open.sinks.remove(&id),
                false => open.sinks.get(&id).cloned(),
            }
        };
        let is_read = match sink {
            // Dropping the sender ends the watch.
            Some(Sink::Latest(_)) if method == SubscriptionEnded::NAME => true,
            Some(Sink::Latest(changes)) => changes.send(()).is_ok(),
            Some(Sink::Every(notes)) => notes.send(Note { method, params }).await.is_ok(),
            None => true,
        };
        if !is_read {
            self.leave(&id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
