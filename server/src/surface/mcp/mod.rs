//! The Model Context Protocol over stdin and stdout: tools, resources and prompts for the agents of any MCP host.
//!
//! Everything goes through a connection to the same router as that of every other surface.

mod call;
mod completion;
mod desk;
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
    let input = Ending { input: Input::stdin()?, gone: gone.clone() };
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

/// Input that tells when it has ended: whoever waits for something on behalf of the host need not wait on.
struct Ending {
    input: Input,
    gone: CancellationToken,
}

impl AsyncRead for Ending {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.input).poll_read(cx, buffer);
        let ended = match &read {
            Poll::Ready(Ok(())) => buffer.filled().len() == before && buffer.remaining() > 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if ended {
            self.gone.cancel();
        }
        read
    }
}
