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
/// Whoever requests cannot decide. Without --agent and without a token, the request is made by the agent `script`, so
/// that you can decide it yourself. With a token it is made by its bearer.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes with --wait: 0 approved, 10 denied, 11 expired, 12 cancelled, 13 superseded, 14 nobody decided within
--timeout; 1 failed, 2 not understood, 130 interrupted. Without --wait: 0 requested.

--timeout also expires the request: nobody can approve it afterwards. Interrupting the command (Ctrl-C, SIGTERM, or
SIGHUP when its terminal closes) cancels the request.

Example:
  workroom approval request --thread thr_… --tool deploy --summary 'v1.2 to production' --wait --timeout 15m && ./deploy")]
pub(in crate::cli) struct Request {
    /// The thread to ask in: its id, or a link to it
    #[arg(long, value_name = "ID|LINK", value_parser = link::thread)]
    thread: ThreadId,
    /// The tool that would be used
    #[arg(long)]
    tool: String,
    /// What for: what the person who decides needs to know
    #[arg(long)]
    summary: String,
    /// How much could go wrong
    #[arg(long, value_parser = risks())]
    risk: Option<ApprovalRisk>,
    /// What the tool would be called with
    #[arg(long, value_name = "JSON", value_parser = json)]
    arguments: Option<ExactJson>,
    /// When the request expires, such as 15m. Default: with --timeout, else never
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    expires: Option<Duration>,
    /// A retry with the same key and the same request asks only once
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<String>,
    /// Wait for the decision; the exit code reports it
    #[arg(long)]
    wait: bool,
    /// Wait at most this long; the request expires then. Default: until it ends
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
        // A retry with the same key is the same request only without a time that depends on when it is made: such a
        // request is cancelled at the end of the wait instead.
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
        // From before anybody can know of the request: an interruption always cancels it.
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
            // At its timeout, unless that is later than the expiry that was asked for.
            ApprovalState::Expired => patience.is_some() && patience == lasts,
            _ => waited.timed_out,
        };
        match self.json {
            true => terminal::json(&mut out, &waited.approval, terminal::stdout_is_terminal())?,
            false => writeln!(out, "{}", ending(&waited.approval))?,
        }
        Ok(match waited.approval.state {
            // Whoever interrupts it does not want it done, also when it was approved at that moment.
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
            "{DOUBTFUL}You ask as yourself, and cannot decide it: somebody else has to.{DOUBTFUL:#}"
        )?;
    }
    writeln!(err, "Asked: {STRONG}{}{STRONG:#}", asked.approval_id)?;
    writeln!(
        err,
        "{FAINT}Decide with{FAINT:#} workroom approve {0} {FAINT}or{FAINT:#} workroom deny {0}",
        asked.approval_id
    )
}

/// How a wait has ended.
struct Waited {
    approval: Asked,
    interrupted: bool,
    timed_out: bool,
}

/// Waits for the end of an approval. When the wait ends before it, nobody is left to act on a decision: the request is
/// cancelled.
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
            ("nobody decided in time", false)
        }
        () = signals.next() => ("the command that waited was interrupted", true),
    };
    let params = ApprovalCancelParams { approval_id: id.clone(), reason: Some(reason.into()) };
    let cancelled = tokio::select! {
        cancelled = local.ask::<ApprovalCancel>(&params) => cancelled,
        () = signals.next() => std::process::exit(i32::from(EXIT_INTERRUPTED)),
    };
    let approval = match cancelled {
        Ok(approval) => approval,
        // It has ended at that very moment.
        Err(Failure::Refused(_)) => {
            local.ask::<ApprovalRead>(&ApprovalIdParams { approval_id: id, as_requester: false }).await?
        }
        Err(failure) => return Err(failure),
    };
    let timed_out = !interrupted && approval.state == ApprovalState::Cancelled;
    Ok(Waited { approval, interrupted, timed_out })
}
