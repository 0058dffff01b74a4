//! `workroom approval request`

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use workroom_protocol::actor::ActorKind;
use workroom_protocol::approval::{
    Approval as Asked, ApprovalCancelParams, ApprovalIdParams, ApprovalRequestParams, ApprovalRisk,
    ApprovalState,
};
use workroom_protocol::exact::ExactJson;
use workroom_protocol::id::{ApprovalId, ThreadId};
use workroom_protocol::methods::{ApprovalCancel, ApprovalRead, ApprovalRequest};
use workroom_protocol::time::Timestamp;

use super::one::wait;
use super::{ending, exit_code};
use crate::cli::failure::Failure;
use crate::cli::local::Local;
use crate::cli::place::{Acting, Place};
use crate::cli::signals::{EXIT_INTERRUPTED, Signals};
use crate::cli::terminal::{DOUBTFUL, FAINT, STRONG};
use crate::cli::{Outcome, duration, link, runtime, terminal};

/// Request approval for an action, and optionally wait for the decision
///
/// The requester cannot decide the request. Without --agent and without a token, the agent `script` makes the request,
/// so that you can decide it yourself. With a token, its bearer makes the request.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes with --wait: 0 approved, 10 denied, 11 expired, 12 cancelled, 13 superseded, 14 no decision within \
--timeout; 1 failed, 2 invalid usage, 130 interrupted. Without --wait: 0 requested.

--timeout also expires the request: nobody can approve it afterwards. Interrupting the command (Ctrl-C, SIGTERM, or \
SIGHUP when its terminal closes) cancels the request.

Example:
  workroom approval request --thread thr_… --tool deploy \\
    --summary 'v1.2 to production' --wait --timeout 15m && ./deploy")]
pub(in crate::cli) struct Request {
    /// The thread for the request: its id or its link
    #[arg(long, value_name = "ID|LINK", value_parser = link::thread)]
    thread: ThreadId,
    /// The tool to be used
    #[arg(long)]
    tool: String,
    /// What the action does, and why: what the decider needs to know
    #[arg(long)]
    summary: String,
    /// How much harm the action could do
    #[arg(long, value_parser = risks())]
    risk: Option<ApprovalRisk>,
    /// The arguments for the tool
    #[arg(long, value_name = "JSON", value_parser = json)]
    arguments: Option<ExactJson>,
    /// When the request expires, such as 15m. Default: the value of --timeout, otherwise never
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    expires: Option<Duration>,
    /// An idempotency key: a retry with the same key and the same request does not create a second request
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<String>,
    /// Wait for the decision, and report it as the exit code
    #[arg(long)]
    wait: bool,
    /// The maximum time to wait; the request then expires. Default: no limit
    #[arg(long, value_name = "DURATION", requires = "wait", value_parser = duration::parse)]
    timeout: Option<Duration>,
    /// Print the approval as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

fn json(text: &str) -> Result<ExactJson, String> {
    ExactJson::parse(&workroom_rpc::repair::surrogates(text)).map_err(|error| format!("not JSON: {error}"))
}

fn risks() -> impl TypedValueParser<Value = ApprovalRisk> {
    PossibleValuesParser::new(["low", "medium", "high", "critical"]).map(|name| match name.as_str() {
        "low" => ApprovalRisk::Low,
        "medium" => ApprovalRisk::Medium,
        "high" => ApprovalRisk::High,
        _ => ApprovalRisk::Critical,
    })
}

impl Request {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting.or_script(place));
        let runtime = runtime()?;
        // A retry must have the same body as the first request. The request therefore has no expiry time, which would
        // depend on when it is made; it is cancelled at the end of the wait instead.
        let patience = self.timeout.filter(|_| self.idempotency_key.is_none());
        let lasts = [self.expires, patience].into_iter().flatten().min();
        let params = ApprovalRequestParams {
            thread_id: self.thread,
            tool_name: self.tool,
            summary: self.summary,
            risk: self.risk,
            arguments: self.arguments,
            options: None,
            expires_at: lasts.map(|lasts| Timestamp::from(crate::cli::now() + lasts)),
            supersedes: None,
            idempotency_key: self.idempotency_key,
        };
        // Signals are handled before the request is sent, so that an interruption always cancels it.
        let signals = runtime.block_on(async { self.wait.then(Signals::new).transpose() })?;
        let asked = runtime.block_on(local.ask::<ApprovalRequest>(&params))?;
        if !self.json {
            tell_how_to_decide(&asked)?;
        }
        let mut out = terminal::out();
        let Some(signals) = signals else {
            match self.json {
                true => terminal::json(&mut out, &asked, terminal::stdout_is_terminal())?,
                false => writeln!(out, "{}", asked.approval_id)?,
            }
            return Ok(ExitCode::SUCCESS);
        };
        let waited = runtime.block_on(wait_or_cancel(&local, asked.approval_id, self.timeout, signals))?;
        let is_out_of_time = match waited.approval.state {
            // This is the timeout, unless the requested expiry came earlier.
            ApprovalState::Expired => patience.is_some() && patience == lasts,
            _ => waited.timed_out,
        };
        match self.json {
            true => terminal::json(&mut out, &waited.approval, terminal::stdout_is_terminal())?,
            false => writeln!(out, "{}", ending(&waited.approval))?,
        }
        Ok(match waited.approval.state {
            // An interruption means that the action is not wanted any more, even if it was approved at that moment.
            ApprovalState::Approved if waited.interrupted => ExitCode::from(EXIT_INTERRUPTED),
            ApprovalState::Cancelled if waited.interrupted => ExitCode::from(EXIT_INTERRUPTED),
            _ if is_out_of_time => exit_code(ApprovalState::Pending),
            state => exit_code(state),
        })
    }
}

