//! `event/*`, except for subscriptions.

use std::collections::{BTreeSet, HashSet};

use workroom_protocol::Method;
use workroom_protocol::event::{
    EventAppendBatchParams, EventAppendParams, EventListParams, EventListResponse, EventReadParams,
    EventResponse, EventsResponse, WorkroomEvent, WorkroomEventKind, WorkroomEventKind as Kind,
};
use workroom_protocol::id::{ArtifactId, EventId, ThreadId, WorkroomId};
use workroom_protocol::json::Json;
use workroom_protocol::methods::{EventAppend, EventAppendBatch};

use super::error::{Error, Result};
use super::limits::MAX_APPEND_EVENTS;
use super::{Cx, approvals, artifacts, limits};
use workroom_store::{Author, Draft, EventFilter, IdempotencyKey, Scope, StoreError, Target, Tx, View};

/// An event that was prepared for appending.
struct Ready {
    thread_id: ThreadId,
    draft: Draft,
    reply_to: Option<EventId>,
    key: Option<IdempotencyKey>,
}

/// An event that was appended, and the mentions in it that match nobody.
struct Appended {
    seq: u64,
    event: Json<WorkroomEvent>,
    unreached: Vec<String>,
}

/// Handles [`EventAppend`].
pub async fn append(cx: Cx, params: EventAppendParams) -> Result<EventResponse> {
    let ready = ready(&cx, "", 0, params)?;
    let author = cx.caller().author;
    let Appended { event, unreached, .. } = cx.write(move |tx| append_one(tx, &author, ready)).await?;
    Ok(EventResponse { event, unreached })
}

/// Handles [`EventAppendBatch`].
pub async fn append_batch(cx: Cx, mut params: EventAppendBatchParams) -> Result<EventsResponse> {
    if params.events.is_empty() {
        return Err(Error::invalid("events", "`events` is empty"));
    }
    if params.events.len() > MAX_APPEND_EVENTS {
        return Err(Error::TooLarge { what: "the number of `events`", limit: MAX_APPEND_EVENTS });
    }
    let key = params.idempotency_key.take();
    let key = cx.idempotency(EventAppendBatch::NAME, "idempotency_key", key, &params)?;
    let events = params.events.into_iter().enumerate();
    let events = events.map(|(index, params)| ready(&cx, &format!("events[{index}]."), index, params));
    let events = events.collect::<Result<Vec<_>>>()?;
    let author = cx.caller().author;
    let (events, mut unreached) = cx
        .write(move |tx| {
            if let Some(first) = key.as_ref().map(|key| tx.first_result(key)).transpose()?.flatten() {
                let seqs: Vec<u64> = serde_json::from_str(&first)?;
                let events = seqs.into_iter().map(|seq| Ok(tx.event_at(seq)?.json));
                return Ok((events.collect::<workroom_store::Result<Vec<_>>>()?, Vec::new()));
            }
            let appended = events.into_iter().map(|ready| append_one(tx, &author, ready));
            let appended = appended.collect::<workroom_store::Result<Vec<_>>>()?;
            if let Some(key) = &key {
                let seqs: Vec<u64> = appended.iter().map(|appended| appended.seq).collect();
                tx.keep_result(key, &serde_json::to_string(&seqs)?, &tx.written())?;
            }
            let (events, unreached): (Vec<_>, Vec<_>) =
                appended.into_iter().map(|appended| (appended.event, appended.unreached)).unzip();
            Ok((events, unreached.concat()))
        })
        .await?;
    let mut known = HashSet::new();
    unreached.retain(|name| known.insert(name.to_lowercase()));
    Ok(EventsResponse { events, unreached })
}

fn ready(cx: &Cx, path: &str, index: usize, mut params: EventAppendParams) -> Result<Ready> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(EventAppend::NAME, &format!("{path}idempotency_key"), key, &params)?;
    limits::event(&format!("{path}kind"), &params.kind.0)?;
    match &mut params.kind.0 {
        // Only the server may set values that it measures itself.
        WorkroomEventKind::ArtifactLinked { path, artifact_id, size, media_type, sha256, .. } => {
            *artifact_id = Some(ArtifactId::from_uuid(cx.new_id()));
            (*size, *sha256) = (None, None);
            *media_type = artifacts::media_type(path);
        }
        WorkroomEventKind::Failure { retry_of, attempt, .. } => (*retry_of, *attempt) = (None, None),
        WorkroomEventKind::Receipt { retry_of, .. } => *retry_of = None,
        WorkroomEventKind::Mention { mentioned_user } => {
            *mentioned_user = limits::word(&format!("{path}kind.mentioned_user"), mentioned_user)?;
        }
        _ => {}
    }
    let EventAppendParams { thread_id, kind, reply_to, .. } = params;
    let kind = approvals::ready(cx, &format!("{path}kind."), index, kind.0)?;
    Ok(Ready { thread_id, draft: Draft::new(kind)?, reply_to, key })
}

