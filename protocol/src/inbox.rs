//! The inbox: what in the threads of a member's workrooms is for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::approval::ApprovalRisk;
use crate::id::{ApprovalId, EventId, SubscriptionId, ThreadId, WorkroomId};
use crate::json::Json;
use crate::thread::{ThreadStatus, WorkroomThreadKind};
use crate::time::Timestamp;

/// A part of the inbox.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum InboxView {
    /// Everything that is neither done nor snoozed: something was said to the member, or waits for them.
    #[default]
    All,
    /// Of that, direct messages.
    Direct,
    /// Of that, threads in which the member was mentioned.
    Mentions,
    /// Threads that concern the member and in which work goes on, waits or went wrong. Not those that are done.
    Active,
    /// An approval waits that the member may decide, whether they have read it or not.
    NeedsApproval,
    /// A question waits for a person, whether the member has read it or not.
    NeedsHuman,
    /// A failure stands, whether the member has read it or not.
    Failed,
    /// Of `all`, threads with a new receipt.
    Receipts,
    /// What the member has saved.
    Saved,
    /// What the member has put off.
    Snoozed,
    /// What the member is done with, and where nothing new came since.
    Done,
}

impl InboxView {
    /// Every view, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::All,
        Self::Direct,
        Self::Mentions,
        Self::Active,
        Self::NeedsApproval,
        Self::NeedsHuman,
        Self::Failed,
        Self::Receipts,
        Self::Saved,
        Self::Snoozed,
        Self::Done,
    ];

    /// The name of the view on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Direct => "direct",
            Self::Mentions => "mentions",
            Self::Active => "active",
            Self::NeedsApproval => "needs_approval",
            Self::NeedsHuman => "needs_human",
            Self::Failed => "failed",
            Self::Receipts => "receipts",
            Self::Saved => "saved",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
        }
    }

    /// The view of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// Why something is in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboxReason {
    /// An approval waits that the member may decide.
    Approval,
    /// A question waits for a person.
    NeedsHuman,
    /// A failure stands.
    Failure,
    /// The member was mentioned.
    Mention,
    /// A message in a conversation between a few that the member is one of.
    Direct,
    /// An answer to an event of the member, who is an agent.
    Reply,
    /// An approval that the member, who is an agent, asked for was decided.
    Decision,
    /// The member, who is an agent, is asked to try again what failed.
    Retry,
    /// A piece of work was done.
    Receipt,
    /// A person said something.
    Message,
}

impl InboxReason {
    /// Every reason, the most pressing first.
    pub const ALL: [Self; 10] = [
        Self::Approval,
        Self::NeedsHuman,
        Self::Failure,
        Self::Mention,
        Self::Direct,
        Self::Reply,
        Self::Decision,
        Self::Retry,
        Self::Receipt,
        Self::Message,
    ];

    /// Whether it stands until somebody acts, and reading does not clear it.
    pub fn is_ask(self) -> bool {
        matches!(self, Self::Approval | Self::NeedsHuman | Self::Failure)
    }
}

/// What a member wants to hear of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationLevel {
    /// Everything that is for them.
    #[default]
    All,
    /// All but messages to everybody, and receipts.
    Mentions,
    /// Mentions only.
    Muted,
}

impl NotificationLevel {
    /// The name of the level on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::Muted => "muted",
        }
    }

    /// The level of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::All, Self::Mentions, Self::Muted].into_iter().find(|level| level.name() == name)
    }
}

/// Why a thread is in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxItemReason {
    /// Why.
    pub reason: InboxReason,
    /// The position of the newest event that it is for.
    pub seq: u64,
    /// That event.
    pub event_id: EventId,
    /// How many such events came since the member was done with the thread; of approvals, questions and failures,
    /// how many stand.
    pub count: u64,
}

