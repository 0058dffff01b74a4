//! `workroom call`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use workroom_protocol::actor::Scope;
use workroom_protocol::approval::ApprovalDecision;
use workroom_protocol::methods::{ApprovalDecide, TokenCreate};
use workroom_protocol::{ErrorKind, Method};

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::{Outcome, decide, runtime, terminal, token};
use workroom_api::agent_host;

/// Send one request, and print its result as JSON
///
/// The result goes to stdout, on one line, or indented on a terminal. If the request fails, the error object goes to
/// stderr and the exit code is 1. `workroom schema` describes every method.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom call workroom/list
  workroom call workroom/create '{\"title\":\"Release 1.0\"}' | jq -r .link
  workroom call event/append - < event.json
  workroom call --agent acme/large-2/builder event/append \\
    '{\"thread_id\":\"thr_…\",\"kind\":{\"event\":\"message\",\"content\":\"Done.\"}}'")]
pub(super) struct Call {
    /// The method, such as `workroom/list`
    method: String,
    /// The params, a JSON object; `-` reads them from stdin
    #[arg(value_name = "JSON | -", allow_hyphen_values = true)]
    params: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Call {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let params = match self.params.as_deref() {
            Some("-") => Some(terminal::read_stdin()?),
            given => given.map(|given| given.trim_start_matches('\u{feff}').to_owned()),
        };
        let params: Option<Box<RawValue>> = match params.as_deref().map(serde_json::from_str).transpose() {
            Ok(params) => params,
            Err(error) => return refuse(&not_json(&error)),
        };
        if let Some(host) = agent_host::of_process() {
            match &*self.method {
                ApprovalDecide::NAME => {
                    let message = decide::inside_agent(host, "apr_…", ApprovalDecision::Approved);
                    return Err(Failure::message(message));
                }
                TokenCreate::NAME if params.as_deref().is_some_and(can_decide) => {
                    return Err(Failure::message(token::inside_agent(host)));
                }
                _ => {}
            }
        }
        let local = Local::new(place, &self.acting);
        match runtime()?.block_on(local.call(&self.method, params.as_deref())) {
            Ok(result) => {
                terminal::json(&mut terminal::out(), &result, terminal::stdout_is_terminal())?;
                Ok(ExitCode::SUCCESS)
            }
            Err(Failure::Refused(refused)) => refuse(refused.object()),
            Err(failure) => Err(failure),
        }
    }
}

/// Whether the token that these params ask for can decide, or make another that can.
fn can_decide(params: &RawValue) -> bool {
    let params = serde_json::from_str::<serde_json::Value>(params.get()).unwrap_or_default();
    let scopes = params["scopes"].as_array();
    scopes.into_iter().flatten().any(|scope| scope == Scope::Approve.name() || scope == Scope::Admin.name())
}

fn refuse(error: &(impl Serialize + ?Sized)) -> Outcome {
    terminal::json(&mut terminal::err(), error, terminal::stderr_is_terminal())?;
    Ok(ExitCode::FAILURE)
}

/// Returns the error that a server would return for a line with such params.
fn not_json(error: &serde_json::Error) -> serde_json::Value {
    let kind = ErrorKind::ParseError;
    let message = format!("the params are not JSON: {error}");
    json!({"code": kind.code(), "message": message, "data": {"kind": kind.name()}})
}
