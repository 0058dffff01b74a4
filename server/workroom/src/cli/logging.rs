//! The log, on stderr.

use std::any::Any;
use std::io;
use std::panic::PanicHookInfo;

use crate::surface::mcp;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use workroom_redact as redact;

/// The variable with the log level: `error`, `warn`, `info`, `debug`, `trace` or `off`, or a level per module
/// (`warn,workroom_store=debug`).
const VARIABLE: &str = "WORKROOM_LOG";

/// Starts logging to stderr, including panics.
pub(super) fn start() {
    let wanted = std::env::var(VARIABLE).ok().filter(|wanted| !wanted.is_empty());
    let parsed = wanted.as_deref().map(str::parse::<Targets>);
    let filter = match &parsed {
        Some(Ok(targets)) => targets.clone(),
        // The MCP library logs a warning for every error that it returns to a client.
        _ => Targets::new().with_default(Level::WARN).with_target(mcp::LIBRARY, Level::ERROR),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(|| Stderr).with_ansi(false);
    // This fails if the surrounding program already has a logger. That logger is then the right one.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    if let Some(Err(error)) = parsed {
        tracing::warn!(%error, "{VARIABLE} is not valid");
    }
    std::panic::set_hook(Box::new(log_panic));
}

/// Stderr, which drops log lines that nobody reads. If a client starts the server with a pipe for stderr and never
/// reads it, requests must not wait for their log lines.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if has_room() {
            let text = String::from_utf8_lossy(line);
            let clean = redact::process().text(&text);
            // A pipe that is ready for writing accepts this many bytes without blocking.
            let part = &clean.as_bytes()[..clean.len().min(PIPE_ROOM)];
            io::Write::write_all(&mut io::stderr(), part)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// POSIX guarantees at least 512 bytes; Linux and other systems guarantee this many.
const PIPE_ROOM: usize = 4096;

#[cfg(unix)]
fn has_room() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stderr(), PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
}

#[cfg(not(unix))]
fn has_room() -> bool {
    true
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(thread = thread.name(), location, "panicked: {}", message(info.payload()));
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
