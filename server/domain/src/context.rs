//! Bounded context: the result of `workroom/resolve` within a token budget.

use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::id::EventId;
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::resolve::{OpenItem, Participant, ResolveFormat, Resolved, ThreadBrief};
use workroom_protocol::thread::WorkroomThread;
use workroom_protocol::workroom::Workroom;

mod clip;
mod cost;
mod fixed;
mod history;
mod kind;
mod markdown;
mod plan;
mod rung;
mod shelf;
#[cfg(test)]
mod tests;

pub use self::markdown::say;

/// Formats an event as a list item and clips its texts to about `max_chars`. Nothing in the texts can imitate another
/// list item. If the event replies to another, that one is looked up in `all`.
pub fn event_line(event: &WorkroomEvent, all: &[WorkroomEvent], max_chars: usize) -> String {
    let event = clip::Clips::of_chars(max_chars).event(event);
    format!("- {} {}", markdown::date(event.timestamp), markdown::lines::event(&event, all, false))
}

/// Everything that the context can contain.
///
/// The caller bounds each list, except for `pending_approvals`, `needs_human` and `open_failures`, which are
/// complete.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// The target of the link.
    pub link: WorkroomLink,
    /// The workroom.
    pub workroom: Workroom,
    /// The thread, with its references, if the link names a thread or an event.
    pub thread: Option<WorkroomThread>,
    /// The threads of the workroom, most recent activity first, if the link names no thread.
    pub threads: Vec<ThreadBrief>,
    /// How many threads there are beyond `threads`.
    pub more_threads: u64,
    /// Participants, most recent first.
    pub participants: Vec<Participant>,
    /// How many participants there are beyond `participants`.
    pub more_participants: u64,
    /// Pending approvals, oldest first. Complete.
    pub pending_approvals: Vec<OpenItem>,
    /// Questions that wait for a person's answer, oldest first. Complete.
    pub needs_human: Vec<OpenItem>,
    /// Open failures, oldest first. Complete.
    pub open_failures: Vec<OpenItem>,
    /// Decided approvals, newest first.
    pub decisions: Vec<OpenItem>,
    /// How many decisions there are beyond `decisions`.
    pub more_decisions: u64,
    /// Artifacts, newest first.
    pub artifacts: Vec<Artifact>,
    /// How many artifacts there are beyond `artifacts`.
    pub more_artifacts: u64,
    /// Receipts, newest first.
    pub receipts: Vec<OpenItem>,
    /// How many receipts there are beyond `receipts`.
    pub more_receipts: u64,
    /// The last events of [`super::event_text::TOLD_KINDS`], oldest first. If there is a `focus`, the events around
    /// it.
    pub recent_events: Vec<WorkroomEvent>,
    /// How many such events there are beyond `recent_events`.
    pub more_events: u64,
    /// The linked event, of any kind. It is one of `recent_events`.
    pub focus: Option<EventId>,
    /// The last position in the log.
    pub head_seq: u64,
}

/// How large the context may be, and its format.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// The maximum size of the whole result, in tokens as [`super::text::estimate_tokens`] counts them; at least 200.
    pub max_tokens: usize,
    /// The maximum number of events, including the linked one.
    pub max_events: Option<usize>,
    /// The format of the result.
    pub format: ResolveFormat,
}

/// The context that fits the budget.
#[derive(Debug)]
pub struct Fitted {
    /// The result.
    pub resolved: Resolved,
    /// Whether all of [`Gathered::recent_events`] fit although more events exist. With more events gathered, the
    /// result would be different.
    pub wants_history: bool,
}

/// Chooses and clips what fits the budget.
///
/// The JSON of the result, including `markdown`, costs at most [`Budget::max_tokens`], with one exception: pending
/// approvals, open questions and open failures are never left out. If these alone exceed the budget, with texts of
/// about 40 characters and without `agent` and the linked `thread_id`, the result exceeds the budget and contains
/// only them, the link, the title and the counts. They are then in the fields with [`ResolveFormat::Both`], and
/// `markdown` points there; with [`ResolveFormat::Markdown`] they are in `markdown`.
///
/// Long texts are clipped in the middle; a smaller budget means shorter texts. History is dropped first, starting
/// with the oldest events. Around a linked event, the history extends equally far in both directions, as far as there
/// are events. The linked event itself is included, clipped, whenever the budget has room for one event. That takes
/// about 500 tokens if nothing is pending. The last few events take precedence over the other lists. Those lists
/// share at most half of what remains after the fixed part, plus whatever history does not need. A small budget omits
/// `workroom` and `thread`. `thread` never contains its references, which are in `external_refs`. A reference that is
/// too long for the budget is left out and counted.
///
/// `truncated` counts the entries left out of each section, including those that were not gathered.
pub fn fit(gathered: Gathered, budget: &Budget) -> Fitted {
    let limit = budget.max_tokens.saturating_mul(cost::TOKEN);
    let mut room = limit;
    let mut wants_history = false;
    loop {
        let plan = plan::best(&gathered, budget, room);
        let resolved = plan.resolved();
        wants_history |= plan.wants_history;
        // The plan only adds up the costs of its parts. The budget applies to the whole result as sent.
        let cost = cost::json(&resolved);
        if cost <= limit || plan.is_least() {
            return Fitted { resolved, wants_history };
        }
        room = room.saturating_sub(cost - limit);
    }
}
