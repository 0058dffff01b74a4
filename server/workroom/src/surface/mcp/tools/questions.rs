//! The tool with which an agent asks a person a question, and waits for the reply.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::event::{
    EventAppendParams, EventListParams, EventReadParams, EventSubscribeParams, WorkroomEvent,
    WorkroomEventKind as Kind,
};
use workroom_protocol::id::{EventId, ThreadId};
use workroom_protocol::methods::{EventAppend, EventList, EventRead, EventSubscribe, Resolve};
use workroom_protocol::resolve::{ResolveFormat, ResolveParams};
use workroom_protocol::strict::Strict;

use super::asks::{limit, may_join};
use super::{Answer, Said, names, wording};
use crate::surface::mcp::call::Call;
use crate::surface::mcp::refusal::Refusal;
use workroom_domain::context::say;
use workroom_domain::open_items::{SETTLING_QUESTIONS, settles_question};
use workroom_domain::shown;

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
