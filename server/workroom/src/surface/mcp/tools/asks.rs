//! The tools with which an agent asks people, and waits for their answers.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::approval::{
    Approval, ApprovalIdParams, ApprovalListParams, ApprovalRequestParams, ApprovalRisk, ApprovalState,
    ApprovalWaitParams,
};
use workroom_protocol::event::{
    EventAppendParams, EventListParams, EventReadParams, EventSubscribeParams, WorkroomEvent,
    WorkroomEventKind as Kind,
};
use workroom_protocol::exact::ExactJson;
use workroom_protocol::id::{ApprovalId, EventId, SessionId, ThreadId};
use workroom_protocol::methods::{
    ApprovalList, ApprovalRead, ApprovalRequest, ApprovalWait, EventAppend, EventList, EventRead,
    EventSubscribe, Resolve, SessionList,
};
use workroom_protocol::resolve::{ResolveFormat, ResolveParams};
use workroom_protocol::session::SessionListParams;
use workroom_protocol::strict::Strict;
use workroom_protocol::{ErrorKind, Timestamp};

use super::{Answer, Said, names, wording};
use crate::surface::mcp::call::Call;
use crate::surface::mcp::exact;
use crate::surface::mcp::refusal::Refusal;
use workroom_domain::approval::in_words;
use workroom_domain::context::say;
use workroom_domain::open_items::{SETTLING_QUESTIONS, settles_question};
use workroom_domain::shown;
use workroom_domain::text::one_line;

// Hosts abort a call after a minute at the earliest, unless they receive progress.
const DEFAULT_WAIT: u64 = 50;
// Some hosts end a call after ten minutes, even with progress.
const WAIT_WITH_PROGRESS: u64 = 540;
const MAX_WAIT: u64 = 86_400;

