//! `workroom/resolve`: gathers the context of a link. `domain::context` fits it into the budget.

use workroom_protocol::link::{Named, WorkroomLink};
use workroom_protocol::resolve::{OpenItem, ResolveFormat, ResolveParams, Resolved};

use super::Cx;
use super::error::{Error, Result};
use workroom_domain::context::{self, Budget, Gathered};
use workroom_domain::open_items::ItemKind;
use workroom_store::{EventFilter, KindSet, PageSize, Scope, StoreError, StoredEvent, View, item_of};

const DEFAULT_TOKENS: u32 = 2000;
const MIN_TOKENS: u32 = 200;
const MAX_TOKENS: u32 = 100_000;
const MAX_EVENTS: u32 = 200;
// The maximum to read of each section before the budget selects from it. Entries beyond it are counted, not read.
const MAX_SECTION: usize = 50;
// One event costs about thirty tokens at least, so a small budget needs no long history.
const LEAST_TOKENS_PER_EVENT: u32 = 25;
// Most events cost four times as much, and half of that in one form only. The first read therefore fetches about what
// the budget will accept.
const TOKENS_PER_EVENT: u32 = 100;
const MAX_HISTORY_BYTES: usize = 4 * 1024 * 1024;

/// Handles `workroom/resolve`.
pub async fn resolve(cx: Cx, params: ResolveParams) -> Result<Resolved> {
    let named = Named::parse(&params.link)?;
    let max_tokens = params.max_tokens.unwrap_or(DEFAULT_TOKENS);
    if !(MIN_TOKENS..=MAX_TOKENS).contains(&max_tokens) {
        let message = format!("`max_tokens` must be between {MIN_TOKENS} and {MAX_TOKENS}");
        return Err(Error::invalid("max_tokens", message));
    }
    if params.max_events.is_some_and(|events| events > MAX_EVENTS) {
        return Err(Error::invalid("max_events", format!("`max_events` must be at most {MAX_EVENTS}")));
    }
    let budget = Budget {
        max_tokens: max_tokens as usize,
        max_events: params.max_events.map(|events| events as usize),
        format: params.format.unwrap_or_default(),
    };
    let most = params.max_events.unwrap_or(MAX_EVENTS);
    let forms = if budget.format == ResolveFormat::Both { 1 } else { 2 };
    let mut history = most.min(max_tokens * forms / TOKENS_PER_EVENT);
    loop {
        let gathered = cx.read(|view| gather(view, &link_of(view, &named)?, history as usize)).await?;
        let fitted = context::fit(gathered, &budget);
        let longer = most.min(max_tokens / LEAST_TOKENS_PER_EVENT);
        if !fitted.wants_history || history == longer {
            return Ok(fitted.resolved);
        }
        history = longer;
    }
}

/// The link for a link or a bare id.
fn link_of(view: View<'_>, named: &Named) -> workroom_store::Result<WorkroomLink> {
    Ok(match named {
        Named::Link(link) => link.clone(),
        Named::Workroom(id) => WorkroomLink::workroom(id.clone()),
        Named::Thread(id) => WorkroomLink::thread(view.thread_place(id)?.workroom_id, id.clone()),
        Named::Event(id) => {
            let event = view.event(id)?.json.read()?;
            let (workroom_id, thread_id) = (event.workroom_id, event.thread_id);
            WorkroomLink { workroom_id, thread_id, event_id: Some(id.clone()) }
        }
    })
}

