//! Bounded context: what `workroom/resolve` answers, within a budget of tokens.

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

/// An event as an item of a list, its texts cut to some `max_chars`, and nothing in them able to pass for another item.
/// `all` are those among which the one that it answers is looked for.
pub fn event_line(event: &WorkroomEvent, all: &[WorkroomEvent], max_chars: usize) -> String {
    let event = clip::Clips::of_chars(max_chars).event(event);
    format!("- {} {}", markdown::date(event.timestamp), markdown::lines::event(&event, all, false))
}

/// Everything that the context is chosen from.
///
/// Each list is bounded by whoever gathers it, but for the three of what needs somebody, which are whole.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// What was linked to.
    pub link: WorkroomLink,
    /// The workroom.
    pub workroom: Workroom,
    /// The thread, with its references, when the link names one or an event of one.
    pub thread: Option<WorkroomThread>,
    /// The threads of the workroom, newest activity first, when the link names no thread.
    pub threads: Vec<ThreadBrief>,
    /// How many threads there are beyond `threads`.
    pub more_threads: u64,
    /// Who took part, most recent first.
    pub participants: Vec<Participant>,
    /// How many took part beyond `participants`.
    pub more_participants: u64,
    /// What waits for a decision, oldest first: all of it.
    pub pending_approvals: Vec<OpenItem>,
    /// What waits for an answer of a person, oldest first: all of it.
    pub needs_human: Vec<OpenItem>,
    /// What failed and still stands, oldest first: all of it.
    pub open_failures: Vec<OpenItem>,
    /// How approvals were decided, newest first.
    pub decisions: Vec<OpenItem>,
    /// How many decisions there are beyond `decisions`.
    pub more_decisions: u64,
    /// What was made, newest first.
    pub artifacts: Vec<Artifact>,
    /// How many artifacts there are beyond `artifacts`.
    pub more_artifacts: u64,
    /// What was done, newest first.
    pub receipts: Vec<OpenItem>,
    /// How many receipts there are beyond `receipts`.
    pub more_receipts: u64,
    /// The last events of [`super::event_text::TOLD_KINDS`], oldest first; those around `focus` when there is one.
    pub recent_events: Vec<WorkroomEvent>,
    /// How many such events there are beyond `recent_events`.
    pub more_events: u64,
    /// The event that was linked to, of any kind, to be found in `recent_events`.
    pub focus: Option<EventId>,
    /// The last position of the log.
    pub head_seq: u64,
}

/// What the context may cost, and in which form it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// What the whole answer may cost, in tokens as [`super::text::estimate_tokens`] counts them; at least 200.
    pub max_tokens: usize,
    /// How many events at most; the linked one is one of them.
    pub max_events: Option<usize>,
    /// In which form.
    pub format: ResolveFormat,
}

/// What fits the budget.
#[derive(Debug)]
pub struct Fitted {
    /// The answer.
    pub resolved: Resolved,
    /// Whether all of [`Gathered::recent_events`] was taken while there are more: with those the answer is another one.
    pub wants_history: bool,
}

/// Chooses and clips what fits the budget.
///
/// The JSON of the answer, with `markdown` in it, costs at most [`Budget::max_tokens`].
/// Only what waits for a decision, waits for an answer or failed is never left out:
/// when that alone, with texts of about 40 characters and without `agent` and the linked `thread_id`,
/// exceeds the budget, the answer exceeds it, and has nothing else but link, title and counts.
/// With [`ResolveFormat::Both`] it is then in the fields, and `markdown` says so;
/// with [`ResolveFormat::Markdown`] it is in `markdown`.
///
/// Long texts are clipped in the middle, the more the smaller the budget.
/// History gives way first, oldest first; around a linked event it is as long before as after, as far as it goes.
/// The linked event itself is there, clipped, wherever the budget leaves room for one event at all,
/// which is the case from some 500 tokens on when nothing waits.
/// The last few events come before the other lists, which get at most half of what the fixed part leaves,
/// and in the end what history does not need.
/// In a small budget `workroom` and `thread` are absent. `thread` is without its references,
/// which are in `external_refs`; a reference too long for the budget is left out and counted.
///
/// `truncated` counts what is left out of each section, including what was not gathered.
pub fn fit(gathered: Gathered, budget: &Budget) -> Fitted {
    let limit = budget.max_tokens.saturating_mul(cost::TOKEN);
    let mut room = limit;
    let mut wants_history = false;
    loop {
        let plan = plan::best(&gathered, budget, room);
        let resolved = plan.resolved();
        wants_history |= plan.wants_history;
        // The plan adds up what its parts cost; what counts is the whole as it is sent.
        let cost = cost::json(&resolved);
        if cost <= limit || plan.is_least() {
            return Fitted { resolved, wants_history };
        }
        room = room.saturating_sub(cost - limit);
    }
}
