//! The Model Context Protocol over stdin and stdout: tools, resources and prompts for the agents of any MCP host.
//!
//! All requests go through the same router as those of the other surfaces.

mod call;
mod completion;
mod desk;
mod exact;
mod front;
mod here;
mod prompts;
mod refusal;
mod resources;
mod tools;
mod who;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use tokio_util::sync::CancellationToken;

use self::desk::Desk;
use self::front::Front;
pub use self::who::Named;
use super::stdio::{Input, Output};
use workroom_api::App;

/// The name of the MCP library in log lines.
pub const LIBRARY: &str = "rmcp";

// How long a host may take to read the last responses after the end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Serves the host at stdin and stdout until its input ends, its output is closed, or `stop` is cancelled.
pub async fn serve(
    app: Arc<App>,
    named: Named,
    folder: Option<PathBuf>,
    max_message_bytes: usize,
    stop: CancellationToken,
) -> io::Result<()> {
    let gone = stop.child_token();
    let output = Output::stdout()?;
    let closed = output.closed();
    let (front, writer) = Front::new(Input::stdin()?, output, max_message_bytes, gone.clone());
    let desk = Desk::new(app.clone(), named, folder, stop.clone(), gone);
    let serving = async {
        let served = match serve_server_with_ct(desk, front, stop).await {
            Ok(service) => service.waiting().await.map(drop).map_err(io::Error::other),
            // The host disconnected before it sent anything, or the server was stopped.
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, writer).await;
        served
    };
    let served = tokio::select! {
        served = serving => served,
        () = closed => Ok(()),
        () = restart(&app) => Ok(()),
    };
    app.finish().await;
    served
}

// The library does not report when a response was written. This is far longer than writing takes, and shorter than the
// time until a host's next call.
const ANSWERED_AFTER: Duration = Duration::from_millis(500);

/// Returns when this process should stop, so that the host starts one that supports the store, and every request was
/// answered.
async fn restart(app: &App) {
    app.outdated().cancelled().await;
    tokio::time::sleep(ANSWERED_AFTER).await;
}
