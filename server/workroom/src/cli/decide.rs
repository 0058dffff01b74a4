//! `workroom approve` and `workroom deny`

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use workroom_protocol::approval::{
    Approval, ApprovalDecideParams, ApprovalDecision, ApprovalIdParams, ApprovalRisk, ApprovalState,
};
use workroom_protocol::id::ApprovalId;
use workroom_protocol::methods::{ApprovalDecide, ApprovalRead};

use super::approval::{ending, print, requester};
use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::terminal::{BAD, STRONG, line};
use super::{Outcome, approver, runtime, terminal};
use workroom_api::agent_host;
use workroom_domain::approval::in_words;

/// The options of a decision.
#[derive(Debug, Args)]
pub(super) struct Decide {
    /// The approval's id, apr_…
    approval_id: String,
    /// The reason
    #[arg(long)]
    reason: Option<String>,
    /// How far the decision reaches: one of the approval's options
    #[arg(long)]
    scope: Option<String>,
    /// The digest of the action that you saw. Default: the digest of the action as shown by this command
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Decide without a confirmation. Not allowed inside an agent
    #[arg(long)]
    yes: bool,
    /// Print the approval as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

/// Approve an action that an agent requested: shows the action, and asks you to confirm
#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    decide: Decide,
}

/// Deny an action that an agent requested
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
        let id = ApprovalIdParams { approval_id: ApprovalId(self.approval_id.clone()) };
        if id.approval_id.uuid().is_none() {
            let hint = "is not the id of an approval, such as `apr_…`; `workroom approval list` shows the pending ones";
            return Err(Failure::message(format!("`{}` {hint}", id.approval_id)));
        }
        // A person who types the command at a terminal has decided; scripts use `--yes`.
        let at_terminal = terminal::stdin_is_terminal() && !self.yes;
        if let Some(host) = agent_host::of_process().filter(|_| !at_terminal) {
            return Err(Failure::message(inside_agent(host, &self.approval_id, decision)));
        }
        let approval = runtime.block_on(local.ask::<ApprovalRead>(&id))?;
        let approves = decision == ApprovalDecision::Approved && approval.state == ApprovalState::Pending;
        if approves && self.digest.is_none() && !self.yes {
            // With `--yes` or `--digest`, a script approves an action without showing it.
            print(&mut terminal::err(), &approval)?;
            let question = format!("{}\nApprove?", gist(&approval));
            if !terminal::confirmed(
                &question,
                "use --digest with the digest of the action that you saw, or --yes",
            )? {
                return Err(Failure::message("not decided"));
            }
        }
        if at_terminal {
            local.answered_at_terminal();
        }
        let mut params = ApprovalDecideParams {
            approval_id: id.approval_id,
            decision,
            action_digest: self.digest.unwrap_or_else(|| approval.action_digest.clone()),
            shown_digest: None,
            approver_secret: None,
            reason: self.reason,
            scope: self.scope,
        };
        let mut attempts = 0;
        let decided = loop {
            let decided = runtime.block_on(local.ask::<ApprovalDecide>(&params));
            match decided {
                Err(failure) if failure.wants_approver_secret() && attempts < MAX_ATTEMPTS => {
                    if !terminal::stdin_is_terminal() {
                        let hint = "run the command at a terminal, which asks for the secret";
                        return Err(Failure::message(format!("{failure}: {hint}")));
                    }
                    if attempts > 0 {
                        writeln!(terminal::err(), "Wrong secret.")?;
                    }
                    params.approver_secret = Some(approver::ask("Approver secret: ")?);
                    attempts += 1;
                }
                decided => break decided,
            }
        };
        let decided = decided.map_err(|failure| match approval.state {
            ApprovalState::Pending => failure,
            // The final state and reason say more than the error message.
            _ => Failure::message(format!("{} is already {}", approval.approval_id, ending(&approval))),
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

// Other programs also allow three attempts for a password.
const MAX_ATTEMPTS: u32 = 3;

/// Explains why this command refuses to decide, and what to do instead.
pub(super) fn inside_agent(host: &str, approval: &str, decision: ApprovalDecision) -> String {
    let command = if decision == ApprovalDecision::Approved { "approve" } else { "deny" };
    format!(
        "this command runs inside {host}, an agent, and agents must not decide: run `workroom {command} {approval}` in a \
         terminal of your own, without --yes, and answer there; to enforce this, run `workroom approver set`"
    )
}

/// Returns what the person must still see on the screen when they answer: the tool, the risk, the requester and what is
/// hidden.
fn gist(approval: &Approval) -> String {
    let risk = approval.risk.map_or("not given", ApprovalRisk::name);
    let style = if approval.risk > Some(ApprovalRisk::Medium) { BAD } else { STRONG };
    let mut gist = format!(
        "tool: {STRONG}{}{STRONG:#}  risk: {style}{risk}{style:#}  requested by: {STRONG}{}{STRONG:#}",
        line(&approval.tool_name),
        requester(approval)
    );
    if let Some(hidden) = &approval.hidden {
        gist.push_str(&format!("\n{BAD}{}{BAD:#}", in_words(hidden)));
    }
    gist
}
