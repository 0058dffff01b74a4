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
    /// Decide without a confirmation about the action with this digest, which you saw. Not allowed inside an agent
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

/// Deny an action that an agent requested: at a terminal, shows it, and asks you to confirm
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
        let id = ApprovalIdParams { approval_id: ApprovalId(self.approval_id.clone()), as_requester: false };
        if id.approval_id.uuid().is_none() {
            let hint = "is not the id of an approval, such as `apr_…`; `workroom approval list` shows the pending ones";
            return Err(Failure::message(format!("`{}` {hint}", id.approval_id)));
        }
        // With `--yes` or `--digest` nobody is asked, so a script may be deciding.
        let asks = terminal::stdin_is_terminal() && !self.yes && self.digest.is_none();
        if let Some(host) = workroom_processes::agent().filter(|_| !asks) {
            return Err(Failure::message(inside_agent(host, &self.approval_id, decision)));
        }
        let approval = runtime.block_on(local.ask::<ApprovalRead>(&id))?;
        let approves = decision == ApprovalDecision::Approved && self.digest.is_none() && !self.yes;
        // A script can deny without seeing the action; to approve that way it needs `--yes` or `--digest`.
        if approval.state == ApprovalState::Pending && (asks || approves) {
            print(&mut terminal::err(), &approval)?;
            let verb = if decision == ApprovalDecision::Approved { "Approve" } else { "Deny" };
            let question = format!("{}\n{verb}?", gist(&approval));
            if !terminal::confirmed(
                &question,
                "use --digest with the digest of the action that you saw, or --yes",
            )? {
                return Err(Failure::message("not decided"));
            }
            // Only after a question: a terminal at which nothing was asked does not prove that a person answered.
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
        let decided = approver::with_secret("decide", |secret| {
            params.approver_secret = secret;
            runtime.block_on(local.ask::<ApprovalDecide>(&params))
        });
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

/// Why nothing is decided here, and what to do instead.
pub(super) fn inside_agent(host: &str, approval: &str, decision: ApprovalDecision) -> String {
    let command = if decision == ApprovalDecision::Approved { "approve" } else { "deny" };
    format!(
        "this command runs inside {host}, an agent, which must not decide: run `workroom {command} {approval}` in a \
         terminal of your own, without --yes and --digest, and answer there; `workroom approver set` makes sure of it"
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
