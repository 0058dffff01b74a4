//! `workroom call`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use workroom_domain::access;
use workroom_protocol::actor::{ActorKind, Scope};
use workroom_protocol::approval::ApprovalDecision;
use workroom_protocol::member::MemberRole;
use workroom_protocol::methods::{ApprovalDecide, MemberAdd, MemberUpdate, TokenCreate};
use workroom_protocol::{ErrorKind, Method};

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::{Outcome, decide, runtime, terminal, token};

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
        if let Some(host) = workroom_processes::agent() {
            match &*self.method {
                ApprovalDecide::NAME => {
                    let message = decide::inside_agent(host, "apr_…", ApprovalDecision::Approved);
                    return Err(Failure::message(message));
                }
                TokenCreate::NAME | MemberAdd::NAME | MemberUpdate::NAME
                    if params.as_deref().is_some_and(gives_decision) =>
                {
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

/// Whether these params of a token or a member give somebody the right to decide.
fn gives_decision(params: &RawValue) -> bool {
    let params = serde_json::from_str::<serde_json::Value>(params.get()).unwrap_or_default();
    let given = params["scopes"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    let scopes: Vec<_> =
        given.filter_map(|name| Scope::ALL.into_iter().find(|scope| scope.name() == name)).collect();
    // An update does not state the kind; it may be a person.
    let kind = params["kind"].as_str().and_then(ActorKind::of_name).unwrap_or(ActorKind::Human);
    let role = params["role"].as_str().and_then(MemberRole::of_name);
    access::scopes_decide(&scopes) || role.is_some_and(|role| access::may_decide(kind, role))
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
