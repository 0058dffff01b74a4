//! One client: its input, its running requests, its output.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::poll_read_buf;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use workroom_protocol::ErrorKind;

use super::calls::Calls;
use super::framing::{Decoder, Frame};
use super::outbox::Outbox;
use super::pump::Pump;
use super::router::Router;

// Beyond this, no request is admitted or answered and no input is read until responses have been written. The limit
// is how far a client may fall behind that writes all its requests before it reads any response.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// The parts of a connection.
pub struct Connection<R, W, P, A, S> {
    /// Where the client's messages come from.
    pub input: R,
    /// Where responses and notifications go.
    pub output: W,
    /// The handlers.
    pub router: Arc<Router<A, S>>,
    /// The handlers' data about this client.
    pub client: Arc<S>,
    /// Where notifications come from.
    pub pump: P,
    /// The maximum length of one message from the client.
    pub max_message_bytes: usize,
    /// Ends the connection: no further request is admitted, and all admitted requests are answered.
    pub stop: CancellationToken,
}

/// Serves one client until its input ends, its output is closed or the connection is stopped.
///
/// Answers every admitted request before it returns, unless the output is closed.
pub async fn serve<R, W, P, A, S>(connection: Connection<R, W, P, A, S>) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    P: Pump + Unpin,
    A: Send + Sync + 'static,
    S: Send + Sync + 'static,
{
    let mut serving = Serving {
        decoder: Decoder::new(connection.max_message_bytes),
        max_message_bytes: connection.max_message_bytes,
        calls: Calls::new(connection.router, connection.client),
        outbox: Outbox::default(),
        input: connection.input,
        output: connection.output,
        pump: connection.pump,
        stopping: Box::pin(connection.stop.cancelled_owned()),
        stopped: false,
        ended: false,
        exhausted: false,
    };
    poll_fn(|cx| serving.poll(cx)).await
}

struct Serving<R, W, P, A, S> {
    input: R,
    output: W,
    decoder: Decoder,
    max_message_bytes: usize,
    calls: Calls<A, S>,
    outbox: Outbox,
    pump: P,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    stopped: bool,
    /// Whether the input has ended.
    ended: bool,
    /// Whether the buffer contains no further complete message.
    exhausted: bool,
}

