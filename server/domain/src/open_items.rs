//! Open items (approvals, questions and failures), and the events that settle them.

use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::EventId;

/// The kind of an open item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A requested approval.
    Approval,
    /// A question for a person.
    NeedsHuman,
    /// A failure.
    Failure,
}

impl ItemKind {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::NeedsHuman => "needs_human",
            Self::Failure => "failure",
        }
    }
}

/// What an event settles among the open items of its thread, provided that it [`reaches`] them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settles<'a> {
    /// Nothing.
    Nothing,
    /// The item of this kind that this event opened, if it is still open.
    One(ItemKind, &'a EventId),
    /// Every question.
    AllQuestions,
    /// The failure that this event replies to, and every failure of the same actor with the same origin.
    FailuresOfActor(Option<&'a EventId>),
}

/// Where an event happened: `None` for this log; for an imported event, the thread that it came from, if known.
pub fn origin(event: &WorkroomEvent) -> Option<&str> {
    let imported = event.imported.as_ref()?;
    Some(imported.thread_id.as_ref().map_or("", |thread| &thread.0))
}

/// Whether an event with the origin `event` can settle an item with the origin `item`. An importer of events
/// controls their claimed actors, so imported events settle only items from the same thread.
pub fn reaches(event: Option<&str>, item: Option<&str>) -> bool {
    event.is_none() || event == item
}

/// The item that `event` opens in its thread, if any.
///
/// An imported approval request opens nothing. Its requester waits in another system, and a decision made here must
/// never reach an agent that requests something similar.
pub fn opens(event: &WorkroomEvent) -> Option<ItemKind> {
    match event.kind {
        Kind::ApprovalRequest { .. } if event.imported.is_none() => Some(ItemKind::Approval),
        Kind::NeedsHuman { .. } => Some(ItemKind::NeedsHuman),
        Kind::Failure { .. } => Some(ItemKind::Failure),
        _ => None,
    }
}

/// What `event` settles in its thread.
///
/// A question is settled by a person's reply to it or by `resumed`. An approval is settled only by its decision, and
/// never by an imported one. A failure is settled by a receipt from the actor that failed or in reply to the failure,
/// or by dismissing it.
pub fn settles(event: &WorkroomEvent) -> Settles<'_> {
    match (&event.kind, &event.reply_to) {
        (Kind::Message { .. }, Some(question)) if event.actor.kind == ActorKind::Human => {
            Settles::One(ItemKind::NeedsHuman, question)
        }
        (Kind::Resumed {}, Some(question)) => Settles::One(ItemKind::NeedsHuman, question),
        (Kind::Resumed {}, None) => Settles::AllQuestions,
        (Kind::ApprovalDecided { request_event_id: Some(request), .. }, _) if event.imported.is_none() => {
            Settles::One(ItemKind::Approval, request)
        }
        (Kind::Receipt { .. }, reply_to) => Settles::FailuresOfActor(reply_to.as_ref()),
        (Kind::FailureDismissed { failure_event_id, .. }, _) => {
            Settles::One(ItemKind::Failure, failure_event_id)
        }
        _ => Settles::Nothing,
    }
}

/// The kinds of events for which [`settles_question`] can be true.
pub const SETTLING_QUESTIONS: [&str; 2] = ["message", "resumed"];