/// Something in a thread that waits for the member: an approval, a question or a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxAsk {
    /// Which of the three.
    pub reason: InboxReason,
    /// The position of the event that asks.
    pub seq: u64,
    /// That event: what a reply, a retry or a dismissal names.
    pub event_id: EventId,
    /// The approval that a decision names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// Since when it waits.
    pub timestamp: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// Which agent and model, when an agent asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// What is asked, on one line of at most 200 characters. Characters that cannot be seen are written out, such as
    /// `⟨U+200B⟩`, and a cut is marked, such as `⟨+1,990 characters⟩`.
    pub preview: String,
    /// How many characters the preview leaves out. What is cut is not what to decide on: show all of it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u64>,
    /// How much could go wrong with an approval, see `risk` of an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<ApprovalRisk>,
    /// Whether it was imported from another log, whose word it is who caused it and when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Whether it is a failure after which another attempt is under way: nobody waits for the member then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retried: bool,
}

/// A thread in the inbox of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxItem {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The title of the workroom.
    pub workroom_title: String,
    /// The thread.
    pub thread_id: ThreadId,
    /// The title of the thread.
    pub thread_title: String,
    /// What kind of thread it is.
    pub thread_kind: WorkroomThreadKind,
    /// What state the thread is in.
    pub status: ThreadStatus,
    /// The link to the thread.
    pub link: String,
    /// What the member made of it and what is in it for them.
    #[serde(flatten)]
    pub standing: InboxStanding,
}

/// What is in a thread for a member, and what they have made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxStanding {
    /// The views that it is in.
    pub views: Vec<InboxView>,
    /// Why it is there, the most pressing first. Empty when nothing new is in it, such as in `done`.
    pub reasons: Vec<InboxItemReason>,
    /// What waits for the member: approvals, then questions, then failures, the oldest first, at most five.
    pub asks: Vec<InboxAsk>,
    /// How many events for the member came after `read_upto`.
    pub unread: u64,
    /// What the member has read: everything up to this position.
    pub read_upto: u64,
    /// What the member is done with: everything up to this position.
    pub done_upto: u64,
    /// The position of the newest event that was for the member; of the thread's first one when none was.
    pub newest_seq: u64,
    /// When that event happened.
    pub updated_at: Timestamp,
    /// What that event says, on one line of at most 200 characters, in the form of [`InboxAsk::preview`].
    pub preview: String,
    /// How many characters the preview leaves out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u64>,
    /// Who caused that event.
    pub last_actor: Actor,
    /// Which agent and model did, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<AgentAttribution>,
    /// The approvals that wait and that the member may decide, the oldest 20 of them.
    pub approval_ids: Vec<ApprovalId>,
    /// Whether a failure stands that the member may have tried again, and no attempt is under way.
    pub can_retry: bool,
    /// Whether the member has saved it.
    pub saved: bool,
    /// Until when the member has put it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// What the member wants to hear of the thread: their choice for it, or else for its workroom.
    pub level: NotificationLevel,
}

/// How many items each view has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxCounts {
    /// Of `all`.
    pub all: u64,
    /// Of `all`, those with something unread.
    pub unread: u64,
    /// Of `direct`.
    pub direct: u64,
    /// Of `mentions`.
    pub mentions: u64,
    /// Of `active`.
    pub active: u64,
    /// Of `needs_approval`.
    pub needs_approval: u64,
    /// Of `needs_human`.
    pub needs_human: u64,
    /// Of `failed`.
    pub failed: u64,
    /// Of `receipts`.
    pub receipts: u64,
    /// Of `saved`.
    pub saved: u64,
    /// Of `snoozed`.
    pub snoozed: u64,
    /// Of `done`.
    pub done: u64,
}

/// Which part of the inbox to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxListParams {
    /// The view. Default: `all`.
    pub view: Option<InboxView>,
    /// Only threads of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// How many at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of the inbox: what has the newest event for the member comes first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxListResponse {
    /// The items.
    pub items: Vec<Json<InboxItem>>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many items each view has, in the workroom when one was named.
    pub counts: InboxCounts,
    /// The end of the log when the page was read.
    pub as_of_seq: u64,
}

/// What to count.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxCountsParams {
    /// Only threads of this workroom.
    pub workroom_id: Option<WorkroomId>,
}

