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

/// An entry of the log. Events never change and are never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomEvent {
    /// Its position in the log. Positions increase in commit order, without gaps.
    #[serde(default)]
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// The thread it belongs to; absent for events about the workroom as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The workroom it belongs to.
    pub workroom_id: WorkroomId,
    /// When the event was written. For an imported event, this is the time given by its source.
    pub timestamp: Timestamp,
    /// What happened.
    pub kind: WorkroomEventKind,
    /// Who caused it.
    #[serde(default = "Actor::unknown")]
    pub actor: Actor,
    /// The agent and the model that produced it; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// The agent session that caused it; absent for people, and in events of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The event in the same thread that this event answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// How many secrets of each kind were redacted before the event was stored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redactions: BTreeMap<String, u64>,
    /// Present when the event happened in another log and was imported. Then `actor`, `agent` and `timestamp` are what
    /// the source reports, and the server vouches only for the values in this field. An imported event grants no
    /// rights, decides nothing and notifies nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// How an event of another log was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// Who imported it.
    pub by: Actor,
    /// When it was imported.
    pub at: Timestamp,
    /// The event's id in its source.
    pub event_id: EventId,
    /// The thread's id in the event's source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
}

impl WorkroomEvent {
    /// Returns when the event was written to this log, which differs from `timestamp` for imported events.
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
    /// What happened. The kinds that the server writes itself are rejected.
    pub kind: Strict<WorkroomEventKind>,
    /// The event in the same thread that this one answers.
    pub reply_to: Option<EventId>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Events to append together: either all are appended, or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAppendBatchParams {
    /// The events, 1 to 1,000, in order.
    pub events: Vec<EventAppendParams>,
    /// A retry of the whole batch with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// Events of another log to append to a thread as history.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventImportParams {
    /// The thread to append to.
    pub thread_id: ThreadId,
    /// The events, 1 to 1,000, in the order of the source.
    pub events: Vec<EventImport>,
}

/// An event of another log, as recorded there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventImport {
    /// Its id in the source. An event that was already imported into the thread is not imported again.
    pub id: EventId,
    /// Its thread's id in the source.
    pub thread_id: Option<ThreadId>,
    /// When it happened. Default: now.
    pub timestamp: Option<Timestamp>,
    /// What happened.
    pub kind: Strict<WorkroomEventKind>,
    /// Who caused it. Default: the system actor `unknown`.
    pub actor: Option<Strict<Actor>>,
    /// The agent and the model that produced it; absent for people.
    pub agent: Option<Strict<AgentAttribution>>,
    /// The source id of the event that this one answers.
    pub reply_to: Option<EventId>,
}

/// The results of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventImportResponse {
    /// One result for each event, in the order of the request.
    pub results: Vec<EventImportResult>,
}

/// The result for one event of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventImportResult {
    /// The outcome.
    pub outcome: ImportOutcome,
    /// The event's id in this log; absent if it was not imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The event's position in this log; absent if it was not imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Why the event was skipped or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The outcome for one event of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// The event was appended.
    Imported,
    /// The thread already has the event.
    AlreadyThere,
    /// The event is not part of a conversation, such as the creation of a thread, or it refers to an event that is not
    /// in this log.
    Skipped,
    /// The event cannot be imported. This does not affect the other events.
    Refused,
}

/// A single event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventResponse {
    /// The event.
    pub event: Json<WorkroomEvent>,
    /// Names that the text mentions and that do not belong to a member of the workroom; nobody was notified for them.
    /// Only present in the first response to `event/append`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
}

impl EventResponse {
    /// Wraps an event without `unreached`.
    pub fn of(event: Json<WorkroomEvent>) -> Self {
        Self { event, unreached: Vec::new() }
    }
}

/// Several events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventsResponse {
    /// The events, in the order of the request.
    pub events: Vec<Json<WorkroomEvent>>,
    /// Names that the texts mention and that do not belong to a member of the workroom; nobody was notified for them.
    /// Only present in the first response.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
}

/// The event to read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventReadParams {
    /// The event.
    pub event_id: EventId,
}

/// Filters for a list of events.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventListParams {
    /// Return only events in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Return only events in this thread.
    pub thread_id: Option<ThreadId>,
    /// Return only events of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// Return only events after this position. Default: 0, the beginning of the log.
    pub after_seq: Option<u64>,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The maximum size of the events in bytes; a page has at least one event. Default and maximum: 1 MiB.
    pub max_bytes: Option<u64>,
    /// The `epoch` of the store that `after_seq` belongs to. If it is another store, the error is `cursor_expired`.
    pub epoch: Option<String>,
}

/// A page of events, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventListResponse {
    /// The events.
    pub events: Vec<Json<WorkroomEvent>>,
    /// The last position of the log when the page was read. If `more` is false, continue from here.
    pub head_seq: u64,
    /// Whether there are more events. If so, continue with the `seq` of the last one.
    pub more: bool,
}

/// Filters for a subscription to events.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSubscribeParams {
    /// Send only events in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// Send only events in this thread.
    pub thread_id: Option<ThreadId>,
    /// Send only events of these kinds, such as `message`.
    pub kinds: Option<Vec<String>>,
    /// Send the events after this position first, then live events. Default: only live events.
    pub after_seq: Option<u64>,
    /// The `epoch` of the store that `after_seq` belongs to. If it is another store, the error is `cursor_expired`.
    pub epoch: Option<String>,
}

/// A new subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSubscribeResponse {
    /// The subscription's id, used in `event/appended` and `event/unsubscribe`.
    pub subscription_id: SubscriptionId,
    /// The id of the store that positions belong to.
    pub epoch: String,
    /// The last position of the log when the subscription started.
    pub head_seq: u64,
}

/// The subscription to end.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventUnsubscribeParams {
    /// The subscription.
    pub subscription_id: SubscriptionId,
}

/// An event that matches a subscription.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventAppended {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The event.
    pub event: Json<WorkroomEvent>,
}

/// A subscription that ended without the client ending it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionEnded {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The error that subscribing again would return: `unauthenticated` if the connection's token was revoked or has
    /// expired, `not_found` if the caller can no longer see what the subscription was about.
    pub reason: ErrorKind,
}
