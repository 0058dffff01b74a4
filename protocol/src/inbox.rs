//! The inbox: the items in a member's workrooms that concern the member.

mod requests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, AgentAttribution};
use crate::approval::ApprovalRisk;
use crate::id::{ApprovalId, EventId, ThreadId, WorkroomId};
use crate::thread::{ThreadStatus, WorkroomThreadKind};
use crate::time::Timestamp;

pub use self::requests::*;

/// A view of the inbox.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum InboxView {
    /// Every item that is neither done nor snoozed: a message for the member, or something that needs their action.
    #[default]
    All,
    /// The items of `all` that are direct messages.
    Direct,
    /// The items of `all` in which the member was mentioned.
    Mentions,
    /// Threads that concern the member and in which work is in progress, waiting or failed. Threads that are done are
    /// not included.
    Active,
    /// Threads with a pending approval that the member may decide, read or unread.
    NeedsApproval,
    /// Threads with an open question for a person, read or unread.
    NeedsHuman,
    /// Threads with an open failure, read or unread.
    Failed,
    /// The items of `all` with a new receipt.
    Receipts,
    /// The items that the member saved.
    Saved,
    /// The items that the member snoozed.
    Snoozed,
    /// The items that the member marked as done and that have nothing new.
    Done,
}

impl InboxView {
    /// Every view, in the order of the counts.
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

    /// The view's name in JSON.
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

    /// Returns the view with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// The reason why a thread is in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboxReason {
    /// There is a pending approval that the member may decide.
    Approval,
    /// There is an open question for a person.
    NeedsHuman,
    /// There is an open failure.
    Failure,
    /// The member was mentioned.
    Mention,
    /// There is a message in a direct conversation that includes the member.
    Direct,
    /// There is an answer to an event of the member. Only for agents.
    Reply,
    /// An approval that the member requested was decided. Only for agents.
    Decision,
    /// The member is asked to retry a failure. Only for agents.
    Retry,
    /// A task was completed.
    Receipt,
    /// A person posted a message.
    Message,
}

impl InboxReason {
    /// Every reason, the most urgent first.
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

    /// Whether the reason remains until somebody acts; reading does not clear it.
    pub fn is_ask(self) -> bool {
        matches!(self, Self::Approval | Self::NeedsHuman | Self::Failure)
    }
}

/// Which events a member wants in the inbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationLevel {
    /// Everything that concerns the member.
    #[default]
    All,
    /// Everything except messages to all members and receipts.
    Mentions,
    /// Only mentions.
    Muted,
}

impl NotificationLevel {
    /// The level's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::Muted => "muted",
        }
    }

    /// Returns the level with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::All, Self::Mentions, Self::Muted].into_iter().find(|level| level.name() == name)
    }
}

/// A reason why a thread is in the inbox, with its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxItemReason {
    /// The reason.
    pub reason: InboxReason,
    /// The position of the newest event with this reason.
    pub seq: u64,
    /// The id of that event.
    pub event_id: EventId,
    /// How many events have this reason since the member marked the thread as done. For approvals, questions and
    /// failures: how many are open.
    pub count: u64,
}

/// A pending item that needs the member's action: an approval, a question or a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxAsk {
    /// Which of the three it is.
    pub reason: InboxReason,
    /// The position of the event that created the item.
    pub seq: u64,
    /// The id of that event. Replies, retries and dismissals refer to it.
    pub event_id: EventId,
    /// The approval's id, for a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// Since when the item is pending.
    pub timestamp: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// The asking agent and its model; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentAttribution>,
    /// A preview of the request, on one line of at most 200 characters. Invisible characters are written out, such as
    /// `⟨U+200B⟩`, and a cut is marked, such as `⟨+1,990 characters⟩`.
    pub preview: String,
    /// How many characters the preview leaves out. If any are left out, show the full text before the member decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u64>,
    /// How much harm the action could do; see the `risk` of an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<ApprovalRisk>,
    /// Whether the item was imported from another log. If so, that log is the only source for who caused it and when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Whether this is a failure with a retry in progress. If so, it does not need the member's action.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retried: bool,
}

/// A thread in a member's inbox.
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
    /// The member's state of the thread, and the items in it for them.
    #[serde(flatten)]
    pub standing: InboxStanding,
}

/// The member's state of a thread, and the items in it for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxStanding {
    /// The views that include the thread.
    pub views: Vec<InboxView>,
    /// The reasons, the most urgent first. Empty if the thread has nothing new, for example in `done`.
    pub reasons: Vec<InboxItemReason>,
    /// The pending items for the member: approvals, then questions, then failures, oldest first, at most five.
    pub asks: Vec<InboxAsk>,
    /// How many events for the member came after `read_upto`.
    pub unread: u64,
    /// The last position that the member has read.
    pub read_upto: u64,
    /// The last position that the member has marked as done.
    pub done_upto: u64,
    /// The position of the newest event for the member, or of the thread's first event if there was none.
    pub newest_seq: u64,
    /// When that event happened.
    pub updated_at: Timestamp,
    /// A preview of that event, on one line of at most 200 characters, in the format of [`InboxAsk::preview`].
    pub preview: String,
    /// How many characters the preview leaves out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u64>,
    /// Who caused that event.
    pub last_actor: Actor,
    /// The agent and the model that caused it; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<AgentAttribution>,
    /// The pending approvals that the member may decide, up to the 20 oldest.
    pub approval_ids: Vec<ApprovalId>,
    /// Whether there is an open failure that the member may retry and that has no retry in progress.
    pub can_retry: bool,
    /// Whether the member has saved it.
    pub saved: bool,
    /// Until when the member has snoozed it; absent if it is not snoozed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// The member's notification level for the thread: the one set for the thread, otherwise the one set for its
    /// workroom.
    pub level: NotificationLevel,
}

/// The number of items in each view.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxCounts {
    /// Items in `all`.
    pub all: u64,
    /// Items in `all` with unread events.
    pub unread: u64,
    /// Items in `direct`.
    pub direct: u64,
    /// Items in `mentions`.
    pub mentions: u64,
    /// Items in `active`.
    pub active: u64,
    /// Items in `needs_approval`.
    pub needs_approval: u64,
    /// Items in `needs_human`.
    pub needs_human: u64,
    /// Items in `failed`.
    pub failed: u64,
    /// Items in `receipts`.
    pub receipts: u64,
    /// Items in `saved`.
    pub saved: u64,
    /// Items in `snoozed`.
    pub snoozed: u64,
    /// Items in `done`.
    pub done: u64,
}