/// How many items each view has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxCountsResponse {
    /// How many.
    pub counts: InboxCounts,
    /// The end of the log when they were counted.
    pub as_of_seq: u64,
}

/// Which part of the inbox to be told of.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxSubscribeParams {
    /// The view. Default: `all`.
    pub view: Option<InboxView>,
    /// Only threads of this workroom.
    pub workroom_id: Option<WorkroomId>,
    /// How many items the first page has at most, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// `as_of_seq` of what the client has seen last: everything that changed since is told first.
    /// Default: only what changes from now on.
    pub as_of_seq: Option<u64>,
    /// The `epoch` that `as_of_seq` belongs to; another store's answers `cursor_expired`.
    pub epoch: Option<String>,
}

/// A subscription that has begun, and the first page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxSubscribeResponse {
    /// What `inbox/changed` and `inbox/unsubscribe` call it.
    pub subscription_id: SubscriptionId,
    /// Names the store that positions belong to.
    pub epoch: String,
    /// The items.
    pub items: Vec<Json<InboxItem>>,
    /// Where the next page begins, for `inbox/list`; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many items each view has, in the workroom when one was named.
    pub counts: InboxCounts,
    /// The end of the log when the page was read.
    pub as_of_seq: u64,
}

/// Which subscription is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxUnsubscribeParams {
    /// The subscription.
    pub subscription_id: SubscriptionId,
}

/// What has changed in a part of the inbox. An item may be told again as it was: what counts is the last.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxChanged {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// Items that are in the view, as they are now.
    pub items: Vec<Json<InboxItem>>,
    /// Threads that changed and are not in the view now. The client may not have known them.
    pub removed: Vec<ThreadId>,
    /// How many items each view has now.
    pub counts: InboxCounts,
    /// Go on from here after a lost connection.
    pub as_of_seq: u64,
}

/// What the member has read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxMarkReadParams {
    /// The thread. Exactly one of `thread_id` and `thread_ids` is given.
    pub thread_id: Option<ThreadId>,
    /// Threads, 1 to 200.
    pub thread_ids: Option<Vec<ThreadId>>,
    /// Everything up to this position: what the client has shown, such as an item's `newest_seq`.
    pub upto_seq: u64,
}

/// What the member wants to read again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxMarkUnreadParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// Everything from this position on. Default: the newest event that was for the member.
    pub from_seq: Option<u64>,
}

/// What the member is done with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxArchiveParams {
    /// The thread. Exactly one of `thread_id` and `thread_ids` is given.
    pub thread_id: Option<ThreadId>,
    /// Threads, 1 to 200.
    pub thread_ids: Option<Vec<ThreadId>>,
    /// Everything up to this position: what the client has shown, such as an item's `newest_seq`.
    /// What came after it stays in the inbox.
    pub upto_seq: u64,
}

/// What the member puts off.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxSnoozeParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// Until when. A mention, an approval or a failure ends it earlier.
    pub until: Timestamp,
    /// What the client has shown: a mention after this position ends the snooze at once. Default: the end of the log.
    pub upto_seq: Option<u64>,
}

/// Which item of the inbox is meant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxThreadParams {
    /// The thread.
    pub thread_id: ThreadId,
}

/// What became of the items that an action was about.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct InboxItemsResponse {
    /// The items as they are now.
    pub items: Vec<Json<InboxItem>>,
    /// How many items each view has now.
    pub counts: InboxCounts,
    /// The end of the log.
    pub as_of_seq: u64,
}

/// What a member wants to hear of a thread.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadSetNotificationLevelParams {
    /// The thread.
    pub thread_id: ThreadId,
    /// The level; `null` or absent for that of the workroom.
    pub level: Option<NotificationLevel>,
}

/// What a member wants to hear of a workroom.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkroomSetNotificationLevelParams {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// The level; `null` or absent for `all`.
    pub level: Option<NotificationLevel>,
}

/// What a member wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationLevelResponse {
    /// The level that holds now.
    pub level: NotificationLevel,
}
