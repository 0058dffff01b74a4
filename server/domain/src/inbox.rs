//! Decides which views of the inbox contain a thread.

use workroom_protocol::inbox::{InboxReason as Reason, InboxView, NotificationLevel};

/// A set of views, one bit each, plus a bit for threads that are in `all` and unread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Views(pub u32);

impl Views {
    /// The bit for threads that are in `all` and unread. The inbox counts them like a view.
    pub const UNREAD: Self = Self(1 << InboxView::ALL.len());
    /// The number of bits.
    pub const BITS: usize = InboxView::ALL.len() + 1;

    /// The set with one view.
    pub fn of(view: InboxView) -> Self {
        Self(1 << InboxView::ALL.iter().position(|known| *known == view).unwrap_or_default())
    }

    /// Whether the set contains a view.
    pub fn contains(self, view: InboxView) -> bool {
        self.0 & Self::of(view).0 != 0
    }

    /// The views in the set.
    pub fn list(self) -> Vec<InboxView> {
        InboxView::ALL.into_iter().filter(|view| self.contains(*view)).collect()
    }
}

/// The facts about a thread that determine its views, for one member.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The reasons for new activity since the member marked the thread done, filtered by the member's notification
    /// level. Approvals, questions and failures are not included.
    pub fresh: &'a [Reason],
    /// How many approvals wait for the member.
    pub approvals: usize,
    /// How many questions wait for a person.
    pub questions: usize,
    /// How many failures are open.
    pub failures: usize,
    /// How many events after the member's read position pass the member's notification level.
    pub unread: u64,
    /// The position of the newest event for the member.
    pub newest: u64,
    /// The position up to which the member marked the thread done.
    pub done: u64,
    /// Whether the member reopened the thread after marking it done.
    pub reopened: bool,
    /// Whether the member snoozed the thread, and the snooze has not ended.
    pub snoozed: bool,
    /// Whether the member saved the thread.
    pub saved: bool,
    /// The member's notification level for the thread.
    pub level: NotificationLevel,
    /// Whether the thread is a direct conversation.
    pub is_direct: bool,
    /// Whether work in the thread is in progress, is waiting, or has failed.
    pub is_active: bool,
}

/// Whether a notification level lets a reason through.
pub fn lets_through(level: NotificationLevel, reason: Reason) -> bool {
    match level {
        NotificationLevel::All => true,
        NotificationLevel::Mentions => !matches!(reason, Reason::Message | Reason::Receipt),
        NotificationLevel::Muted => reason == Reason::Mention,
    }
}

/// The views that contain a thread.
pub fn views(facts: &Facts<'_>) -> Views {
    let waits = facts.approvals + facts.questions + facts.failures > 0;
    let visible = (!facts.fresh.is_empty() || waits || facts.reopened) && !facts.snoozed;
    let is_done = facts.done >= facts.newest && !waits && !facts.reopened;
    let fresh = |reason| facts.fresh.contains(&reason);
    let spoken_to = [Reason::Direct, Reason::Mention, Reason::Reply].into_iter().any(fresh);
    let concerns = visible || (facts.level != NotificationLevel::Muted && !is_done);
    let is_in = |view| match view {
        InboxView::All => visible,
        InboxView::Direct => visible && facts.is_direct && spoken_to,
        InboxView::Mentions => visible && fresh(Reason::Mention),
        InboxView::Active => facts.is_active && concerns && !facts.snoozed,
        // Reading, marking done and snoozing do not clear items that need action.
        InboxView::NeedsApproval => facts.approvals > 0,
        InboxView::NeedsHuman => facts.questions > 0,
        InboxView::Failed => facts.failures > 0,
        InboxView::Receipts => visible && fresh(Reason::Receipt),
        InboxView::Saved => facts.saved,
        InboxView::Snoozed => facts.snoozed,
        InboxView::Done => is_done && !facts.snoozed,
    };
    let bits = InboxView::ALL.into_iter().filter(|view| is_in(*view)).map(|view| Views::of(view).0).sum();
    if visible && facts.unread > 0 { Views(bits | Views::UNREAD.0) } else { Views(bits) }
}
