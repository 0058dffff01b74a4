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

/// Serves the one client at stdin and stdout, until its input ends, its output is closed, or `stop`.
pub async fn serve(
    app: Arc<App>,
    agent: Option<Naming>,
    max_message_bytes: usize,
    stop: CancellationToken,
) -> io::Result<()> {
    keep_freed_memory();
    let (client, pump) = api::connect(&app, agent, stop.clone());
    // Everything that was asked is answered first; whoever started this process then starts the one that fits.
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
            // The client went away; that is how it says that it is done.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            served => served,
        },
        () = closed => Ok(()),
    };
    app.finish().await;
    served
}

/// Has the allocator keep what one answer took for the next, instead of giving it back to the system each time.
///
/// That of GNU goes by the largest block for which it has asked the system apart, and which was given back: from then on
/// it takes blocks of that size from its heap, and keeps twice as much of it. Unless there was one, each answer of some
/// 64 KiB pays for two system calls, and for pages that the system has to clear.
fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    drop(std::hint::black_box(Vec::<u8>::with_capacity(1024 * 1024)));
}
