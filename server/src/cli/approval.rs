//! `workroom approval`

use std::io::Write;
use std::process::ExitCode;

use chrono::Utc;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use workroom_protocol::actor::ActorKind;
use workroom_protocol::approval::{
    Approval as Asked, ApprovalListParams, ApprovalListResponse, ApprovalRequestParams, ApprovalRisk,
    ApprovalState, ApprovalWaitParams, DecisionRecord,
};
use workroom_protocol::exact::ExactJson;
use workroom_protocol::id::ThreadId;
use workroom_protocol::methods::{ApprovalList, ApprovalRequest, ApprovalWait};
use workroom_protocol::time::Timestamp;

use super::failure::Failure;
use super::link;
use super::local::Local;
use super::place::{Acting, Place};
use super::table::{ago, wrap};
use super::terminal::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, columns, line};
use super::{Outcome, duration, runtime, terminal};
use crate::domain::approval::in_words;
use crate::domain::event_text::made;
use crate::domain::shown;

const PAGE: u32 = 200;

/// What a script that waits ends with, by how the approval stands: 0 is the only one that lets it go on.
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

/// Ask for leave to do something, and see what was asked
#[derive(Debug, Subcommand)]
pub(super) enum Approval {
    Request(Request),
    List(List),
}

impl Approval {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match self {
            Self::Request(command) => command.run(place),
            Self::List(command) => command.run(place),
        }
    }
}

/// Ask for leave to do something, and perhaps wait for the decision
///
/// Whoever asks cannot decide: a script asks as the agent that it is, with --agent, or with a token of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes with --wait: 0 approved, 10 denied, 11 expired, 12 cancelled, 13 superseded, 14 nobody decided in time;
1 failed, 2 not understood. Without --wait: 0 asked.

Example:
  workroom approval request --agent acme/m-1/deployer --thread thr_… --tool deploy --summary 'v1.2 to production' \\
    --wait --timeout 15m && ./deploy")]
pub(super) struct Request {
    /// The thread to ask in: its id, or a link to it
    #[arg(long, value_name = "ID|LINK", value_parser = link::thread)]
    thread: ThreadId,
    /// The tool that would be used
    #[arg(long)]
    tool: String,
    /// What for: what whoever decides needs to know
    #[arg(long)]
    summary: String,
    /// How much could go wrong
    #[arg(long, value_parser = risks())]
    risk: Option<ApprovalRisk>,
    /// What the tool would be called with
    #[arg(long, value_name = "JSON", value_parser = json)]
    arguments: Option<ExactJson>,
    /// When it expires by itself, such as 15m. Default: never
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    expires: Option<std::time::Duration>,
    /// A retry with the same key and the same request asks no second time
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<String>,
    /// Wait for the decision, and end with an exit code that tells it
    #[arg(long)]
    wait: bool,
    /// Wait no longer than this. Default: until the approval ends
    #[arg(long, value_name = "DURATION", requires = "wait", value_parser = duration::parse)]
    timeout: Option<std::time::Duration>,
    /// Print the approval as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

fn json(text: &str) -> Result<ExactJson, String> {
    ExactJson::parse(&crate::rpc::repair::surrogates(text)).map_err(|error| format!("not JSON: {error}"))
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
    fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting);
        let runtime = runtime()?;
        let params = ApprovalRequestParams {
            thread_id: self.thread,
            tool_name: self.tool,
            summary: self.summary,
            risk: self.risk,
            arguments: self.arguments,
            options: None,
            expires_at: self.expires.map(|expires| Timestamp::from(Utc::now() + expires)),
            supersedes: None,
            idempotency_key: self.idempotency_key,
        };
        let mut approval = runtime.block_on(local.ask::<ApprovalRequest>(&params))?;
        if !self.json {
            let mut err = terminal::err();
            if approval.requested_by.kind == ActorKind::Human {
                writeln!(
                    err,
                    "{DOUBTFUL}You ask as yourself, and cannot decide it: somebody else has to.{DOUBTFUL:#}"
                )?;
            }
            writeln!(err, "Asked: {STRONG}{}{STRONG:#}", approval.approval_id)?;
            writeln!(
                err,
                "{FAINT}Decide with{FAINT:#} workroom approve {0} {FAINT}or{FAINT:#} workroom deny {0}",
                approval.approval_id
            )?;
        }
        let mut code = ExitCode::SUCCESS;
        if self.wait {
            let wait = ApprovalWaitParams {
                approval_id: approval.approval_id.clone(),
                timeout_ms: Some(self.timeout.map_or(FOR_EVER_MS, |timeout| {
                    u64::try_from(timeout.as_millis()).unwrap_or(FOR_EVER_MS)
                })),
            };
            approval = runtime.block_on(local.ask::<ApprovalWait>(&wait))?;
            code = exit_code(approval.state);
        }
        let mut out = terminal::out();
        if self.json {
            terminal::json(&mut out, &approval, terminal::stdout_is_terminal())?;
        } else if self.wait {
            writeln!(out, "{}", ending(&approval))?;
        } else {
            writeln!(out, "{}", approval.approval_id)?;
        }
        Ok(code)
    }
}

// A year: a wait without an end of its own would end with the connection, which here has said all it will say.
const FOR_EVER_MS: u64 = 365 * 24 * 60 * 60 * 1000;

/// How an approval stands, in a line.
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
    let now = Utc::now().timestamp_millis();
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
        let said = approval.requested_risk.map(|said| format!(" (the requester says {})", said.name()));
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
    // Marked line by line, so that nothing which the requester has written passes for anything else: also where the
    // terminal would begin a new line by itself.
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

// What stands before each line of the requester's.
const MARK_COLUMNS: usize = 6;
const MIN_COLUMNS: usize = 16;

/// Who asks: the agent, the model that it runs on, and which of its sessions.
pub(super) fn requester(approval: &Asked) -> String {
    let who = line(&approval.requested_by.handle);
    let session = approval.session_id.as_ref().map(|session| format!("session {}", line(&session.0)));
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

/// How a decision was made.
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
