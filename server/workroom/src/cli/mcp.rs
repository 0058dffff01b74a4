//! `workroom mcp`

mod edit;
mod hosts;
mod install;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use self::install::Install;
use super::failure::Failure;
use super::place::{Acting, Place};
use super::signals::Signals;
use super::{Outcome, runtime};
use crate::surface::mcp::{self, Named};
use workroom_api::{App, AppConfig, MAX_LINE_BYTES};

/// Serve agents in an MCP host over stdin and stdout, or configure a host to do so
///
/// The tools let the host's agent open links, report what it does, ask people and wait for their answers. The agent is
/// named after the host, or is the bearer of the token in CODEWHALE_RUNTIME_TOKEN. It cannot decide approvals.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Mcp {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Install(Install),
}

#[derive(Debug, Args)]
struct Serve {
    /// The model that the agent runs on, which is recorded with its events
    #[arg(long, env = "WORKROOM_MODEL", value_name = "MODEL", conflicts_with = "agent")]
    model: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Mcp {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match self.command {
            Some(Command::Install(install)) => install.run(place),
            None => self.serve.run(place),
        }
    }
}

impl Serve {
    fn run(self, place: &Place) -> Outcome {
        let app = Arc::new(App::new(AppConfig { via: "mcp", ..place.config() }));
        let session_key = self.acting.session_key();
        let named = Named { agent: self.acting.agent(), model: self.model, session_key };
        let folder = std::env::current_dir().ok();
        let stop = CancellationToken::new();
        let served = runtime()?.block_on(async {
            tokio::spawn(Signals::new()?.cancel(stop.clone(), app.hurry().clone()));
            mcp::serve(app.clone(), named, folder, MAX_LINE_BYTES, stop.clone()).await
        });
        if stop.is_cancelled() {
            // The client is gone, so nobody waits for a response: calls that wait for a lock are abandoned.
            app.hurry().cancel();
        }
        match served {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::message(format!("cannot serve: {error}"))),
        }
    }
}
