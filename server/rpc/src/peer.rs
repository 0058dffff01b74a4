//! The client of a connection: typed calls by the method table, subscriptions and cancelling, over any byte stream.
//!
//! Our own programs use it: the command line and the MCP surface inside one process, and programs that talk to another
//! process over a pipe or a socket. It does not limit the length of a line, so connect only to a server that you trust.

mod failure;
mod routes;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use workroom_protocol::id::SubscriptionId;
use workroom_protocol::notifications::CancelRequest;
use workroom_protocol::server::CancelParams;
use workroom_protocol::{Method, Notification};

use self::routes::{Line, Routes, Sink, Waiting};

pub use self::failure::{CallError, Kind, Refused};
pub use self::subscription::{FollowError, Subscribes, Subscription, Watch};

// Requests that may wait to be written. A caller with one more waits.
const MAX_UNWRITTEN: usize = 64;
// Notifications in the queue of a subscription. Events can be large, so all others wait in the stream, which is bounded
// in bytes. When it is full, the other side waits.
const MAX_UNREAD: usize = 1;

/// A client of a connection. The connection ends when the peer and everything that was begun with it are dropped.
#[derive(Debug)]
pub struct Peer {
    link: Link,
}

impl Peer {
    /// Connects to whatever reads and writes lines of JSON-RPC at the other ends. Must be called inside a runtime.
    pub fn connect(
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        let (lines, unwritten) = mpsc::channel(MAX_UNWRITTEN);
        let routes = Arc::<Routes>::default();
        tokio::spawn(routes::write_all(output, unwritten, routes.clone()));
        tokio::spawn(routes::read_all(input, routes.clone()));
        Self { link: Link { lines, routes } }
    }

    /// Calls a method of the table.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Result, CallError> {
        read::<M>(&self.link.send(M::NAME, Some(params), None).await?.answer().await?)
    }

    /// Calls a method of the table. When `cancel` is cancelled the request is cancelled too. It then fails as
    /// `cancelled`, unless it was done before.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_until<M: Method>(
        &self,
        params: &M::Params,
        cancel: &CancellationToken,
    ) -> Result<M::Result, CallError> {
        let request = self.link.send(M::NAME, Some(params), None).await?;
        read::<M>(&self.link.answer_until(request, cancel).await?)
    }

    /// Calls a method by its name, with params and result as JSON text.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_raw(
        &self,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Box<RawValue>, CallError> {
        self.link.send(method, params, None).await?.answer().await
    }

    /// Makes the last call of the connection: the other side sees at once that nothing else follows, and ends when it
    /// has answered.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn last_call_raw(
        self,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Box<RawValue>, CallError> {
        let request = self.link.send(method, params, None).await?;
        drop(self);
        request.answer().await
    }

    /// Subscribes, and follows every notification.
    ///
    /// The subscription takes over the connection. Nothing is read from a connection while a notification waits for
    /// its reader, so a reader that made a call on the same connection could wait forever.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn subscribe<M: Subscribes>(
        self,
        params: &M::Params,
    ) -> Result<(M::Result, Subscription<M>), CallError> {
        let (sender, notes) = mpsc::channel(MAX_UNREAD);
        let request = self.link.send(M::NAME, Some(params), Some(Sink::Every(sender))).await?;
        let begun = read::<M>(&request.answer().await?)?;
        Ok((begun, Subscription::new(notes, self)))
    }

    /// Subscribes, and reports only that there are new notifications. Other calls of the connection do not wait for
    /// their reader. When `cancel` is cancelled before the answer, the request is cancelled too.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn watch<M: Subscribes>(
        &self,
        params: &M::Params,
        cancel: &CancellationToken,
    ) -> Result<Watch, CallError> {
        let (sender, changes) = watch::channel(());
        let request = self.link.send(M::NAME, Some(params), Some(Sink::Latest(sender))).await?;
        let answer = self.link.answer_until(request, cancel).await?;
        let id = routes::subscription_of(&answer).map_err(CallError::Unreadable)?;
        Ok(Watch::new::<M>(changes, id, self.link.clone()))
    }
}

fn read<M: Method>(answer: &RawValue) -> Result<M::Result, CallError> {
    serde_json::from_str(answer.get()).map_err(CallError::Unreadable)
}

/// Where requests are written, and where their answers arrive.
#[derive(Debug, Clone)]
struct Link {
    lines: mpsc::Sender<Line>,
    routes: Arc<Routes>,
}

/// A request that is on its way.
struct InFlight {
    id: u64,
    answered: oneshot::Receiver<Result<Box<RawValue>, CallError>>,
}

impl InFlight {
    async fn answer(self) -> Result<Box<RawValue>, CallError> {
        self.answered.await.unwrap_or(Err(CallError::Closed))
    }
}

#[derive(Serialize)]
struct Outgoing<'p, P: ?Sized> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    method: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'p P>,
}

impl<P: Serialize + ?Sized> Outgoing<'_, P> {
    fn line(&self) -> Result<Line, CallError> {
        let mut text = serde_json::to_string(self).map_err(CallError::Unwritable)?;
        // Raw params may have line ends, which stand only between the values of JSON, never inside them.
        if text.contains(['\n', '\r']) {
            text = text.replace(['\n', '\r'], " ");
        }
        text.push('\n');
        Ok(Line { request: self.id, text })
    }
}

impl Link {
    async fn send<P: Serialize + ?Sized>(
        &self,
        method: &str,
        params: Option<&P>,
        sink: Option<Sink>,
    ) -> Result<InFlight, CallError> {
        let id = self.routes.next_id();
        let line = Outgoing { jsonrpc: "2.0", id: Some(id), method, params }.line()?;
        let permit = self.lines.reserve().await.map_err(|_| CallError::Closed)?;
        let (answer, answered) = oneshot::channel();
        // There is no await between the two: a caller that stops waiting here leaves no call without an answer behind.
        if self.routes.expect(id, Waiting { answer, sink, bytes: line.text.len() }) {
            permit.send(line);
        }
        Ok(InFlight { id, answered })
    }

    async fn answer_until(
        &self,
        mut request: InFlight,
        cancel: &CancellationToken,
    ) -> Result<Box<RawValue>, CallError> {
        tokio::select! {
            answer = &mut request.answered => answer.unwrap_or(Err(CallError::Closed)),
            () = cancel.cancelled() => {
                let params = CancelParams { id: request.id.into() };
                let method = CancelRequest::NAME;
                let line = Outgoing { jsonrpc: "2.0", id: None, method, params: Some(&params) }.line()?;
                // When the connection has ended, so has the request.
                let _ = self.lines.send(line).await;
                request.answer().await
            }
        }
    }

    /// Ends a subscription. Nobody waits for the answer.
    fn unsubscribe(&self, method: &'static str, subscription_id: &SubscriptionId) {
        #[derive(Serialize)]
        struct Params<'p> {
            subscription_id: &'p SubscriptionId,
        }
        self.routes.leave(subscription_id);
        let (id, params) = (Some(self.routes.next_id()), Some(&Params { subscription_id }));
        let Ok(line) = (Outgoing { jsonrpc: "2.0", id, method, params }).line() else { return };
        // Without a runtime the connection has ended anyway.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let lines = self.lines.clone();
        runtime.spawn(async move { lines.send(line).await });
    }
}