fn gather(view: View<'_>, link: &WorkroomLink, history: usize) -> workroom_store::Result<Gathered> {
    let room = view.workroom(&link.workroom_id)?;
    let elsewhere = |what, id: String| StoreError::NotFound { what, id: format!("{id} in this workroom") };
    let mut thread = link.thread_id.as_ref().map(|id| view.thread(id)).transpose()?;
    if let Some(found) = thread.as_ref().filter(|found| found.workroom != room.key) {
        return Err(elsewhere("thread", found.thread.id.to_string()));
    }
    let focus = link.event_id.as_ref().map(|id| view.event_place(id).map(|place| (id, place))).transpose()?;
    if let Some((id, place)) = focus {
        let in_thread = thread.as_ref().is_none_or(|found| place.thread == Some(found.key));
        if place.workroom != room.key || !in_thread {
            return Err(elsewhere("event", id.to_string()));
        }
        if thread.is_none() {
            thread = place.thread.map(|row| view.thread_at(row)).transpose()?;
        }
    }
    let scope = thread.as_ref().map_or(Scope::Workroom(room.key), |found| Scope::Thread(found.key));

    let (threads, more_threads) =
        if thread.is_none() { view.thread_briefs(room.key, MAX_SECTION)? } else { Default::default() };
    let (participants, more_participants) = view.participants(scope, MAX_SECTION)?;
    let (decisions, more_decisions) = newest(view, scope, "approval_decided")?;
    let (receipts, more_receipts) = newest(view, scope, "receipt")?;
    let artifacts = view.artifacts(scope, u64::MAX, MAX_SECTION)?;
    let more_artifacts = view.count_artifacts(scope)? - artifacts.len() as u64;
    let recent_events = match focus {
        Some((_, place)) => around(view, scope, place.seq, history)?,
        None => before(view, scope, u64::MAX, history)?,
    };
    let told = match &thread {
        Some(found) => found.told,
        None => view.count_told(room.key)?,
    };
    let recent_events = recent_events.iter().map(|event| Ok(event.json.read()?));
    let recent_events = recent_events.collect::<workroom_store::Result<Vec<_>>>()?;
    let shown =
        recent_events.iter().filter(|event| workroom_domain::event_text::is_told(&event.kind)).count();
    let workroom_id = room.workroom.id.clone();
    Ok(Gathered {
        focus: focus.map(|(id, _)| id.clone()),
        workroom: room.workroom,
        thread: thread.map(|found| found.thread),
        threads,
        more_threads,
        participants,
        more_participants,
        pending_approvals: view.open_items(scope, ItemKind::Approval)?,
        needs_human: view.open_items(scope, ItemKind::NeedsHuman)?,
        open_failures: view.open_items(scope, ItemKind::Failure)?,
        decisions,
        more_decisions,
        artifacts: artifacts.into_iter().map(|row| row.artifact).collect(),
        more_artifacts,
        receipts,
        more_receipts,
        more_events: told.saturating_sub(shown as u64),
        recent_events,
        head_seq: view.head_seq()?,
        link: WorkroomLink { workroom_id, ..link.clone() },
    })
}

/// The newest events of one rare kind, and the number of older ones.
fn newest(view: View<'_>, scope: Scope, kind: &str) -> workroom_store::Result<(Vec<OpenItem>, u64)> {
    let kinds = KindSet::of_names([kind]).unwrap_or(KindSet::ALL);
    let size = PageSize { limit: MAX_SECTION, max_bytes: MAX_HISTORY_BYTES };
    let (events, more) = view.events_before(&EventFilter { scope, kinds }, u64::MAX, size)?;
    let items = events.iter().map(|event| Ok(item_of(event.json.read()?)));
    let items = items.collect::<workroom_store::Result<Vec<_>>>()?;
    let omitted = if more { view.count_rare(scope, kind)?.saturating_sub(items.len() as u64) } else { 0 };
    Ok((items, omitted))
}

/// The last `count` events before `seq` of the kinds that agents receive, oldest first.
fn before(view: View<'_>, scope: Scope, seq: u64, count: usize) -> workroom_store::Result<Vec<StoredEvent>> {
    let filter = EventFilter { scope, kinds: KindSet::told() };
    let size = PageSize { limit: count, max_bytes: MAX_HISTORY_BYTES };
    if count == 0 {
        return Ok(Vec::new());
    }
    let (mut events, _) = view.events_before(&filter, seq, size)?;
    events.reverse();
    Ok(events)
}

/// The event at `seq` between as many events before and after it, of the kinds that agents receive, oldest first.
fn around(view: View<'_>, scope: Scope, seq: u64, count: usize) -> workroom_store::Result<Vec<StoredEvent>> {
    let filter = EventFilter { scope, kinds: KindSet::told() };
    let size = PageSize { limit: count.max(1), max_bytes: MAX_HISTORY_BYTES };
    let mut events = before(view, scope, seq, count)?;
    events.push(view.event_at(seq)?);
    if count > 0 {
        events.extend(view.events_after(&filter, seq, i64::MAX as u64, size)?.0);
    }
    Ok(events)
}
