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
