//! Events: what happened in a thread, and who caused it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::error::ErrorKind;
pub use crate::event_kind::{EVENT_KINDS, WorkroomEventKind};
use crate::id::{EventId, SessionId, SubscriptionId, ThreadId, WorkroomId};
use crate::json::Json;
use crate::strict::Strict;
use crate::time::Timestamp;

/// Something that happened, at one position of the log. Events never change and are never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomEvent {
    /// Its position in the log: increasing in commit order, without gaps.
    #[serde(default)]
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// The thread it belongs to; absent when it is about the workroom as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The workroom it belongs to.
    pub workroom_id: WorkroomId,
    /// When it was written.
    pub timestamp: Timestamp,
    /// What happened.
    pub kind: WorkroomEventKind,
    /// Who caused it.
    #[serde(default = "Actor::unknown")]
    pub actor: Actor,
    /// Which agent and model produced it, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The session of the agent that caused it; absent for people, and in events of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The event of the same thread that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// How many secrets of each kind were taken out before it was stored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redactions: BTreeMap<String, u64>,
    /// Present when it happened in another log and was imported: `actor`, `agent` and `timestamp` are what its source
    /// says, and the server vouches only for what is in here. It gives no rights, decides nothing and notifies nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// How an event of another log came into this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// Who imported it.
    pub by: Actor,
    /// When it was imported.
    pub at: Timestamp,
    /// The id of the event in its source.
    pub event_id: EventId,
    /// The thread of the event in its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
}

impl WorkroomEvent {
    /// When it was written to this log, whatever its source says about when it happened.
    pub fn written_at(&self) -> Timestamp {
        self.imported.as_ref().map_or(self.timestamp, |imported| imported.at)
    }
}

/// An event to append.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAppendParams {
    /// The thread to append to.
    pub thread_id: ThreadId,
    /// What happened. Kinds that the server writes itself are refused.
    pub kind: Strict<WorkroomEventKind>,
    /// The event of the same thread that this one answers.
    pub reply_to: Option<EventId>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Events to append together: all or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAppendBatchParams {
    /// The events, 1 to 1,000, in order.
    pub events: Vec<EventAppendParams>,
    /// A retry of the whole batch with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Events of another log, to append to a thread as history.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventImportParams {
    /// The thread to append to.
    pub thread_id: ThreadId,
    /// The events, 1 to 1,000, in the order of their source.
    pub events: Vec<EventImport>,
}

/// An event of another log, as that log has it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventImport {
    /// Its id in the source: what was imported into the thread before is not imported again.
    pub id: EventId,
    /// Its thread in the source.
    pub thread_id: Option<ThreadId>,
    /// When it happened. Default: now.
    pub timestamp: Option<Timestamp>,
    /// What happened.
    pub kind: Strict<WorkroomEventKind>,
    /// Who caused it. Default: the system actor `unknown`.
    pub actor: Option<Strict<Actor>>,
    /// Which agent and model produced it, when an agent did.
    pub agent: Option<Strict<AgentAttribution>>,
    /// The id, in the source, of the event that it answers.
    pub reply_to: Option<EventId>,
}

/// What became of the events of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventImportResponse {
    /// One result for each event, in the order given.
    pub results: Vec<EventImportResult>,
}

/// What became of one event of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventImportResult {
    /// What became of it.
    pub outcome: ImportOutcome,
    /// The event in this log, when it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// Its position in this log, when it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Why it is not there, when it was skipped or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of one event of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It was appended.
    Imported,
    /// The thread has it already.
    AlreadyThere,
    /// It is not part of a conversation, such as the creation of a thread, or is about an event that is not here.
    Skipped,
    /// It cannot be imported; the others were.
    Refused,
}

/// One event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventResponse {
    /// The event.
    pub event: Json<WorkroomEvent>,
    /// Whom its text mentions and who is no member of the workroom: nobody was notified for these names. Only in the
    /// first answer to `event/append`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
}

impl EventResponse {
    /// An event alone.
    pub fn of(event: Json<WorkroomEvent>) -> Self {
        Self { event, unreached: Vec::new() }
    }
}

/// Several events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventsResponse {
    /// The events, in the order given.
    pub events: Vec<Json<WorkroomEvent>>,
    /// Whom their texts mention and who is no member of the workroom: nobody was notified for these names. Only in the
    /// first answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
}

/// Which event is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventReadParams {
    /// The event.
    pub event_id: EventId,
}

/// Which events to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventListParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only those of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// Only those after this position. Default: 0, from the beginning.
    pub after_seq: Option<u64>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// How many bytes of events at most, but at least one event. Default and most: 1 MiB.
    pub max_bytes: Option<u64>,
    /// The `epoch` that `after_seq` belongs to; another store's answers `cursor_expired`.
    pub epoch: Option<String>,
}

/// A page of events, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventListResponse {
    /// The events.
    pub events: Vec<Json<WorkroomEvent>>,
    /// The last position of the log when the page was read. When `more` is false, go on from here.
    pub head_seq: u64,
    /// Whether there are further events; go on with the last one's `seq`.
    pub more: bool,
}

/// Which events to be told of.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSubscribeParams {
    /// Only those of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Only those of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// First those after this position, then live ones. Default: live ones only.
    pub after_seq: Option<u64>,
    /// The `epoch` that `after_seq` belongs to; another store's answers `cursor_expired`.
    pub epoch: Option<String>,
}

/// A subscription that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSubscribeResponse {
    /// What `event/appended` and `event/unsubscribe` call it.
    pub subscription_id: SubscriptionId,
    /// Names the store that positions belong to.
    pub epoch: String,
    /// The last position of the log when the subscription began.
    pub head_seq: u64,
}

/// Which subscription is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventUnsubscribeParams {
    /// The subscription.
    pub subscription_id: SubscriptionId,
}

/// An event that a subscription is about.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventAppended {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The event.
    pub event: Json<WorkroomEvent>,
}

/// A subscription that has ended without being asked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionEnded {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// What subscribing once more would now answer: `unauthenticated` when the connection's token was revoked or has
    /// expired, `not_found` when the caller no longer sees what it was about.
    pub reason: ErrorKind,
}
