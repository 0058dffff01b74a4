//! `workroom approval`

mod one;
mod request;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use workroom_protocol::approval::{
    Approval as Asked, ApprovalListParams, ApprovalListResponse, ApprovalState,
};
use workroom_protocol::methods::ApprovalList;
use workroom_protocol::time::Timestamp;

use self::one::{Cancel, Show, Wait};
use self::request::Request;
use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::table::ago;
use super::terminal::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, plain};
use super::{Outcome, runtime, terminal};

const PAGE: u32 = 200;

/// The exit code of a command that waits for a decision: only 0 lets a script continue.
fn exit_code(state: ApprovalState) -> ExitCode {
    ExitCode::from(match state {
        ApprovalState::Approved => 0,
        ApprovalState::Denied => 10,
        ApprovalState::Expired => 11,
        ApprovalState::Cancelled => 12,
        ApprovalState::Superseded => 13,
        ApprovalState::Pending => 14,
    })
}

/// Request an approval, wait for the decision, and see what was requested
#[derive(Debug, Subcommand)]
pub(super) enum Approval {
    Request(Request),
    List(List),
    Show(Show),
    Wait(Wait),
    Cancel(Cancel),
}

impl Approval {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match self {
            Self::Request(command) => command.run(place),
            Self::List(command) => command.run(place),
            Self::Show(command) => command.run(place),
            Self::Wait(command) => command.run(place),
            Self::Cancel(command) => command.run(place),
        }
    }
}

/// How an approval stands, in a line.
pub(super) fn ending(approval: &Asked) -> String {
    let mut line = approval.state.name().to_owned();
    if let Some(by) = approval.decided_by.as_ref().filter(|_| approval.state != ApprovalState::Expired) {
        line.push_str(&format!(" by {}", by.handle));
    }
    for more in [approval.scope.as_deref(), approval.reason.as_deref()].into_iter().flatten() {
        line.push_str(&format!(": {more}"));
    }
    plain(&line).into_owned()
}

/// List the approvals, newest first; those that wait, unless --all
#[derive(Debug, Args)]
pub(super) struct List {
    /// Also those that have ended
    #[arg(long)]
    all: bool,
    /// Print what `approval/list` answers, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl List {
    fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting);
        let approvals = runtime()?.block_on(read_all(&local, self.all))?;
        let mut out = terminal::out();
        if self.json {
            let list = ApprovalListResponse { approvals, next_cursor: None };
            terminal::json(&mut out, &list, terminal::stdout_is_terminal())?;
        } else if approvals.is_empty() {
            let hint = if self.all { "No approvals yet." } else { "Nothing waits for a decision." };
            writeln!(terminal::err(), "{hint}")?;
        } else {
            for approval in &approvals {
                print(&mut out, approval)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn read_all(local: &Local, all: bool) -> Result<Vec<Asked>, Failure> {
    let states = (!all).then(|| vec![ApprovalState::Pending]);
    let mut params = ApprovalListParams { states, limit: Some(PAGE), ..Default::default() };
    let mut approvals = Vec::new();
    loop {
        let page = local.ask::<ApprovalList>(&params).await?;
        approvals.extend(page.approvals);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            return Ok(approvals);
        }
    }
}

/// All that whoever decides goes by.
pub(super) fn print(out: &mut impl Write, approval: &Asked) -> std::io::Result<()> {
    let now = super::now().timestamp_millis();
    let date = |time: Timestamp| time.to_string()[..10].to_owned();
    let asked = ago(now - approval.requested_at.millis()).unwrap_or_else(|| date(approval.requested_at));
    let style = match approval.state {
        ApprovalState::Pending => DOUBTFUL,
        ApprovalState::Approved => GOOD,
        ApprovalState::Denied => BAD,
        _ => FAINT,
    };
    let who = plain(&approval.requested_by.handle).into_owned();
    let model =
        approval.agent.as_ref().map(|agent| format!(" ({})", plain(&agent.model))).unwrap_or_default();
    write!(out, "{FAINT}{}{FAINT:#}  {style}{}{style:#}", approval.approval_id, plain(&ending(approval)))?;
    writeln!(out, "  {who}{model} asks to use {STRONG}{}{STRONG:#}, {asked}", plain(&approval.tool_name))?;
    if let Some(risk) = approval.risk {
        writeln!(out, "    {FAINT}risk:{FAINT:#} {}", risk.name())?;
    }
    if let Some(at) = approval.expires_at.filter(|_| approval.state == ApprovalState::Pending) {
        writeln!(out, "    {FAINT}expires:{FAINT:#} {at}")?;
    }
    if !approval.options.is_empty() {
        writeln!(out, "    {FAINT}--scope:{FAINT:#} {}", plain(&approval.options.join(", ")))?;
    }
    // Marked line by line, so that nothing which the requester has written passes for anything else.
    for line in plain(&approval.summary).lines() {
        writeln!(out, "    {FAINT}|{FAINT:#} {line}")?;
    }
    if let Some(arguments) = &approval.arguments {
        let text = serde_json::to_string_pretty(arguments)?;
        for line in terminal::escaped(&text).lines() {
            writeln!(out, "    {FAINT}|   {line}{FAINT:#}")?;
        }
    }
    Ok(())
}
