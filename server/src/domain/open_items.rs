//! What waits for somebody: approvals, questions, failures; and what settles them.

use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::EventId;

/// What kind of thing waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// An approval that was asked for.
    Approval,
    /// A question to a person.
    NeedsHuman,
    /// A failure.
    Failure,
}

impl ItemKind {
    /// The name under which the store keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::NeedsHuman => "needs_human",
            Self::Failure => "failure",
        }
    }
}

/// What an event settles among the open items of its thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settles<'a> {
    /// Nothing.
    Nothing,
    /// The item of this kind that this event opened, if it is open.
    One(ItemKind, &'a EventId),
    /// Every question.
    AllQuestions,
    /// The failure that this event replies to, and every failure of the same actor.
    FailuresOfActor(Option<&'a EventId>),
}

/// What `event` opens in its thread.
pub fn opens(kind: &Kind) -> Option<ItemKind> {
    match kind {
        Kind::ApprovalRequest { .. } => Some(ItemKind::Approval),
        Kind::NeedsHuman { .. } => Some(ItemKind::NeedsHuman),
        Kind::Failure { .. } => Some(ItemKind::Failure),
        _ => None,
    }
}

/// What `event` settles in its thread.
///
/// A question is settled by a person's reply to it or by `resumed`; an approval only by its decision;
/// a failure by a receipt from whoever failed or in reply to it, or by being dismissed.
pub fn settles(event: &WorkroomEvent) -> Settles<'_> {
    match (&event.kind, &event.reply_to) {
        (Kind::Message { .. }, Some(question)) if event.actor.kind == ActorKind::Human => {
            Settles::One(ItemKind::NeedsHuman, question)
        }
        (Kind::Resumed {}, Some(question)) => Settles::One(ItemKind::NeedsHuman, question),
        (Kind::Resumed {}, None) => Settles::AllQuestions,
        (Kind::ApprovalDecided { request_event_id: Some(request), .. }, _) => {
            Settles::One(ItemKind::Approval, request)
        }
        (Kind::Receipt { .. }, reply_to) => Settles::FailuresOfActor(reply_to.as_ref()),
        (Kind::FailureDismissed { failure_event_id, .. }, _) => {
            Settles::One(ItemKind::Failure, failure_event_id)
        }
        _ => Settles::Nothing,
    }
}
