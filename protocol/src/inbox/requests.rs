//! Params and results of the methods of the inbox.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InboxCounts, InboxItem, InboxView, NotificationLevel};
use crate::id::{SubscriptionId, ThreadId, WorkroomId};
use crate::json::Json;
use crate::time::Timestamp;

/// The part of the inbox to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxListParams {
    /// The view. Default: `all`.
    pub view: Option<InboxView>,
    /// Return only threads in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// The maximum number of entries, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A page of the inbox. The item with the newest event for the member comes first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxListResponse {
    /// The items.
    pub items: Vec<Json<InboxItem>>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The number of items in each view, limited to the workroom if the request named one.
    pub counts: InboxCounts,
    /// The last position of the log when the page was read.
    pub as_of_seq: u64,
}

/// The part of the inbox to count.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxCountsParams {
    /// Count only threads in this workroom.
    pub workroom_id: Option<WorkroomId>,
}

/// The number of items in each view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxCountsResponse {
    /// The counts.
    pub counts: InboxCounts,
    /// The last position of the log when the items were counted.
    pub as_of_seq: u64,
}

/// The part of the inbox to subscribe to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxSubscribeParams {
    /// The view. Default: `all`.
    pub view: Option<InboxView>,
    /// Send only threads in this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// The maximum number of items on the first page, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// The last `as_of_seq` that the client has seen. The server first sends everything that changed since. Default:
    /// only changes from now on.
    pub as_of_seq: Option<u64>,
    /// The `epoch` of the store that `as_of_seq` belongs to. If it is another store, the error is `cursor_expired`.
    pub epoch: Option<String>,
}

/// A new subscription, with the first page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxSubscribeResponse {
    /// The subscription's id, used in `inbox/changed` and `inbox/unsubscribe`.
    pub subscription_id: SubscriptionId,
    /// The id of the store that positions belong to.
    pub epoch: String,
    /// The items.
    pub items: Vec<Json<InboxItem>>,
    /// The cursor of the next page, for `inbox/list`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The number of items in each view, limited to the workroom if the request named one.
    pub counts: InboxCounts,
    /// The last position of the log when the page was read.
    pub as_of_seq: u64,
}

/// The subscription to end.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxUnsubscribeParams {
    /// The subscription.
    pub subscription_id: SubscriptionId,
}

/// What changed in a view. The server may send an unchanged item again; the last version counts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxChanged {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// Items that are in the view, in their current state.
    pub items: Vec<Json<InboxItem>>,
    /// Threads that changed and are not in the view now. The client may not know them.
    pub removed: Vec<ThreadId>,
    /// The current number of items in each view.
    pub counts: InboxCounts,
    /// The position to continue from after a lost connection.
    pub as_of_seq: u64,
}

/// What to mark as read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxMarkReadParams {
    /// The thread. Give exactly one of `thread_id` and `thread_ids`.
    pub thread_id: Option<ThreadId>,
    /// The threads, 1 to 200.
    pub thread_ids: Option<Vec<ThreadId>>,
    /// Mark everything up to this position: what the client has shown, such as an item's `newest_seq`.
    pub upto_seq: u64,
}

/// What to mark as unread.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxMarkUnreadParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// Mark everything from this position on. Default: the newest event for the member.
    pub from_seq: Option<u64>,
}

/// What to mark as done.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxArchiveParams {
    /// The thread. Give exactly one of `thread_id` and `thread_ids`.
    pub thread_id: Option<ThreadId>,
    /// The threads, 1 to 200.
    pub thread_ids: Option<Vec<ThreadId>>,
    /// Mark everything up to this position: what the client has shown, such as an item's `newest_seq`. Later events
    /// stay in the inbox.
    pub upto_seq: u64,
}

/// A thread to snooze.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxSnoozeParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// When the snooze ends. A mention, an approval or a failure ends it earlier.
    pub until: Timestamp,
    /// The last position that the client has shown: a mention after it ends the snooze immediately. Default: the end of
    /// the log.
    pub upto_seq: Option<u64>,
}

/// The inbox item to act on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxThreadParams {
    /// The thread.
    pub thread_id: ThreadId,
}

/// The items after an action.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxItemsResponse {
    /// The items in their current state.
    pub items: Vec<Json<InboxItem>>,
    /// The current number of items in each view.
    pub counts: InboxCounts,
    /// The last position of the log.
    pub as_of_seq: u64,
}

/// A member's notification level for a thread.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadSetNotificationLevelParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The level. `null` or absent: use the level of the workroom.
    pub level: Option<NotificationLevel>,
}

/// A member's notification level for a workroom.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomSetNotificationLevelParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The level. `null` or absent: `all`.
    pub level: Option<NotificationLevel>,
}

/// The notification level after the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationLevelResponse {
    /// The level that applies now.
    pub level: NotificationLevel,
}
