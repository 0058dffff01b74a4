//! A client inside of this process: one connection to the router, like that of any other client.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use workroom_protocol::Method;
use workroom_protocol::event::{EventSubscribeParams, EventSubscribeResponse};
use workroom_protocol::methods::EventSubscribe;

use workroom_api::{self as api, App, MAX_LINE_BYTES, Naming};
use workroom_rpc::connection::{self, Connection};

// What is on its way between the two ends: as much as the largest page, so that one does not wait for the other often.
const PIPE_BYTES: usize = 1024 * 1024;
// Requests that may wait to be written. Whoever makes one more waits.
const MAX_UNWRITTEN: usize = 64;

/// A connection to the router.
pub(super) struct Inside {
    lines: mpsc::Sender<String>,
    shared: Arc<Shared>,
    next_id: AtomicU64,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<HashMap<u64, Waiting>>,
    watches: Mutex<HashMap<String, watch::Sender<u64>>>,
}

struct Waiting {
    answer: oneshot::Sender<Result<Box<RawValue>, Refusal>>,
    /// Told of every event of the subscription that the answer names.
    watch: Option<watch::Sender<u64>>,
}

#[derive(Serialize)]
struct Request<'r, P> {
    jsonrpc: &'static str,
    id: u64,
    method: &'r str,
    params: &'r P,
}

/// Why a request has no result.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// The router answered with an error: of which kind it is, and what it says.
    Refused { kind: String, message: String },
    /// The same of which more is known: what to do next.
    Advised { kind: &'static str, message: String, next: &'static str },
    /// There will be no answer.
    Gone(&'static str),
}

impl Refusal {
    /// The kind of the error, such as `not_found`.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Refused { kind, .. } => kind,
            Self::Advised { kind, .. } => kind,
            Self::Gone(_) => "internal",
        }
    }

    /// What it says.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Refused { message, .. } | Self::Advised { message, .. } => message,
            Self::Gone(message) => message,
        }
    }

    /// What to do next, where it is something else than what its kind says.
    pub(super) fn next(&self) -> Option<&'static str> {
        match self {
            Self::Advised { next, .. } => Some(next),
            Self::Refused { .. } | Self::Gone(_) => None,
        }
    }

    /// An error that this surface finds by itself, before anything is asked.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::Refused { kind: "invalid_params".into(), message: message.into() }
    }
}

#[derive(Deserialize)]
struct Message {
    id: Option<u64>,
    result: Option<Box<RawValue>>,
    error: Option<ErrorObject>,
    method: Option<String>,
    params: Option<Value>,
}

#[derive(Deserialize)]
struct ErrorObject {
    message: String,
    #[serde(default)]
    data: Value,
}

impl Inside {
    /// Connects as the person at this machine, as an agent of theirs, or as whoever bears the environment's token.
    pub(super) fn connect(app: &Arc<App>, agent: Option<Naming>, stop: CancellationToken) -> Self {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let (client, pump) = api::connect(app, agent, stop.clone());
        let (input, output) = tokio::io::split(theirs);
        let router = Arc::new(api::router(app.clone()));
        let connection =
            Connection { input, output, router, client, pump, max_message_bytes: MAX_LINE_BYTES, stop };
        tokio::spawn(connection::serve(connection));
        let (read, write) = tokio::io::split(ours);
        let (lines, unwritten) = mpsc::channel(MAX_UNWRITTEN);
        let shared = Arc::<Shared>::default();
        tokio::spawn(write_all(write, unwritten));
        tokio::spawn(read_all(read, shared.clone()));
        Self { lines, shared, next_id: AtomicU64::new(1) }
    }

    /// Calls a method of the table. When `cancel` is cancelled the request is, and answers so.
    pub(super) async fn call<M: Method>(
        &self,
        params: &M::Params,
        cancel: &CancellationToken,
    ) -> Result<M::Result, Refusal>
    where
        M::Params: Serialize,
        M::Result: DeserializeOwned,
    {
        self.request(M::NAME, params, None, cancel).await
    }

    /// Follows events: the result changes whenever there is one.
    pub(super) async fn watch(
        self: &Arc<Self>,
        params: &EventSubscribeParams,
        cancel: &CancellationToken,
    ) -> Result<Watch, Refusal> {
        let (sender, changes) = watch::channel(0);
        let begun: EventSubscribeResponse =
            self.request(EventSubscribe::NAME, params, Some(sender), cancel).await?;
        Ok(Watch { id: begun.subscription_id.0, changes, inside: self.clone() })
    }

