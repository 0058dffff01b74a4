//! The Model Context Protocol over stdin and stdout: tools, resources and prompts for the agents of any MCP host.
//!
//! Everything goes through a connection to the same router as that of every other surface.

mod call;
mod completion;
mod desk;
mod exact;
mod inside;
mod prompts;
mod resources;
mod tools;
mod who;

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

use self::desk::Desk;
pub use self::who::Named;
use super::stdio::{Input, Output};
use crate::api::App;

/// The library that speaks the protocol, as its log lines name it.
pub const LIBRARY: &str = "rmcp";

/// Serves the host at stdin and stdout, until its input ends, its output is closed, or `stop`.
pub async fn serve(
    app: Arc<App>,
    named: Named,
    folder: Option<PathBuf>,
    max_message_bytes: usize,
    stop: CancellationToken,
) -> io::Result<()> {
    let gone = stop.child_token();
    let input = Ending::new(Input::stdin()?, max_message_bytes, gone.clone());
    let output = Output::stdout()?;
    let closed = output.closed();
    let transport = AsyncRwTransport::new_server(input, output).with_max_line_length(max_message_bytes);
    let desk = Desk::new(app.clone(), named, folder, stop.clone(), gone);
    let serving = async {
        match serve_server_with_ct(desk, transport, stop).await {
            Ok(service) => service.waiting().await.map(drop).map_err(io::Error::other),
            // The host went away before it said anything, or was told to.
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        }
    };
    let served = tokio::select! {
        served = serving => served,
        () = closed => Ok(()),
    };
    app.finish().await;
    served
}

/// Input in whole lines, which tells when it has ended: whoever waits for something on behalf of the host need not wait
/// on. Of each line, what must stay to the letter is held as text.
struct Ending {
    input: Input,
    gone: CancellationToken,
    max_line_bytes: usize,
    /// The beginning of a line.
    line: Vec<u8>,
    /// Lines that were not handed over yet, and how much of them was.
    ready: Vec<u8>,
    handed: usize,
    ended: bool,
}

// As much as one read of the pipe brings.
const CHUNK_BYTES: usize = 16 * 1024;

impl Ending {
    fn new(input: Input, max_line_bytes: usize, gone: CancellationToken) -> Self {
        let (line, ready) = (Vec::new(), Vec::new());
        Self { input, gone, max_line_bytes, line, ready, handed: 0, ended: false }
    }

    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            // One that is too long is refused by whoever reads it next.
            if part.ends_with(b"\n") || self.line.len() > self.max_line_bytes {
                self.line_ended();
            }
        }
    }

    fn line_ended(&mut self) {
        match std::str::from_utf8(&self.line) {
            Ok(line) => self.ready.extend_from_slice(exact::hold(line).as_bytes()),
            Err(_) => self.ready.extend_from_slice(&self.line),
        }
        self.line.clear();
    }
}

impl AsyncRead for Ending {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let left = &self.ready[self.handed..];
            if !left.is_empty() || self.ended {
                let count = left.len().min(buffer.remaining());
                buffer.put_slice(&left[..count]);
                self.handed += count;
                if self.handed == self.ready.len() {
                    self.ready.clear();
                    self.handed = 0;
                }
                return Poll::Ready(Ok(()));
            }
            let mut chunk = [0; CHUNK_BYTES];
            let mut read = ReadBuf::new(&mut chunk);
            match Pin::new(&mut self.input).poll_read(cx, &mut read) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.take(read.filled()),
                ended => {
                    self.gone.cancel();
                    self.ended = true;
                    self.line_ended();
                    if let Poll::Ready(Err(error)) = ended {
                        return Poll::Ready(Err(error));
                    }
                }
            }
        }
    }
}
