//! `workroom approve` and `workroom deny`

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use workroom_protocol::approval::{ApprovalDecideParams, ApprovalDecision, ApprovalIdParams, ApprovalState};
use workroom_protocol::id::ApprovalId;
use workroom_protocol::methods::{ApprovalDecide, ApprovalRead};

use super::approval::{ending, print};
use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::{Outcome, runtime, terminal};

/// How to decide.
#[derive(Debug, Args)]
pub(super) struct Decide {
    /// The approval's id, apr_…
    approval_id: String,
    /// Why
    #[arg(long)]
    reason: Option<String>,
    /// How far the decision reaches: one of the approval's options
    #[arg(long)]
    scope: Option<String>,
    /// The digest of the action that you saw. Default: that of the action as it is shown now
    #[arg(long, value_name = "sha256:…")]
    digest: Option<String>,
    /// Do not ask once more before deciding
    #[arg(long)]
    yes: bool,
    /// Print the approval as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

/// Approve what an agent asks leave for: shows it, and asks once more
#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    decide: Decide,
}

/// Deny what an agent asks leave for
#[derive(Debug, Args)]
pub(super) struct Deny {
    #[command(flatten)]
    decide: Decide,
}

impl Approve {
    pub(super) fn run(self, place: &Place) -> Outcome {
        self.decide.run(place, ApprovalDecision::Approved)
    }
}

impl Deny {
    pub(super) fn run(self, place: &Place) -> Outcome {
        self.decide.run(place, ApprovalDecision::Denied)
    }
}

impl Decide {
    fn run(self, place: &Place, decision: ApprovalDecision) -> Outcome {
        let local = Local::new(place, &self.acting);
        let runtime = runtime()?;
        let id = ApprovalIdParams { approval_id: ApprovalId(self.approval_id) };
        if id.approval_id.uuid().is_none() {
            let hint = "is not the id of an approval, such as `apr_…`; `workroom approval list` shows those that wait";
            return Err(Failure::message(format!("`{}` {hint}", id.approval_id)));
        }
        let approval = runtime.block_on(local.ask::<ApprovalRead>(&id))?;
        let approves = decision == ApprovalDecision::Approved && approval.state == ApprovalState::Pending;
        if approves && self.digest.is_none() && !self.yes {
            // Approving unseen what a script was told to approve is what `--yes` and `--digest` are for.
            print(&mut terminal::err(), &approval)?;
            if !terminal::confirmed("Approve?", "name what you saw with --digest, or say --yes")? {
                return Err(Failure::message("not decided"));
            }
        }
        let params = ApprovalDecideParams {
            approval_id: id.approval_id,
            decision,
            action_digest: self.digest.unwrap_or_else(|| approval.action_digest.clone()),
            reason: self.reason,
            scope: self.scope,
        };
        let decided = runtime.block_on(local.ask::<ApprovalDecide>(&params));
        let decided = decided.map_err(|failure| match approval.state {
            ApprovalState::Pending => failure,
            // Who won, and why: more than the error's message tells.
            _ => Failure::message(format!("{} is {} already", approval.approval_id, ending(&approval))),
        })?;
        let mut out = terminal::out();
        if self.json {
            terminal::json(&mut out, &decided, terminal::stdout_is_terminal())?;
        } else {
            writeln!(out, "{}", ending(&decided))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
