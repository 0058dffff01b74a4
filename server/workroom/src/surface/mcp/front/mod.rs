//! Between the host's bytes and the library that speaks the protocol: every request gets exactly one answer.
//!
//! The library drops lines that it cannot read, knows fewer kinds of ids than JSON-RPC allows, and confuses two
//! requests of one id. So lines are read here, what is no request for the library is answered here, and the library
//! sees ids of ours, in whose place the host gets its own back, byte for byte.
//!
//! A request that the host cancels is not answered any more (MCP, "Cancellation").

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

// Messages that may wait to be written. Past them no line is read, so that a host that does not read is not read either.
const MAX_UNWRITTEN: usize = 64;

/// The host, as the library sees it.
pub(super) struct Front<R> {
    input: R,
    decoder: Decoder,
    max_bytes: usize,
    /// What was read for the library and not handed over yet.
    ready: VecDeque<ClientJsonRpcMessage>,
    lines: mpsc::Sender<String>,
    pending: Arc<Pending>,
    framed_by_headers: Arc<AtomicBool>,
    /// Cancelled when the host's input has ended.
    gone: CancellationToken,
    ended: bool,
}

impl<R: AsyncRead + Unpin + Send> Front<R> {
    /// A host that sends `input`. What it gets is written to `output` by a task, which ends with the last message.
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

    /// Takes the next message out of what was read. What the host is answered at once, if anything, is returned.
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

/// The answer to what is no request for the library.
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
            // Only now, so that the end of the input is not the end before this is written.
            outgoing.answers.into_iter().for_each(|id| pending.answered(id));
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    /// The next message for the library. Given up at any `await`, it loses nothing.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let lines = self.lines.clone();
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            // Room for an answer first: nothing may wait between taking a message and answering it.
            let room = lines.reserve().await.ok()?;
            if let Some(answer) = self.admit() {
                if let Some(answer) = answer {
                    room.send(answer);
                }
                continue;
            }
            drop(room);
            if self.ended {
                // Those who wait for people are told that the host is gone; everybody else has work to finish.
                self.pending.settled().await;
                return None;
            }
            match self.input.read_buf(self.decoder.space()).await {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "the input cannot be read any more");
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
        // The writer ends once every sender is gone.
        self.lines = mpsc::channel(1).0;
        Ok(())
    }
}

/// Writes what the host gets, until nobody can send more of it or the host takes no more.
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
            return tracing::debug!(%error, "the host takes no more");
        }
    }
}