fn append_one(tx: &Tx<'_>, author: &Author, ready: Ready) -> workroom_store::Result<Appended> {
    let Ready { thread_id, mut draft, reply_to, key } = ready;
    if let Some(first) = key.as_ref().map(|key| tx.first_result(key)).transpose()?.flatten() {
        let seq = serde_json::from_str(&first)?;
        return Ok(Appended { seq, event: tx.event_at(seq)?.json, unreached: Vec::new() });
    }
    // An archived thread still accepts events, so that late results are not lost.
    let found = tx.thread_place(&thread_id)?;
    let target =
        Target::Thread { workroom: (found.workroom, &found.workroom_id), thread: (found.key, &thread_id) };
    if let Kind::Failure { retry_of, .. } | Kind::Receipt { retry_of, .. } = draft.kind_mut() {
        let under_way = tx.attempt_under_way(found.key, author, reply_to.as_ref())?;
        *retry_of = under_way.as_ref().map(|(retry, _)| retry.clone());
        if let (Kind::Failure { attempt, .. }, Some((_, number))) = (draft.kind_mut(), under_way) {
            *attempt = Some(number);
        }
    }
    let unreached = tx.uncalled(found.workroom, &draft)?;
    let (seq, event) = tx.append_draft(author, target, draft, reply_to)?;
    if let Some(key) = &key {
        // The other events of a batch may be in other workrooms.
        tx.keep_result(key, &seq.to_string(), &BTreeSet::from([found.workroom]))?;
    }
    Ok(Appended { seq, event, unreached })
}

/// Handles `event/read`.
pub async fn read(cx: Cx, params: EventReadParams) -> Result<EventResponse> {
    cx.read_once(|view| Ok(EventResponse::of(view.event(&params.event_id)?.json))).await
}

/// Handles `event/list`.
pub async fn list(cx: Cx, params: EventListParams) -> Result<EventListResponse> {
    let size = limits::event_page(params.limit, params.max_bytes)?;
    let kinds = limits::kinds(params.kinds.as_deref())?;
    let epoch = cx.store()?.epoch().to_owned();
    cx.read(|view| {
        check_epoch(&epoch, params.epoch.as_deref())?;
        let after = params.after_seq.unwrap_or(0);
        view.check_position(after)?;
        let scope = scope(view, params.workroom_id.as_ref(), params.thread_id.as_ref())?;
        let head_seq = view.head_seq()?;
        let (events, more) = view.events_after(&EventFilter { scope, kinds }, after, head_seq, size)?;
        Ok(EventListResponse { events: events.into_iter().map(|event| event.json).collect(), head_seq, more })
    })
    .await
}

/// The part of the store that a pair of ids selects. If both are given, the thread must be in the workroom.
pub(super) fn scope(
    view: View<'_>,
    workroom: Option<&WorkroomId>,
    thread: Option<&ThreadId>,
) -> workroom_store::Result<Scope> {
    let room = workroom.map(|id| view.workroom(id)).transpose()?.map(|found| found.key);
    let Some(id) = thread else { return Ok(room.map_or(Scope::All, Scope::Workroom)) };
    let found = view.thread_place(id)?;
    if room.is_some_and(|room| room != found.workroom) {
        return Err(StoreError::NotFound { what: "thread", id: format!("{id} in this workroom") });
    }
    Ok(Scope::Thread(found.key))
}

/// Refuses a position that belongs to another store.
pub(super) fn check_epoch(ours: &str, given: Option<&str>) -> workroom_store::Result<()> {
    match given {
        Some(other) if other != ours => {
            Err(StoreError::CursorExpired(format!("this is a different store; its epoch is {ours}")))
        }
        _ => Ok(()),
    }
}