fn tell_how_to_decide(asked: &Asked) -> std::io::Result<()> {
    let mut err = terminal::err();
    if asked.requested_by.kind == ActorKind::Human {
        writeln!(
            err,
            "{DOUBTFUL}You made this request as yourself, so you cannot decide it: somebody else must.{DOUBTFUL:#}"
        )?;
    }
    writeln!(err, "Requested: {STRONG}{}{STRONG:#}", asked.approval_id)?;
    writeln!(
        err,
        "{FAINT}Decide with{FAINT:#} workroom approve {0} {FAINT}or{FAINT:#} workroom deny {0}",
        asked.approval_id
    )
}

/// The outcome of a wait.
struct Waited {
    approval: Asked,
    interrupted: bool,
    timed_out: bool,
}

/// Waits for the final state of an approval. If the wait ends first, nobody is left to act on a decision, so the
/// request is cancelled.
async fn wait_or_cancel(
    local: &Local,
    id: ApprovalId,
    timeout: Option<Duration>,
    mut signals: Signals,
) -> Result<Waited, Failure> {
    let (reason, interrupted) = tokio::select! {
        waited = wait(local, &id, timeout) => {
            let approval = waited?;
            if approval.state != ApprovalState::Pending {
                return Ok(Waited { approval, interrupted: false, timed_out: false });
            }
            ("no decision within the timeout", false)
        }
        () = signals.next() => ("the waiting command was interrupted", true),
    };
    let params = ApprovalCancelParams { approval_id: id.clone(), reason: Some(reason.into()) };
    let cancelled = tokio::select! {
        cancelled = local.ask::<ApprovalCancel>(&params) => cancelled,
        () = signals.next() => std::process::exit(i32::from(EXIT_INTERRUPTED)),
    };
    let approval = match cancelled {
        Ok(approval) => approval,
        // The approval reached its final state at that very moment.
        Err(Failure::Refused(_)) => {
            local.ask::<ApprovalRead>(&ApprovalIdParams { approval_id: id, as_requester: false }).await?
        }
        Err(failure) => return Err(failure),
    };
    let timed_out = !interrupted && approval.state == ApprovalState::Cancelled;
    Ok(Waited { approval, interrupted, timed_out })
}