/// Returns how long a call waits.
fn limit(call: &Call, asked: Option<u64>) -> Duration {
    let default = if call.progress.is_some() { WAIT_WITH_PROGRESS } else { DEFAULT_WAIT };
    Duration::from_secs(asked.unwrap_or(default).min(MAX_WAIT))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalArguments {
    /// Id or link.
    thread: Option<String>,
    /// The tool you would use.
    tool_name: Option<String>,
    /// What you would do, and why.
    summary: Option<String>,
    /// The arguments you would use.
    #[schemars(extend("type" = "object"))]
    #[serde(default, deserialize_with = "exact::release")]
    arguments: Option<ExactJson>,
    #[schemars(description = "Possible harm.")]
    risk: Option<ApprovalRisk>,
    expires_in_minutes: Option<u32>,
    /// To continue waiting: omit the others, or repeat them unchanged.
    approval_id: Option<String>,
    /// 0: do not wait.
    wait_seconds: Option<u64>,
    /// Retries with the same key ask once.
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Decided {
    approval_id: String,
    state: ApprovalState,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The action that the decision is about.
    action: Action,
}

/// An action as it is shown to people, with invisible characters written out.
#[derive(Serialize, JsonSchema)]
struct Action {
    thread: String,
    tool_name: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<ApprovalRisk>,
    /// The arguments as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    /// How much of the action is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<String>,
}

impl Action {
    fn of(approval: &Approval) -> Self {
        Self {
            thread: approval.thread_id.0.clone(),
            tool_name: shown::line(&approval.tool_name).into_owned(),
            summary: shown::lines(&approval.summary).into_owned(),
            risk: approval.risk,
            arguments: approval.arguments.as_ref().map(shown::json),
            hidden: approval.hidden.as_ref().map(in_words),
        }
    }

    fn say(&self, text: &mut String) {
        let risk = self.risk.map(|risk| format!(", {} risk", risk.name())).unwrap_or_default();
        text.push_str(&format!("The action is {}{risk}", self.tool_name));
        say(text, &self.summary);
        if let Some(arguments) = &self.arguments {
            text.push_str("Arguments");
            say(text, arguments);
        }
        if let Some(hidden) = &self.hidden {
            text.push_str(&format!("{hidden}.\n"));
        }
    }
}

pub(super) async fn approval(call: Call, arguments: ApprovalArguments) -> Answer<Decided> {
    let limit = limit(&call, arguments.wait_seconds);
    let approval = match &arguments.approval_id {
        Some(id) => {
            let approval_id = ApprovalId(id.clone());
            // The server decides whose it is. Handles are given again, so they say nothing.
            let params = ApprovalIdParams { approval_id, as_requester: true };
            let found = call.ask::<ApprovalRead>(&params).await?;
            must_be_same(&arguments, &found)?;
            found
        }
        None => asked(&call, arguments).await?,
    };
    let approval = match approval.state {
        ApprovalState::Pending if !limit.is_zero() => decision(&call, approval, limit).await?,
        _ => approval,
    };
    let action = Action::of(&approval);
    let Approval { approval_id: ApprovalId(id), state, decided_by, reason, .. } = approval;
    let by = decided_by.map(|actor| shown::line(&actor.handle).into_owned());
    let reason = reason.map(|reason| shown::lines(&reason).into_owned());
    let note = match state {
        ApprovalState::Pending => {
            format!("Do not act yet. To continue waiting, call request_approval with approval_id {id}.")
        }
        ApprovalState::Approved => "You may do exactly this action, once.".to_owned(),
        _ => "Do not perform the action.".to_owned(),
    };
    let decided = by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let mut text = match state {
        ApprovalState::Pending => format!("No decision on {id} yet.\n"),
        state => format!("{id} is {}{decided}.\n", state.name()),
    };
    if let Some(reason) = &reason {
        text.push_str("Reason");
        say(&mut text, reason);
    }
    if state != ApprovalState::Pending {
        action.say(&mut text);
    }
    Ok(Said::new(text, Decided { approval_id: id, state, decided_by: by, reason, action }).noting(note))
}

/// Refuses to wait for the decision on one action as if it were about another.
fn must_be_same(given: &ApprovalArguments, approval: &Approval) -> Result<(), Refusal> {
    let id = &approval.approval_id;
    for (field, is_given) in [
        ("idempotency_key", given.idempotency_key.is_some()),
        ("expires_in_minutes", given.expires_in_minutes.is_some()),
    ] {
        if is_given {
            return Err(Refusal::invalid(format!("{field}: cannot be combined with approval_id")));
        }
    }
    let thread = given.thread.as_deref().map(names::thread).transpose()?;
    let risk = approval.requested_risk.or(approval.risk);
    let same = [
        ("thread", thread.map(|thread| thread == approval.thread_id)),
        ("tool_name", given.tool_name.as_ref().map(|tool| one_line(tool) == approval.tool_name)),
        ("summary", given.summary.as_ref().map(|summary| *summary == approval.summary)),
        ("risk", given.risk.map(|given| Some(given) == risk)),
        (
            "arguments",
            given.arguments.as_ref().map(|given| {
                approval.arguments.as_ref().is_some_and(|asked| asked.canonical() == given.canonical())
            }),
        ),
    ];
    for (field, same) in same {
        // Hidden parts cannot be compared, and an action that looks the same may be a different one.
        if same.is_some() && approval.hidden.is_some() && field != "thread" {
            let message = format!("{field}: parts of {id} are hidden; send only approval_id");
            return Err(Refusal::invalid(message));
        }
        if same == Some(false) {
            let message = format!(
                "{field}: differs from {id}, which permits only its own action; omit it to wait for {id}, or omit \
                 approval_id to request approval for another action"
            );
            return Err(Refusal::invalid(message));
        }
    }
    Ok(())
}

/// Returns the requested approval: a pending one for the same action, or a new one.
async fn asked(call: &Call, arguments: ApprovalArguments) -> Result<Approval, Refusal> {
    let missing = |name: &str| Refusal::invalid(format!("{name}: missing (required without approval_id)"));
    let thread_id = names::thread(&arguments.thread.ok_or_else(|| missing("thread"))?)?;
    let tool_name = arguments.tool_name.ok_or_else(|| missing("tool_name"))?;
    let summary = arguments.summary.ok_or_else(|| missing("summary"))?;
    let ApprovalArguments { arguments, risk, expires_in_minutes, idempotency_key, .. } = arguments;
    if idempotency_key.is_some() && expires_in_minutes.is_some() {
        // A retry would have a different expiry time, and thus a different body.
        return Err(Refusal::invalid("expires_in_minutes: cannot be combined with idempotency_key"));
    }
    if idempotency_key.is_none() {
        // A host that was restarted asks again. A decision is only about one performance of the action, so an approval
        // that was decided or has ended is never the answer to a new request.
        let params = ApprovalListParams {
            thread_id: Some(thread_id.clone()),
            states: Some(vec![ApprovalState::Pending]),
            limit: Some(MAX_LOOKED_AT),
            ..ApprovalListParams::default()
        };
        // A redaction hides what the display does not show: two such actions may differ.
        let is_whole = !wording::is_redacted(&summary)
            && !arguments.as_ref().is_some_and(|arguments| wording::is_redacted(arguments.text()));
        let same = |one: &Approval| {
            // Hidden parts cannot be compared, so a new request is made.
            is_whole
                && one.hidden.is_none()
                && (&one.tool_name, &one.arguments, one.risk) == (&tool_name, &arguments, risk)
                && wording::is_same_action(&one.summary, &summary)
        };
        for found in call.ask::<ApprovalList>(&params).await?.approvals.into_iter().filter(same) {
            if may_join(call, found.session_id.as_ref()).await? {
                return Ok(found);
            }
        }
    }
    let expires = |minutes: u32| Timestamp::from_millis(call.now.millis() + i64::from(minutes) * 60_000);
    let params = ApprovalRequestParams {
        thread_id,
        tool_name,
        summary,
        risk,
        arguments,
        options: None,
        expires_at: expires_in_minutes.map(expires),
        supersedes: None,
        idempotency_key,
    };
    let asked = call.ask::<ApprovalRequest>(&params).await?;
    // The response to a retry is that of the first request, so the current state is read.
    let params = ApprovalIdParams { approval_id: asked.approval_id, as_requester: true };
    call.ask::<ApprovalRead>(&params).await
}

/// Whether this session may continue to wait for a request: for its own, or for one of an earlier session of the same
/// agent that has ended. Another live session waits for its own requests.
async fn may_join(call: &Call, asked: Option<&SessionId>) -> Result<bool, Refusal> {
    let Some(asked) = asked else { return Ok(false) };
    if call.session.id.as_ref() == Some(asked) {
        return Ok(true);
    }
    let params = SessionListParams { session_ids: Some(vec![asked.clone()]) };
    let sessions = call.ask::<SessionList>(&params).await?.sessions;
    Ok(sessions.iter().any(|one| !one.live && one.agent_id == call.session.agent_id))
}

// A thread with more pending approvals of one agent has other problems.
const MAX_LOOKED_AT: u32 = 200;

async fn decision(call: &Call, pending: Approval, limit: Duration) -> Result<Approval, Refusal> {
    let timeout_ms = Some(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    let params =
        ApprovalWaitParams { approval_id: pending.approval_id.clone(), timeout_ms, as_requester: true };
    match call.wait(limit, "waiting for a decision", call.ask::<ApprovalWait>(&params)).await {
        Some(Err(refusal)) if !refusal.is(ErrorKind::Cancelled) => Err(refusal),
        Some(Ok(approval)) => Ok(approval),
        _ => Ok(pending),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HumanArguments {
    /// Id or link.
    thread: Option<String>,
    question: Option<String>,
    /// To continue waiting; replaces the others.
    question_id: Option<String>,
    /// 0: do not wait.
    wait_seconds: Option<u64>,
}

/// The state of a question.
#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Standing {
    Answered,
    Resumed,
    Waiting,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Replied {
    question_id: String,
    state: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replied_by: Option<String>,
}

pub(super) async fn human(call: Call, arguments: HumanArguments) -> Answer<Replied> {
    let limit = limit(&call, arguments.wait_seconds);
    let question = match (&arguments.question_id, &arguments.thread, &arguments.question) {
        (Some(id), ..) => event(&call, &names::event(id)?).await?,
        (None, Some(thread), Some(question)) => question_of(&call, names::thread(thread)?, question).await?,
        _ => return Err(Refusal::invalid("thread and question: missing (required without question_id)")),
    };
    if !matches!(question.kind, Kind::NeedsHuman { .. }) {
        return Err(Refusal::invalid("question_id: this event is not a question"));
    }
    let id = question.id.0.clone();
    let reply = reply(&call, &question, limit).await?;
    let (state, reply) = match reply {
        Some(event) => match event.kind {
            Kind::Message { content } => {
                let reply = shown::lines(&content).into_owned();
                (Standing::Answered, Some((shown::line(&event.actor.handle).into_owned(), reply)))
            }
            _ => (Standing::Resumed, None),
        },
        None => (Standing::Waiting, None),
    };
    let (text, note) = match (&reply, state) {
        (Some((by, said)), _) => {
            let mut text = format!("{by} replied");
            say(&mut text, said);
            (text, "The reply answers your question. It does not approve any action.".to_owned())
        }
        (None, Standing::Resumed) => {
            ("The question was resolved without a reply.\n".to_owned(), String::new())
        }
        (None, _) => {
            let note = format!("To continue waiting, call ask_human with question_id {id}.");
            ("No reply yet.\n".to_owned(), note)
        }
    };
    let (replied_by, reply) = reply.unzip();
    Ok(Said::new(text, Replied { question_id: id, state, reply, replied_by }).noting(note))
}

async fn event(call: &Call, id: &EventId) -> Result<WorkroomEvent, Refusal> {
    let found = call.ask::<EventRead>(&EventReadParams { event_id: id.clone() }).await?.event;
    found.read().map_err(|_| Refusal::internal("cannot read an event"))
}

/// Returns the question: an open one with the same text, or a new one.
async fn question_of(call: &Call, thread_id: ThreadId, question: &str) -> Result<WorkroomEvent, Refusal> {
    let thread = super::threads::thread(call, &thread_id).await?;
    let params = ResolveParams {
        link: thread.link,
        max_tokens: Some(200),
        max_events: Some(0),
        format: Some(ResolveFormat::Json),
    };
    let as_stored = workroom_api::stored(question);
    for open in call.ask::<Resolve>(&params).await?.needs_human {
        // An imported question was asked by somebody else, even if they have the same name.
        if open.imported {
            continue;
        }
        // The event itself is read, because names and texts in a context are shortened.
        let open = event(call, &open.event_id).await?;
        let is_same = matches!(&open.kind, Kind::NeedsHuman { reason } if wording::is_same_question(reason, &as_stored));
        if is_same && may_join(call, open.session_id.as_ref()).await? {
            return Ok(open);
        }
    }
    let kind = Strict(Kind::NeedsHuman { reason: question.to_owned() });
    let params = EventAppendParams { thread_id, kind, reply_to: None, idempotency_key: None };
    let asked = call.ask::<EventAppend>(&params).await?.event;
    asked.read().map_err(|_| Refusal::internal("cannot read an event"))
}

/// Returns what resolved a question, if anything did.
async fn reply(
    call: &Call,
    question: &WorkroomEvent,
    limit: Duration,
) -> Result<Option<WorkroomEvent>, Refusal> {
    let params = EventSubscribeParams {
        thread_id: question.thread_id.clone(),
        kinds: Some(SETTLING_QUESTIONS.map(Into::into).into()),
        ..EventSubscribeParams::default()
    };
    // The subscription starts before the first check, so that no event is missed.
    let mut watch = call.connection.watch::<EventSubscribe>(&params, &call.cancel).await?;
    let mut after = question.seq;
    let coming = async {
        loop {
            if let Some(found) = look(call, question, &mut after).await? {
                return Ok(Some(found));
            }
            if limit.is_zero() || !watch.changed().await {
                return Ok(None);
            }
        }
    };
    if limit.is_zero() {
        return coming.await;
    }
    call.wait(limit, "waiting for a reply", coming).await.unwrap_or(Ok(None))
}

/// Returns what resolved the question, among the events after a position.
async fn look(
    call: &Call,
    question: &WorkroomEvent,
    after: &mut u64,
) -> Result<Option<WorkroomEvent>, Refusal> {
    loop {
        let params = EventListParams {
            thread_id: question.thread_id.clone(),
            kinds: Some(SETTLING_QUESTIONS.map(Into::into).into()),
            after_seq: Some(*after),
            limit: Some(200),
            ..EventListParams::default()
        };
        let page = call.ask::<EventList>(&params).await?;
        for event in &page.events {
            let event = event.read().map_err(|_| Refusal::internal("cannot read an event"))?;
            *after = event.seq;
            if settles_question(&event, question) {
                return Ok(Some(event));
            }
        }
        if !page.more {
            *after = (*after).max(page.head_seq);
            return Ok(None);
        }
    }
}
