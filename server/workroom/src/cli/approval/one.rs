//! `workroom approval show`, `wait` and `cancel`, which act on one request.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use workroom_protocol::approval::{
    Approval as Asked, ApprovalCancelParams, ApprovalIdParams, ApprovalState, ApprovalWaitParams,
};
use workroom_protocol::id::ApprovalId;
use workroom_protocol::methods::{ApprovalCancel, ApprovalRead, ApprovalWait};

use super::{ending, exit_code, print};
use crate::cli::failure::Failure;
use crate::cli::local::Local;
use crate::cli::place::{Acting, Place};
use crate::cli::{Outcome, duration, runtime, terminal};

/// The request, who acts, and how the result is printed.
#[derive(Debug, Args)]
struct One {
    /// The approval's id, apr_…
    approval_id: String,
    /// Print the approval as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl One {
    fn id(&self) -> Result<ApprovalId, Failure> {
        let id = ApprovalId(self.approval_id.clone());
        match id.uuid() {
            Some(_) => Ok(id),
            None => Err(Failure::message(format!(
                "`{id}` is not the id of an approval, such as `apr_…`; `workroom approval list` shows the pending ones"
            ))),
        }
    }
}

/// Show a request: the whole action, the requester and the current state
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 shown, 1 failed, 2 invalid usage. With --exit-code, the exit codes of `workroom approval wait`.")]
pub(in crate::cli) struct Show {
    #[command(flatten)]
    one: One,
    /// Report the state as the exit code, like `workroom approval wait`
    #[arg(long)]
    exit_code: bool,
}

/// Wait until a request is no longer pending
///
/// Interrupting this command does not cancel the request.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 approved, 10 denied, 11 expired, 12 cancelled, 13 superseded, 14 still pending after --timeout; \
1 failed, 2 invalid usage.")]
pub(in crate::cli) struct Wait {
    #[command(flatten)]
    one: One,
    /// The maximum time to wait. Default: no limit
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,
}

/// Cancel a pending request, so that nobody can approve it any more
///
/// The requester can cancel a request, and so can everyone who may decide it.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 cancelled, 1 failed or no longer pending, 2 invalid usage.")]
pub(in crate::cli) struct Cancel {
    #[command(flatten)]
    one: One,
    /// The reason
    #[arg(long)]
    reason: Option<String>,
}

impl Show {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.one.acting);
        let params = ApprovalIdParams { approval_id: self.one.id()?, as_requester: false };
        let approval = runtime()?.block_on(local.ask::<ApprovalRead>(&params))?;
        let mut out = terminal::out();
        match self.one.json {
            true => terminal::json(&mut out, &approval, terminal::stdout_is_terminal())?,
            false => print(&mut out, &approval)?,
        }
        Ok(if self.exit_code { exit_code(approval.state) } else { ExitCode::SUCCESS })
    }
}

impl Wait {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.one.acting);
        let id = self.one.id()?;
        let approval = runtime()?.block_on(wait(&local, &id, self.timeout))?;
        tell(&approval, self.one.json)?;
        Ok(exit_code(approval.state))
    }
}

impl Cancel {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.one.acting);
        let runtime = runtime()?;
        let approval_id = self.one.id()?;
        let params = ApprovalCancelParams { approval_id: approval_id.clone(), reason: self.reason };
        let cancelled = runtime.block_on(local.ask::<ApprovalCancel>(&params));
        let failure = match cancelled {
            Ok(cancelled) => {
                tell(&cancelled, self.one.json)?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(failure) => failure,
        };
        // The final state and reason say more than the error message.
        let found = runtime
            .block_on(local.ask::<ApprovalRead>(&ApprovalIdParams { approval_id, as_requester: false }));
        Err(match found {
            Ok(found) if found.state != ApprovalState::Pending => {
                Failure::message(format!("{} is already {}", found.approval_id, ending(&found)))
            }
            _ => failure,
        })
    }
}

fn tell(approval: &Asked, json: bool) -> Result<(), Failure> {
    let mut out = terminal::out();
    match json {
        true => terminal::json(&mut out, approval, terminal::stdout_is_terminal())?,
        false => writeln!(out, "{}", ending(approval))?,
    }
    Ok(())
}

// A year, because a wait without a limit would end with the connection's input, which here ends after the request.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
// An approval that expires when the wait ends is reported as expired: the server checks the clock at most this much
// later.
const GRACE: Duration = Duration::from_secs(2);

/// Waits until an approval has a final state, or until `timeout` has passed. An approval that expires at that moment is
/// reported as expired.
pub(super) async fn wait(
    local: &Local,
    id: &ApprovalId,
    timeout: Option<Duration>,
) -> Result<Asked, Failure> {
    let of = |timeout: Duration| {
        let timeout_ms = Some(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        ApprovalWaitParams { approval_id: id.clone(), timeout_ms, as_requester: false }
    };
    let waited = local.ask::<ApprovalWait>(&of(timeout.unwrap_or(FOR_EVER))).await?;
    let expires_about_now = waited.expires_at.is_some_and(|at| at <= soon());
    if waited.state == ApprovalState::Pending && expires_about_now {
        return local.ask::<ApprovalWait>(&of(GRACE)).await;
    }
    Ok(waited)
}

fn soon() -> workroom_protocol::Timestamp {
    (crate::cli::now() + GRACE).into()
}
