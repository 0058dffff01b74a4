//! `workroom approval`

mod one;
mod request;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use workroom_protocol::approval::{
    Approval as Asked, ApprovalListParams, ApprovalListResponse, ApprovalState, DecisionRecord,
};
use workroom_protocol::methods::ApprovalList;
use workroom_protocol::time::Timestamp;

use self::one::{Cancel, Show, Wait};
use self::request::Request;
use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::table::{ago, wrap};
use super::terminal::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, columns, line};
use super::{Outcome, runtime, terminal};
use workroom_domain::approval::in_words;
use workroom_domain::event_text::made;
use workroom_domain::shown;

const PAGE: u32 = 200;

/// The exit code of a command that waits for a decision. Only 0 lets a script continue.
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

/// Request approval, wait for a decision, and view or cancel requests
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

/// Describes the state of an approval on one line.
pub(super) fn ending(approval: &Asked) -> String {
    let mut text = approval.state.name().to_owned();
    if let Some(by) = approval.decided_by.as_ref().filter(|_| approval.state != ApprovalState::Expired) {
        text.push_str(&format!(" by {}", by.handle));
    }
    if let Some(how) = approval.decided_how.as_ref().and_then(made) {
        text.push_str(&format!(" ({how})"));
    }
    for more in [approval.scope.as_deref(), approval.reason.as_deref()].into_iter().flatten() {
        text.push_str(&format!(": {more}"));
    }
    line(&text).into_owned()
}

/// List approvals, newest first; only pending ones unless --all is given
#[derive(Debug, Args)]
pub(super) struct List {
    /// Include approvals that are no longer pending
    #[arg(long)]
    all: bool,
    /// Print the result of `approval/list` as JSON
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
            let hint = if self.all { "No approvals yet." } else { "No pending approvals." };
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

/// Prints everything that the decider needs to know.
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
    write!(out, "{FAINT}{}{FAINT:#}  {style}{}{style:#}", approval.approval_id, ending(approval))?;
    let (who, tool) = (requester(approval), line(&approval.tool_name));
    writeln!(out, "  {who} asks to use {STRONG}{tool}{STRONG:#}, {asked}")?;
    if let Some(risk) = approval.risk {
        let said = approval.requested_risk.map(|said| format!(" (requester's rating: {})", said.name()));
        writeln!(out, "    {FAINT}risk:{FAINT:#} {}{}", risk.name(), said.unwrap_or_default())?;
    }
    if let Some(hidden) = &approval.hidden {
        writeln!(out, "    {BAD}{}{BAD:#}", in_words(hidden))?;
    }
    if let Some(at) = approval.expires_at.filter(|_| approval.state == ApprovalState::Pending) {
        writeln!(out, "    {FAINT}expires:{FAINT:#} {at}")?;
    }
    if !approval.options.is_empty() {
        writeln!(out, "    {FAINT}--scope:{FAINT:#} {}", line(&approval.options.join(", ")))?;
    }
    if let Some(how) = &approval.decided_how {
        writeln!(out, "    {FAINT}decided:{FAINT:#} {}", in_full(how))?;
    }
    // A mark before each line shows which text the requester wrote, so that it cannot be mistaken for Workroom's own.
    // Wrapped lines are marked too, because a terminal would otherwise start them without a mark.
    let width = columns().unwrap_or(usize::MAX).saturating_sub(MARK_COLUMNS).max(MIN_COLUMNS);
    for line in wrap(&shown::lines(&approval.summary), width) {
        writeln!(out, "    {FAINT}|{FAINT:#} {line}")?;
    }
    if let Some(arguments) = &approval.arguments {
        for line in wrap(&shown::json(arguments), width - 2) {
            writeln!(out, "    {FAINT}|   {line}{FAINT:#}")?;
        }
    }
    Ok(())
}

// The width of the mark before each of the requester's lines.
const MARK_COLUMNS: usize = 6;
const MIN_COLUMNS: usize = 16;

// A person can compare this many characters at a glance.
const SESSION_CHARS: usize = 6;

/// Describes the requester: the agent, its model and its session.
pub(super) fn requester(approval: &Asked) -> String {
    let who = line(&approval.requested_by.handle);
    // The last characters of ids differ; ids that were created at about the same time begin alike.
    let tail =
        |id: &str| id.chars().skip(id.chars().count().saturating_sub(SESSION_CHARS)).collect::<String>();
    let session = approval.session_id.as_ref().map(|session| format!("session {}", line(&tail(&session.0))));
    let about: Vec<_> = approval
        .agent
        .as_ref()
        .map(|agent| line(&agent.model).into_owned())
        .into_iter()
        .chain(session)
        .collect();
    match about.is_empty() {
        true => who.into_owned(),
        false => format!("{who} ({})", about.join(", ")),
    }
}

/// Describes how a decision was made.
fn in_full(how: &DecisionRecord) -> String {
    let mut text = format!("through {}", line(&how.surface));
    if how.terminal {
        text.push_str(", at a terminal");
    }
    if let Some(host) = &how.agent_host {
        text.push_str(&format!(", from inside {}", line(host)));
    }
    if how.approver_secret {
        text.push_str(", with the approver secret");
    }
    text
}
