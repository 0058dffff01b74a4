//! The log, on stderr.

use std::any::Any;
use std::panic::PanicHookInfo;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged: `error`, `warn`, `info`, `debug`, `trace` or `off`, or by module (`warn,workroom_server::store=debug`).
const VARIABLE: &str = "WORKROOM_LOG";

/// Logs to stderr from now on, panics too.
pub(super) fn start() {
    let wanted = std::env::var(VARIABLE).ok().filter(|wanted| !wanted.is_empty());
    let parsed = wanted.as_deref().map(str::parse::<Targets>);
    let filter = match &parsed {
        Some(Ok(targets)) => targets.clone(),
        _ => Targets::new().with_default(Level::WARN),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // Fails when the program around this one logs already: then that log is the right one.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    if let Some(Err(error)) = parsed {
        tracing::warn!(%error, "{VARIABLE} is not understood");
    }
    std::panic::set_hook(Box::new(log_panic));
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
