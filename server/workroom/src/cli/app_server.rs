//! `workroom app-server`

use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use tokio_util::sync::CancellationToken;
use workroom_protocol::server::Durability;

use super::failure::Failure;
use super::place::{Acting, Place};
use super::signals::Signals;
use super::{Outcome, runtime};
use crate::surface;
use workroom_api::{App, AppConfig, MAX_LINE_BYTES};

/// Serve JSON-RPC over stdin and stdout, one message per line
///
/// The server stops when its input ends, on `shutdown`, and on SIGTERM, SIGINT or SIGHUP. In each case it first answers
/// every accepted request. If a client sends `Content-Length` headers, the server responds with the same headers. Logs go
/// to stderr.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"workroom/list\"}' | workroom app-server")]
pub(super) struct AppServer {
    /// The maximum length of an incoming message, in bytes
    #[arg(long, value_name = "N", default_value_t = MAX_LINE_BYTES as u64, value_parser = value_parser!(u64).range(1..))]
    max_line_bytes: u64,
    /// What the response to a write guarantees: the write survives a power failure (full), or only a crash of the
    /// process (relaxed)
    #[arg(long, default_value = "full", value_parser = durability())]
    durability: Durability,
    #[command(flatten)]
    acting: Acting,
}

fn durability() -> impl TypedValueParser<Value = Durability> {
    PossibleValuesParser::new(["full", "relaxed"]).map(|name| match name.as_str() {
        "relaxed" => Durability::Relaxed,
        _ => Durability::Full,
    })
}

impl AppServer {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let max_line_bytes = usize::try_from(self.max_line_bytes).unwrap_or(usize::MAX);
        let config =
            AppConfig { via: "app-server", max_line_bytes, durability: self.durability, ..place.config() };
        let app = Arc::new(App::new(config));
        let served = runtime()?.block_on(async {
            let stop = CancellationToken::new();
            tokio::spawn(Signals::new()?.cancel(stop.clone(), app.hurry().clone()));
            surface::stdio::serve(app, self.acting.of_server(), max_line_bytes, stop).await
        });
        match served {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::message(format!("cannot serve: {error}"))),
        }
    }
}
