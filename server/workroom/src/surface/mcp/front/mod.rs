//! Sits between the host's bytes and the MCP library, so that every request gets exactly one response.
//!
//! The library drops lines that it cannot parse, supports fewer kinds of ids than JSON-RPC allows, and confuses two
//! requests with the same id. Therefore this module parses the lines, and answers what the library cannot process. It
//! gives the library its own ids, and replaces them in responses by the host's ids, byte for byte.
//!
//! A request that the host cancelled gets no response (MCP, "Cancellation").

mod line;
mod pending;
mod salvage;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use workroom_protocol::ErrorKind;

use self::line::Line;
use self::pending::Pending;
use workroom_rpc::answer::Answer;
use workroom_rpc::error::{self, ErrorObject};
use workroom_rpc::framing::{Decoder, Frame, Framing};

// The maximum number of messages that wait to be written. Beyond that no line is read, so a host that does not read its
// responses cannot send more requests.
const MAX_UNWRITTEN: usize = 64;

/// The host, as the library sees it.
pub(super) struct Front<R> {
    input: R,
    decoder: Decoder,
    max_bytes: usize,
    /// Messages that were read but not yet passed to the library.
    ready: VecDeque<ClientJsonRpcMessage>,
    lines: mpsc::Sender<String>,
    pending: Arc<Pending>,
    framed_by_headers: Arc<AtomicBool>,
    /// Cancelled when the host's input has ended.
    gone: CancellationToken,
    ended: bool,
}

impl<R: AsyncRead + Unpin + Send> Front<R> {
    /// Creates a host that sends `input`. A task writes the messages for it to `output`, and ends after the last one.
    pub(super) fn new(
        input: R,
        output: impl AsyncWrite + Unpin + Send + 'static,
        max_bytes: usize,
        gone: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (lines, unwritten) = mpsc::channel(MAX_UNWRITTEN);
        let framed_by_headers = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn(write_all(output, unwritten, framed_by_headers.clone()));
        let decoder = Decoder::new(max_bytes);
        let (pending, ready, ended) = (Arc::default(), VecDeque::new(), false);
        (Self { input, decoder, max_bytes, ready, lines, pending, framed_by_headers, gone, ended }, writer)
    }

    /// Takes the next message from the input. Returns the immediate response to the host, if any.
    fn admit(&mut self) -> Option<Option<String>> {
        if self.decoder.framing() == Some(Framing::Headers) {
            self.framed_by_headers.store(true, Ordering::Relaxed);
        }
        let line = match self.decoder.next_frame()? {
            Frame::Message(bytes) => line::read(bytes),
            Frame::TooLong => {
                let limit = [("limit", self.max_bytes.into())];
                let message = format!("a message has at most {} bytes", self.max_bytes);
                Line::Refused { id: None, error: error::object(ErrorKind::TooLarge, message, limit) }
            }
            Frame::BadHeaders => {
                let message = "the headers do not say how long the message is";
                Line::Refused { id: None, error: error::object(ErrorKind::ParseError, message, []) }
            }
        };
        Some(match line {
            Line::Request(request) => match self.pending.begin(request) {
                Ok(message) => {
                    self.ready.push_back(message);
                    None
                }
                Err(refused) => Some(refusal(Some(&refused.0), &refused.1)),
            },
            Line::Notification(notification) => {
                self.ready.extend(self.pending.hear(notification));
                None
            }
            Line::Nothing => None,
            Line::Refused { id, error } => Some(refusal(id.as_deref(), &error)),
        })
    }
}

/// Returns the response to a line that the library cannot process.
fn refusal(id: Option<&str>, error: &ErrorObject) -> String {
    Answer::error(error).under(id.unwrap_or("null")).concat()
}

impl<R: AsyncRead + Unpin + Send + 'static> Transport<RoleServer> for Front<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let outgoing = self.pending.outgoing(&message);
        let (lines, pending) = (self.lines.clone(), self.pending.clone());
        async move {
            let Some(outgoing) = outgoing else { return Ok(()) };
            let sent = lines.send(outgoing.text).await;
            // This happens after the response was queued, so that the end of the input does not prevent it from being
            // written.
            outgoing.answers.into_iter().for_each(|id| pending.answered(id));
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    /// Returns the next message for the library. It is safe to cancel at any `await`.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let lines = self.lines.clone();
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            // A slot for a response is reserved first: nothing may wait between taking a message and answering it.
            let room = lines.reserve().await.ok()?;
            if let Some(answer) = self.admit() {
                if let Some(answer) = answer {
                    room.send(answer);
                }
                continue;
            }
            drop(room);
            if self.ended {
                // Calls that wait for people are stopped because the host is gone; other calls finish their work.
                self.pending.settled().await;
                return None;
            }
            match self.input.read_buf(self.decoder.space()).await {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "cannot read the input");
                    self.ended = true;
                }
            }
            if self.ended {
                self.decoder.end();
                self.gone.cancel();
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        // The writer ends when every sender is dropped.
        self.lines = mpsc::channel(1).0;
        Ok(())
    }
}

/// Writes the messages for the host, until there are no more senders or the host stops reading.
async fn write_all(
    mut output: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<String>,
    framed_by_headers: Arc<AtomicBool>,
) {
    let mut waiting = Vec::new();
    while lines.recv_many(&mut waiting, MAX_UNWRITTEN).await > 0 {
        let mut bytes = Vec::new();
        for line in waiting.drain(..) {
            if framed_by_headers.load(Ordering::Relaxed) {
                bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n{line}", line.len()).as_bytes());
            } else {
                bytes.extend_from_slice(line.as_bytes());
                bytes.push(b'\n');
            }
        }
        let written = async {
            output.write_all(&bytes).await?;
            output.flush().await
        };
        if let Err(error) = written.await {
            return tracing::debug!(%error, "the host stopped reading");
        }
    }
}