impl<R, W, P, A, S> Serving<R, W, P, A, S>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    P: Pump + Unpin,
    A: Send + Sync + 'static,
    S: Send + Sync + 'static,
{
    /// Does everything that is possible now. Each part that is blocked has registered to be woken.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.stopped && self.stopping.as_mut().poll(cx).is_ready() {
                self.stopped = true;
            }
            self.admit(cx);
            let mut progress = self.calls.poll_finished(cx, &mut self.outbox, MAX_WAITING_BYTES);
            self.pump.turn_ended();
            if !self.is_closing() {
                progress |= self.pump.poll_pump(cx, &mut self.outbox);
            }
            // Written only when no complete message is left to admit, so that one write sends many responses.
            progress |= self.poll_write(cx)?;
            if self.is_done() {
                return Pin::new(&mut self.output).poll_flush(cx);
            }
            progress |= self.poll_read(cx);
            if !progress {
                return Poll::Pending;
            }
        }
    }

    fn is_closing(&self) -> bool {
        self.stopped || self.ended
    }

    fn has_room(&self) -> bool {
        self.outbox.bytes() < MAX_WAITING_BYTES && self.calls.has_room()
    }

    /// Whether every request is answered and every response written.
    fn is_done(&self) -> bool {
        let admitted_all = self.stopped || (self.ended && self.exhausted);
        admitted_all && self.calls.is_idle() && self.outbox.bytes() == 0
    }

    fn admit(&mut self, cx: &mut Context<'_>) {
        while self.has_room() {
            if self.calls.is_amid_batch() {
                self.calls.admit_from_batch(cx, &mut self.outbox);
                continue;
            }
            // `shutdown` stops the connection while its line is admitted, so the lines after it are not admitted.
            if self.stopped || self.stopping.as_mut().poll(cx).is_ready() {
                self.stopped = true;
                return;
            }
            let Some(framing) = self.decoder.framing() else { break };
            self.outbox.set_framing(framing);
            let Some(frame) = self.decoder.next_frame() else { break };
            match frame {
                Frame::Message(bytes) => self.calls.admit(bytes, cx, &mut self.outbox),
                Frame::TooLong => self.calls.refuse_too_long(self.max_message_bytes, &mut self.outbox),
                Frame::BadHeaders => {
                    let message = "the headers do not say how long the message is";
                    self.calls.refuse(ErrorKind::ParseError, message, &mut self.outbox);
                }
            }
        }
        // Without room, the buffer may still contain complete messages.
        self.exhausted = self.has_room();
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut any = false;
        while !self.outbox.front().is_empty() {
            match Pin::new(&mut self.output).poll_write(cx, self.outbox.front()) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(written)) => {
                    self.outbox.consume(written);
                    any = true;
                }
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(any)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        // A busy server slows its client down by not reading. It drops nothing.
        if self.is_closing() || !self.has_room() || self.calls.is_amid_batch() {
            return false;
        }
        match poll_read_buf(Pin::new(&mut self.input), cx, self.decoder.space()) {
            Poll::Pending => return false,
            Poll::Ready(Ok(0)) => self.ended = true,
            Poll::Ready(Ok(_)) => {}
            // Reading from a terminal or socket whose other end is closed returns an error. No more input comes in
            // either case.
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "the input cannot be read any more");
                self.ended = true;
            }
        }
        if self.ended {
            self.decoder.end();
            self.calls.end();
        }
        self.exhausted = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorObject;
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, duplex, split};
    use workroom_protocol::methods::{Discover, Shutdown};
    use workroom_protocol::server::{Empty, OpenRpcDocument};

    use crate::call;
    use crate::router::{Filtered, Filters};

    type Cx = call::Context<(), ()>;

    impl call::Serves<()> for () {
        type Cx = Cx;
    }

    async fn panics(_: Cx, _: Empty) -> Result<OpenRpcDocument, ErrorObject> {
        panic!("a handler of a test");
    }

    async fn panics_later(_: Cx, _: Empty) -> Result<Empty, ErrorObject> {
        tokio::task::yield_now().await;
        panic!("a handler of a test");
    }

    const UNFILTERED: Filters =
        Filters { params: |_, params| Filtered { params: params.into(), kept: None }, error: |error| error };

    struct Silent;

    impl Pump for Silent {
        fn poll_pump(&mut self, _: &mut Context<'_>, _: &mut Outbox) -> bool {
            false
        }
    }

    #[tokio::test]
    async fn a_request_whose_handler_panics_gets_one_response_and_the_next_request_its_own() {
        let (client, server) = duplex(4096);
        let (input, output) = split(server);
        let router = Router::new(Arc::new(()), |(), (), _| Ok(()), UNFILTERED);
        let router = router.on::<Discover>(panics).on::<Shutdown>(panics_later);
        let connection = Connection {
            input,
            output,
            router: Arc::new(router),
            client: Arc::new(()),
            pump: Silent,
            max_message_bytes: 4096,
            stop: CancellationToken::new(),
        };
        let (answers, mut requests) = split(client);
        let talk = async {
            let methods = ["rpc.discover", "shutdown", "none"];
            for (id, method) in methods.iter().enumerate() {
                let request = json!({"jsonrpc": "2.0", "id": id, "method": method});
                requests.write_all(format!("{request}\n").as_bytes()).await.unwrap();
            }
            requests.shutdown().await.unwrap();
            let mut lines = BufReader::new(answers).lines();
            let mut told = Vec::new();
            while told.len() < methods.len()
                && let Some(line) = lines.next_line().await.unwrap()
            {
                let answer: Value = serde_json::from_str(&line).unwrap();
                told.push((answer["id"].as_u64().unwrap(), answer["error"]["code"].as_i64().unwrap()));
            }
            told.sort_unstable();
            assert_eq!(told, [(0, -32603), (1, -32603), (2, -32601)]);
        };
        let (served, ()) = tokio::join!(serve(connection), talk);
        served.unwrap();
    }
}
