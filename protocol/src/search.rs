//! Full-text search over events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::id::{EventId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// A search query.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchQueryParams {
    /// Words that must all occur; the beginning of a word is enough. `"…"` matches the words in that order. Chinese,
    /// Japanese and Korean text matches anywhere.
    pub query: String,
    /// Search only in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Search only events of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// The maximum number of hits, 1 to 200. Default: 20.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of hits, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SearchQueryResponse {
    /// The hits.
    pub hits: Vec<SearchHit>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An event whose text matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SearchHit {
    /// The event.
    pub event_id: EventId,
    /// Its position in the log.
    pub seq: u64,
    /// Its kind, such as `message`.
    pub kind: String,
    /// When it was written.
    pub timestamp: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The agent and the model that produced it; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// Whether it was imported from another log. If so, that log is the only source for who caused it and when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Its workroom.
    pub workroom_id: WorkroomId,
    /// The title of its workroom.
    pub workroom_title: String,
    /// Its thread; absent for events about the workroom as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The title of its thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_title: Option<String>,
    /// Its link.
    pub link: String,
    /// The text around the first match, at most 200 characters.
    pub snippet: String,
    /// The matches in `snippet`.
    pub matches: Vec<TextRange>,
}

/// A range of text in UTF-16 code units, which JavaScript strings and the Language Server Protocol also use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextRange {
    /// The first code unit.
    pub start: u64,
    /// The code unit after the last one.
    pub end: u64,
}
