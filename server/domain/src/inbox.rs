//! Which views of the inbox a thread is in.

use workroom_protocol::inbox::{InboxReason as Reason, InboxView, NotificationLevel};

/// A set of views, one bit each, and the bit for what is in `all` and unread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Views(pub u32);

impl Views {
    /// The bit of what is in `all` and unread: it is counted as a view is.
    pub const UNREAD: Self = Self(1 << InboxView::ALL.len());
    /// How many bits there are.
    pub const BITS: usize = InboxView::ALL.len() + 1;

    /// The set of one view.
    pub fn of(view: InboxView) -> Self {
        Self(1 << InboxView::ALL.iter().position(|known| *known == view).unwrap_or_default())
    }

    /// Whether a view is in the set.
    pub fn contains(self, view: InboxView) -> bool {
        self.0 & Self::of(view).0 != 0
    }

    /// The views in the set.
    pub fn list(self) -> Vec<InboxView> {
        InboxView::ALL.into_iter().filter(|view| self.contains(*view)).collect()
    }
}

/// What the views of a thread follow from, for one member.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Why there is something new since the member was done with it, among what their level lets through.
    /// Approvals, questions and failures are not among them.
    pub fresh: &'a [Reason],
    /// How many approvals wait for the member.
    pub approvals: usize,
    /// How many questions wait for a person.
    pub questions: usize,
    /// How many failures stand.
    pub failures: usize,
    /// How many events after what they have read are among what their level lets through.
    pub unread: u64,
    /// The position of the newest event for the member.
    pub newest: u64,
    /// What the member is done with.
    pub done: u64,
    /// Whether the member took it back after being done with it.
    pub reopened: bool,
    /// Whether the member has put it off, and nothing ended that since.
    pub snoozed: bool,
    /// Whether the member has saved it.
    pub saved: bool,
    /// What the member wants to hear of it.
    pub level: NotificationLevel,
    /// Whether the thread is a conversation between a few.
    pub is_direct: bool,
    /// Whether work goes on in the thread, waits or went wrong.
    pub is_active: bool,
}

/// Whether a level lets a reason through.
pub fn lets_through(level: NotificationLevel, reason: Reason) -> bool {
    match level {
        NotificationLevel::All => true,
        NotificationLevel::Mentions => !matches!(reason, Reason::Message | Reason::Receipt),
        NotificationLevel::Muted => reason == Reason::Mention,
    }
}

/// The views that a thread is in.
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
        // Reading, being done and putting off clear nothing that needs action.
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
