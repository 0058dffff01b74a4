//! JSON-RPC over the process's own stdin and stdout.

pub(crate) mod input;
#[cfg(unix)]
mod nonblocking;
mod output;

use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub(crate) use self::input::Input;
pub(crate) use self::output::Output;
use workroom_api::{self as api, App, Naming};
use workroom_rpc::connection::{self, Connection};

/// Serves the one client at stdin and stdout until its input ends, its output is closed, or `stop` is cancelled.
pub async fn serve(
    app: Arc<App>,
    agent: Option<Naming>,
    max_message_bytes: usize,
    stop: CancellationToken,
) -> io::Result<()> {
    keep_freed_memory();
    let (client, pump) = api::connect(&app, agent, stop.clone());
    // Every request is answered first. The client can then start a process that supports the store.
    tokio::spawn({
        let (outdated, stop) = (app.outdated().clone(), stop.clone());
        async move {
            outdated.cancelled().await;
            stop.cancel();
        }
    });
    let output = Output::stdout()?;
    let closed = output.closed();
    let connection = Connection {
        input: Input::stdin()?,
        output,
        router: Arc::new(api::router(app.clone())),
        client,
        pump,
        max_message_bytes,
        stop,
    };
    let served = tokio::select! {
        served = connection::serve(connection) => match served {
            // The client disconnected, which is how it ends a connection.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            served => served,
        },
        () = closed => Ok(()),
    };
    app.finish().await;
    served
}

/// Makes the allocator keep the memory of one response for the next, instead of returning it to the system each time.
///
/// The GNU allocator adapts to the largest block that it allocated separately and freed: from then on it takes blocks
/// of that size from its heap, and keeps twice as much. Without such a block, each response of about 64 KiB would cost
/// two system calls, and pages that the system must clear.
fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    drop(std::hint::black_box(Vec::<u8>::with_capacity(1024 * 1024)));
}
