//! Full-text search over events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::id::{EventId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// What to search for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchQueryParams {
    /// Words that all must occur; the beginning of a word is enough. `"…"` asks for the words in a row.
    /// Chinese, Japanese and Korean text matches anywhere.
    pub query: String,
    /// Only in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only in events of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// How many hits at most, 1 to 200. Default: 20.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Hits, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SearchQueryResponse {
    /// The hits.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins; absent on the last.
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
    /// Which agent and model produced it, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// Whether it was imported from another log, whose word it is who caused it and when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Its workroom.
    pub workroom_id: WorkroomId,
    /// The title of its workroom.
    pub workroom_title: String,
    /// Its thread; absent when it is about the workroom as a whole.
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

/// A range of text, in UTF-16 code units as JavaScript strings and the Language Server Protocol count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextRange {
    /// The first unit.
    pub start: u64,
    /// The unit after the last.
    pub end: u64,
}
