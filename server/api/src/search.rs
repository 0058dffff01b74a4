//! `search/query`.

use workroom_protocol::link::WorkroomLink;
use workroom_protocol::search::{SearchHit, SearchQueryParams, SearchQueryResponse, TextRange};

use super::error::{Error, Result};
use super::{Cx, cursor, limits};
use workroom_domain::{event_text, search_text};
use workroom_store::{EventFilter, Read, Scope, StoredEvent, View};

const DEFAULT_HITS: u32 = 20;
const MAX_QUERY_CHARS: usize = 1000;
const MAX_SNIPPET_CHARS: usize = 200;

/// Handles `search/query`.
pub async fn query(cx: Cx, params: SearchQueryParams) -> Result<SearchQueryResponse> {
    let limit = limits::page(params.limit, Some(DEFAULT_HITS))?;
    let kinds = limits::kinds(params.kinds.as_deref())?;
    if params.query.chars().count() > MAX_QUERY_CHARS {
        return Err(Error::invalid("query", format!("`query` has more than {MAX_QUERY_CHARS} characters")));
    }
    let Some(expression) = search_text::match_expression(&params.query) else {
        return Err(Error::invalid("query", "`query` contains no word to search for"));
    };
    let store = cx.store()?;
    let before = cursor::read(store.epoch(), params.cursor.as_deref())?.unwrap_or(u64::MAX);
    cx.call.client.order.settled().await;
    let looked_in = store.clone();
    let access = cx.access();
    let look = move || {
        let found = looked_in.read(Read::LATEST.seen_by(&access), |view| {
            let scope = match &params.workroom_id {
                Some(id) => Scope::Workroom(view.workroom(id)?.key),
                None => Scope::All,
            };
            let matches = view.search(&expression, &EventFilter { scope, kinds }, before, limit)?;
            let hits = matches.events.iter().map(|event| hit(view, event, &expression));
            Ok((hits.collect::<workroom_store::Result<Vec<_>>>()?, matches.next))
        });
        Ok(found?)
    };
    let (hits, next) = cx.slowly(look).await?;
    Ok(SearchQueryResponse { hits, next_cursor: next.map(|seq| cursor::write(store.epoch(), seq)) })
}

fn hit(view: View<'_>, found: &StoredEvent, expression: &str) -> workroom_store::Result<SearchHit> {
    let event = found.json.read()?;
    let text = event_text::text(&event.kind).unwrap_or_default();
    let (snippet, matches) = view.snippet(expression, &text, MAX_SNIPPET_CHARS)?;
    let link = WorkroomLink {
        workroom_id: event.workroom_id.clone(),
        thread_id: event.thread_id.clone(),
        event_id: Some(event.id.clone()),
    };
    Ok(SearchHit {
        link: link.to_url(),
        event_id: event.id,
        seq: event.seq,
        kind: event.kind.name().into(),
        timestamp: event.timestamp,
        actor: event.actor,
        agent: event.agent,
        imported: event.imported.is_some(),
        workroom_id: event.workroom_id,
        workroom_title: view.workroom_at(found.workroom)?.workroom.title,
        thread_id: event.thread_id,
        thread_title: found
            .thread
            .map(|row| view.thread_at(row))
            .transpose()?
            .map(|found| found.thread.title),
        snippet,
        matches: matches
            .into_iter()
            .map(|(start, end)| TextRange { start: start as u64, end: end as u64 })
            .collect(),
    })
}
