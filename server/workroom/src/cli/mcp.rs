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

/// Serve the agents of an MCP host over stdin and stdout, or tell a host to
///
/// The host's agent opens links, says what it does, asks people and waits for them. It is an agent named after the
/// host, or the bearer of the token in CODEWHALE_RUNTIME_TOKEN, and can decide no approvals.
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
    /// The model that the agent runs on, to be told with what it does
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
            // Nobody is there any more who could be answered: what still waits for a lock is given up.
            app.hurry().cancel();
        }
        match served {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::message(format!("cannot serve: {error}"))),
        }
    }
}