    async fn request<R: DeserializeOwned>(
        &self,
        method: &str,
        params: &impl Serialize,
        watch: Option<watch::Sender<u64>>,
        cancel: &CancellationToken,
    ) -> Result<R, Refusal> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answer, mut answered) = oneshot::channel();
        // As text: a `Value` would round the numbers of others.
        let request = serde_json::to_string(&Request { jsonrpc: "2.0", id, method, params });
        let request = request.map_err(|error| {
            tracing::error!(method, %error, "params that cannot be written");
            Refusal::Gone("the request could not be written")
        })?;
        lock(&self.shared.waiting).insert(id, Waiting { answer, watch });
        self.send(&request).await;
        let answer = tokio::select! {
            answer = &mut answered => answer,
            () = cancel.cancelled() => {
                let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": id}});
                self.send(&cancel.to_string()).await;
                answered.await
            }
        };
        let result = answer.unwrap_or(Err(Refusal::Gone("the store's connection has ended")))?;
        serde_json::from_str(result.get()).map_err(|error| {
            tracing::error!(method, %error, "an answer of another shape than its type");
            Refusal::Gone("the answer could not be read")
        })
    }

    async fn send(&self, message: &str) {
        // When the other end is gone nobody will answer, which the caller finds.
        let _ = self.lines.send(format!("{message}\n")).await;
    }
}

/// Events of a subscription, as news that there are some. Dropped, it is given up.
pub(super) struct Watch {
    id: String,
    changes: watch::Receiver<u64>,
    inside: Arc<Inside>,
}

impl Watch {
    /// Waits for the next event, and says whether there can be more.
    pub(super) async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.inside.shared.watches).remove(&self.id);
        let id = self.inside.next_id.fetch_add(1, Ordering::Relaxed);
        let params = json!({"subscription_id": self.id});
        let request = json!({"jsonrpc": "2.0", "id": id, "method": "event/unsubscribe", "params": params});
        let lines = self.inside.lines.clone();
        // Nobody waits for the answer.
        tokio::spawn(async move { lines.send(format!("{request}\n")).await });
    }
}

async fn write_all(mut output: WriteHalf<DuplexStream>, mut lines: mpsc::Receiver<String>) {
    while let Some(line) = lines.recv().await {
        if output.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
    // The connection answers what it has admitted, and ends.
    let _ = output.shutdown().await;
}

async fn read_all(input: ReadHalf<DuplexStream>, shared: Arc<Shared>) {
    let mut lines = BufReader::new(input).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str::<Message>(&line) {
            Ok(message) => shared.take(message),
            Err(error) => tracing::error!(%error, "a line of the router that is no message"),
        }
    }
    lock(&shared.waiting).clear();
    lock(&shared.watches).clear();
}

impl Shared {
    fn take(&self, message: Message) {
        match message {
            Message { id: Some(id), result, error, .. } => {
                let Some(Waiting { answer, watch }) = lock(&self.waiting).remove(&id) else { return };
                // Before the events that follow the answer are read.
                if let (Some(watch), Some(result)) = (watch, &result)
                    && let Ok(begun) = serde_json::from_str::<EventSubscribeResponse>(result.get())
                {
                    lock(&self.watches).insert(begun.subscription_id.0, watch);
                }
                let outcome = match (result, error) {
                    (Some(result), _) => Ok(result),
                    (None, Some(error)) => Err(refusal(error)),
                    (None, None) => Err(Refusal::Gone("an answer without a result")),
                };
                // Whoever asked may be gone.
                let _ = answer.send(outcome);
            }
            Message { method: Some(method), params: Some(params), .. } => {
                let Some(id) = params["subscription_id"].as_str() else { return };
                match &*method {
                    "event/appended" => {
                        if let Some(watch) = lock(&self.watches).get(id) {
                            watch.send_replace(params["event"]["seq"].as_u64().unwrap_or_default());
                        }
                    }
                    "subscription/ended" => drop(lock(&self.watches).remove(id)),
                    _ => {}
                }
            }
            Message { .. } => {}
        }
    }
}

fn refusal(error: ErrorObject) -> Refusal {
    let kind = error.data["kind"].as_str().unwrap_or("internal").to_owned();
    Refusal::Refused { kind, message: error.message }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
