//! The tools for threads, their events, and search.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::id::ThreadId;
use workroom_protocol::methods::{SearchQuery, ThreadCreate, ThreadList, ThreadRead};
use workroom_protocol::search::SearchQueryParams;
use workroom_protocol::thread::{
    ThreadCreateParams, ThreadListParams, ThreadReadParams, ThreadStatus, WorkroomThread, WorkroomThreadKind,
};
use workroom_protocol::time::Timestamp;

use super::{Answer, Said, names, word};
use crate::surface::mcp::call::Call;
use crate::surface::mcp::here;
use crate::surface::mcp::refusal::Refusal;
use workroom_domain::context::{event_line, say};
use workroom_domain::event_text;
use workroom_domain::text::{clip_middle, estimate_tokens};

const DEFAULT_LIMIT: u32 = 10;
const DEFAULT_HITS: u32 = 8;
const DEFAULT_EVENTS: u32 = 20;
// As with links, this is half of what a response may cost: some hosts show it as text and as data.
const DEFAULT_TOKENS: usize = 900;
const MIN_TOKENS: usize = 200;
const MAX_TOKENS: usize = 100_000;
// The maximum size of one event's text, as a part of the page's budget.
const TEXTS_PER_PAGE: usize = 4;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListArguments {
    /// Id, link, or all. Default: your checkout's workroom.
    workroom: Option<String>,
    /// Only threads with work, questions or failures.
    #[serde(default)]
    active: bool,
    /// Default 10.
    limit: Option<u32>,
    /// From the previous page.
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Threads {
    threads: Vec<Thread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Thread {
    id: String,
    workroom_id: String,
    title: String,
    link: String,
    status: ThreadStatus,
    updated_at: Timestamp,
}

impl From<WorkroomThread> for Thread {
    fn from(thread: WorkroomThread) -> Self {
        let WorkroomThread { id, workroom_id, title, link, status, updated_at, .. } = thread;
        Self { id: id.0, workroom_id: workroom_id.0, title, link, status, updated_at }
    }
}

impl Thread {
    fn line(&self) -> String {
        let mut line = format!("- {}, {}, {}", self.id, word(&self.status), self.updated_at);
        say(&mut line, &self.title);
        line
    }
}

pub(super) async fn list(call: Call, arguments: ListArguments) -> Answer<Threads> {
    let ListArguments { workroom, active, limit, cursor } = arguments;
    let workroom_id = match workroom.as_deref() {
        Some("all") => None,
        Some(workroom) => Some(names::workroom(workroom)?),
        None => here::room(&call).await?.map(|room| room.id),
    };
    let mut text = match &workroom_id {
        Some(room) => format!("Threads of {room}; for all threads, set workroom to all.\n"),
        None => "Threads of all workrooms.\n".to_owned(),
    };
    let params = ThreadListParams {
        workroom_id,
        active: active.then_some(true),
        kinds: None,
        limit: Some(limit.unwrap_or(DEFAULT_LIMIT)),
        cursor,
    };
    let page = call.ask::<ThreadList>(&params).await?;
    let threads: Vec<Thread> = page.threads.into_iter().map(Thread::from).collect();
    text.extend(threads.iter().map(Thread::line));
    let is_empty = threads.is_empty();
    let said = Said::new(text, Threads { threads, next_cursor: page.next_cursor });
    Ok(if is_empty { said.noting("No threads. create_thread creates one.") } else { said.by_others() })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadArguments {
    /// Id or link.
    thread: String,
    /// Only earlier events than this position, to page back.
    before_seq: Option<u64>,
    /// Only later events than this position, to continue.
    after_seq: Option<u64>,
    /// Default 20.
    limit: Option<u32>,
    /// Token budget; long texts are cut. Default 900.
    max_tokens: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Page {
    thread: Thread,
    events: Vec<Event>,
    more: bool,
    head_seq: u64,
}

#[derive(Serialize, JsonSchema)]
struct Event {
    seq: u64,
    event_id: String,
    at: Timestamp,
    kind: String,
    by: String,
    by_kind: ActorKind,
    // Set for events from another log, whose author and time are reported by the importer. It has no description,
    // because every agent would pay for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
}

impl Event {
    fn new(event: &WorkroomEvent, max_chars: usize) -> Self {
        let text = event_text::text(&event.kind).unwrap_or_default();
        Self {
            seq: event.seq,
            event_id: event.id.0.clone(),
            at: event.timestamp,
            kind: event.kind.name().to_owned(),
            by: event.actor.handle.clone(),
            by_kind: event.actor.kind,
            imported: event.imported.is_some(),
            text: clip_middle(&text, max_chars).into_owned(),
            reply_to: event.reply_to.as_ref().map(|id| id.0.clone()),
        }
    }
}

/// Reads a thread in its current state.
pub(super) async fn thread(call: &Call, id: &ThreadId) -> Result<WorkroomThread, Refusal> {
    let params = ThreadReadParams {
        thread_id: id.clone(),
        before_seq: None,
        after_seq: None,
        limit: Some(1),
        max_bytes: None,
    };
    Ok(call.ask::<ThreadRead>(&params).await?.thread)
}

pub(super) async fn read(call: Call, arguments: ReadArguments) -> Answer<Page> {
    let ReadArguments { thread, before_seq, after_seq, limit, max_tokens } = arguments;
    let max_tokens = max_tokens.unwrap_or(DEFAULT_TOKENS).clamp(MIN_TOKENS, MAX_TOKENS);
    let params = ThreadReadParams {
        thread_id: names::thread(&thread)?,
        before_seq,
        after_seq,
        limit: Some(limit.unwrap_or(DEFAULT_EVENTS)),
        max_bytes: None,
    };
    let page = call.ask::<ThreadRead>(&params).await?;
    let read = page.events.iter().map(|event| event.read()).collect::<serde_json::Result<Vec<_>>>();
    let all: Vec<WorkroomEvent> = read.map_err(|_| Refusal::internal("cannot read an event"))?;
    let thread = Thread::from(page.thread);
    let room = max_tokens.saturating_sub(estimate_tokens(&thread.line()) + HEAD_TOKENS);
    let forward = after_seq.is_some();
    // If everything fits, texts are complete; otherwise no single event may take the whole page. A token is about four
    // characters.
    let mut fitted = fit(&all, forward, room, max_tokens * 4);
    if fitted.events.len() < all.len() {
        fitted = fit(&all, forward, room, max_tokens * 4 / TEXTS_PER_PAGE);
    }
    let Fitted { lines, events, cut } = fitted;
    let more = page.more || events.len() < all.len();
    let text = thread.line() + &lines;
    let next = match (events.first(), events.last()) {
        (_, Some(last)) if more && forward => {
            format!("Newer events: read_thread with after_seq {}.", last.seq)
        }
        (Some(first), _) if more => format!("Older events: read_thread with before_seq {}.", first.seq),
        (None, _) => "No events in this range.".to_owned(),
        _ => String::new(),
    };
    let mut said = Said::new(text, Page { thread, events, more, head_seq: page.head_seq });
    if !next.is_empty() {
        said = said.noting(next);
    }
    if let Some((seq, tokens)) = cut {
        let tokens = tokens.min(MAX_TOKENS);
        said = said.noting(format!(
            "#{seq} is cut; for the full text: read_thread with before_seq {}, limit 1, max_tokens {tokens}.",
            seq + 1
        ));
    }
    Ok(said.by_others())
}

/// The events that fit on a page.
#[derive(Default)]
struct Fitted {
    lines: String,
    events: Vec<Event>,
    /// The longest event whose text is cut: its position, and the cost of a page with its full text.
    cut: Option<(u64, usize)>,
}

/// Returns the events that fit into `room`, starting where the reader is: the oldest ones after a position, otherwise
/// the newest. Returns at least one event if there is any.
fn fit(all: &[WorkroomEvent], forward: bool, mut room: usize, max_chars: usize) -> Fitted {
    let mut shown = Vec::new();
    let mut cut: Option<(u64, usize)> = None;
    let mut in_order: Vec<_> = all.iter().collect();
    if !forward {
        in_order.reverse();
    }
    for event in in_order {
        // If the first event is longer than the page, it is cut until it fits.
        let mut chars = max_chars;
        let (line, data, cost) = loop {
            let (line, data) = (event_line(event, all, chars), Event::new(event, chars));
            let json = serde_json::to_string(&data).map_or(0, |json| estimate_tokens(&json));
            let cost = estimate_tokens(&line).max(json);
            if cost <= room || !shown.is_empty() || chars <= MIN_CHARS {
                break (line, data, cost);
            }
            chars = chars * 3 / 4;
        };
        if cost > room && !shown.is_empty() {
            break;
        }
        room = room.saturating_sub(cost);
        let text = event_text::text(&event.kind).unwrap_or_default();
        if data.text != text {
            let whole = serde_json::to_string(&text).map_or(0, |json| estimate_tokens(&json));
            let tokens = whole + FRAME_TOKENS;
            if cut.is_none_or(|(_, most)| tokens > most) {
                cut = Some((event.seq, tokens));
            }
        }
        shown.push((line, data));
    }
    if !forward {
        shown.reverse();
    }
    let (lines, events): (Vec<String>, Vec<Event>) = shown.into_iter().unzip();
    Fitted { lines: lines.concat(), events, cut }
}

// The minimum length of a cut event.
const MIN_CHARS: usize = 40;
// The cost of an event and its thread without the text.
const FRAME_TOKENS: usize = 300;
// The line about how to continue, and the names around the data.
const HEAD_TOKENS: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateArguments {
    /// Id or link. Default: your folder's workroom, created if needed.
    workroom: Option<String>,
    title: String,
    /// Default agent_task.
    kind: Option<WorkroomThreadKind>,
    /// Retries with the same key create one thread.
    idempotency_key: Option<String>,
}

pub(super) async fn create(call: Call, arguments: CreateArguments) -> Answer<Thread> {
    let CreateArguments { workroom, title, kind, idempotency_key } = arguments;
    let (workroom_id, branch) = match &workroom {
        Some(workroom) => (names::workroom(workroom)?, None),
        None => here::open_room(&call).await?,
    };
    let params = ThreadCreateParams {
        workroom_id,
        title,
        kind: kind.unwrap_or(WorkroomThreadKind::AgentTask),
        external_ref: None,
        participants: None,
        branch,
        idempotency_key,
    };
    let thread = Thread::from(call.ask::<ThreadCreate>(&params).await?);
    let text = format!("{}Link, for others to continue: {}\n", thread.line(), thread.link);
    Ok(Said::new(text, thread))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArguments {
    /// Words, or beginnings of words, that must all occur; "…" for a phrase.
    query: String,
    /// Id or link. Default: all workrooms.
    workroom: Option<String>,
    /// Default 8.
    limit: Option<u32>,
    /// From the previous page.
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Hits {
    hits: Vec<Hit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Hit {
    link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_title: Option<String>,
    at: Timestamp,
    kind: String,
    by: String,
    // Set for events from another log, whose author and time are reported by the importer. It has no description,
    // because every agent would pay for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
    snippet: String,
}

pub(super) async fn search(call: Call, arguments: SearchArguments) -> Answer<Hits> {
    let SearchArguments { query, workroom, limit, cursor } = arguments;
    let params = SearchQueryParams {
        query,
        workroom_id: workroom.as_deref().map(names::workroom).transpose()?,
        kinds: None,
        limit: Some(limit.unwrap_or(DEFAULT_HITS)),
        cursor,
    };
    let page = call.ask::<SearchQuery>(&params).await?;
    let mut text = String::new();
    let mut hits = Vec::new();
    for hit in page.hits {
        let mark = if hit.imported { " (imported)" } else { "" };
        text.push_str(&format!("- {} {} {}{mark}, {}", hit.timestamp, hit.link, hit.actor.handle, hit.kind));
        say(&mut text, &hit.snippet);
        hits.push(Hit {
            link: hit.link,
            thread_title: hit.thread_title,
            at: hit.timestamp,
            kind: hit.kind,
            by: hit.actor.handle,
            imported: hit.imported,
            snippet: hit.snippet,
        });
    }
    let is_empty = hits.is_empty();
    let said = Said::new(text, Hits { hits, next_cursor: page.next_cursor });
    Ok(match is_empty {
        true => said.noting("No matches. Try fewer words, or only their beginnings."),
        false => said.by_others(),
    })
}