/// Whether `event` settles the question `asked`, as opposed to other questions of the thread.
pub fn settles_question(event: &WorkroomEvent, asked: &WorkroomEvent) -> bool {
    let is_later = event.thread_id == asked.thread_id && event.seq > asked.seq;
    if opens(asked) != Some(ItemKind::NeedsHuman) || !is_later || !reaches(origin(event), origin(asked)) {
        return false;
    }
    match settles(event) {
        Settles::One(ItemKind::NeedsHuman, question) => *question == asked.id,
        Settles::AllQuestions => true,
        Settles::One(..) | Settles::FailuresOfActor(_) | Settles::Nothing => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn event(
        seq: u64,
        kind: Value,
        reply_to: Option<usize>,
        by: &str,
        origin: Option<&str>,
    ) -> WorkroomEvent {
        let kind_of = if by == "bot" { "agent" } else { "human" };
        let imported = origin.map(|thread| {
            let by = json!({"kind": "human", "handle": "ada"});
            json!({"by": by, "at": "2026-11-20T08:30:00.000Z", "event_id": "evt_x", "thread_id": thread})
        });
        let event = json!({
            "seq": seq, "id": format!("evt_{seq}"), "thread_id": "thr_1", "workroom_id": "wr_1",
            "timestamp": "2026-11-20T08:30:00.000Z", "kind": kind,
            "actor": {"kind": kind_of, "handle": by},
            "reply_to": reply_to.map(|at| format!("evt_{at}")), "imported": imported,
        });
        serde_json::from_value(event).expect("an event")
    }

    /// The open items of a log, computed item by item with the rules that the store uses.
    fn open(log: &[WorkroomEvent]) -> Vec<EventId> {
        let mut open: Vec<&WorkroomEvent> = Vec::new();
        for event in log {
            open.retain(|item| {
                let reached = reaches(origin(event), origin(item));
                !(reached
                    && match settles(event) {
                        Settles::One(kind, id) => opens(item) == Some(kind) && item.id == *id,
                        Settles::AllQuestions => true,
                        Settles::FailuresOfActor(_) | Settles::Nothing => false,
                    })
            });
            if opens(event) == Some(ItemKind::NeedsHuman) {
                open.push(event);
            }
        }
        open.into_iter().map(|item| item.id.clone()).collect()
    }

    fn kinds() -> impl Strategy<Value = Value> {
        prop::sample::select(vec![
            json!({"event": "needs_human", "reason": "?"}),
            json!({"event": "message", "content": "."}),
            json!({"event": "resumed"}),
            json!({"event": "receipt", "summary": "."}),
        ])
    }

    proptest! {
        #[test]
        fn a_question_stays_open_until_an_event_settles_that_question(
            steps in prop::collection::vec(
                (kinds(), prop::option::of(1usize..12), prop::sample::select(vec!["ada", "bot"]),
                 prop::option::of(prop::sample::select(vec!["thr_a", "thr_b"]))),
                1..12,
            )
        ) {
            let log: Vec<_> = steps
                .into_iter()
                .enumerate()
                .map(|(at, (kind, reply_to, by, origin))| event(at as u64 + 1, kind, reply_to, by, origin))
                .collect();
            let open = open(&log);
            for asked in log.iter().filter(|event| opens(event) == Some(ItemKind::NeedsHuman)) {
                let settled = log.iter().any(|event| settles_question(event, asked));
                prop_assert_eq!(open.contains(&asked.id), !settled, "{:?}", asked);
            }
        }

        #[test]
        fn imported_events_settle_nothing_from_this_log(kind in kinds(), by in prop::sample::select(vec!["ada", "bot"])) {
            let asked = event(1, json!({"event": "needs_human", "reason": "?"}), None, "bot", None);
            let imported = event(2, kind, Some(1), by, Some("thr_a"));
            prop_assert!(!settles_question(&imported, &asked));
        }
    }

    #[test]
    fn an_imported_approval_is_not_pending_and_decides_nothing() {
        let asks = json!({"event": "approval_request", "tool_name": "rm"});
        assert_eq!(opens(&event(1, asks.clone(), None, "bot", None)), Some(ItemKind::Approval));
        assert_eq!(opens(&event(1, asks, None, "bot", Some("thr_a"))), None);
        let decided = json!({
            "event": "approval_decided", "approval_id": "apr_1", "request_event_id": "evt_1", "decision": "approved"
        });
        assert_eq!(settles(&event(2, decided, None, "ada", Some("thr_a"))), Settles::Nothing);
    }
}
