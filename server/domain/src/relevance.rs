//! Decides for whom an event is relevant, and why. This is what puts a thread into an inbox.
//!
//! An agent's own events and the conversation between agents are not relevant for a person, unless they mention the
//! person, ask a question, fail or post a receipt.

use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::inbox::InboxReason as Reason;
use workroom_protocol::member::MemberRole;

use super::access::may_decide;
use super::mentions::{Mention, mentions};

/// A possible reader of an event.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Whether the reader is a person, an agent or another kind of actor.
    pub kind: ActorKind,
    /// The handle by which texts mention the reader.
    pub handle: &'a str,
    /// The reader's role in the workroom.
    pub role: MemberRole,
}

/// What happened, and where.
#[derive(Debug, Clone)]
pub struct Happening<'a> {
    /// The event.
    pub kind: &'a Kind,
    /// The actor of the event.
    pub actor: &'a Actor,
    /// The handles of the mentioned members, from [`calls`].
    pub called: Vec<&'a str>,
    /// Whether the thread is a direct conversation.
    pub is_direct: bool,
    /// The handles of the thread's participants. An empty list means everyone.
    pub participants: &'a [String],
    /// The actor of the event that this one replies to, decides or retries.
    pub answers: Option<&'a Actor>,
}

/// The members for whom an event can be relevant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'a> {
    /// Nobody.
    Nobody,
    /// Members with these handles.
    Called(Vec<&'a str>),
    /// Any member.
    Anybody,
}

/// The possible readers of an event. Most events of agents are for nobody, and then cost nothing more.
pub fn audience<'a>(happening: &Happening<'a>) -> Audience<'a> {
    match happening.kind {
        Kind::Message { .. } => {
            if happening.is_direct || is_person(happening.actor.kind) {
                return Audience::Anybody;
            }
            let mut called = happening.called.clone();
            called.extend(happening.answers.map(|actor| actor.handle.as_str()));
            if called.is_empty() { Audience::Nobody } else { Audience::Called(called) }
        }
        Kind::Mention { .. } => Audience::Called(happening.called.clone()),
        Kind::ApprovalRequest { .. }
        | Kind::NeedsHuman { .. }
        | Kind::Failure { .. }
        | Kind::Receipt { .. } => Audience::Anybody,
        Kind::ApprovalDecided { .. } | Kind::RetryRequested { .. } => {
            happening.answers.map_or(Audience::Nobody, |actor| Audience::Called(vec![&actor.handle]))
        }
        _ => Audience::Nobody,
    }
}

/// The mentions in an event: in a message, a question or a report.
pub fn calls(kind: &Kind) -> Vec<Mention> {
    match kind {
        Kind::Message { content: text }
        | Kind::Receipt { summary: text, .. }
        | Kind::Failure { error: text, .. }
        | Kind::NeedsHuman { reason: text } => mentions(text),
        Kind::Mention { mentioned_user } => vec![Mention::exactly(bare(mentioned_user))],
        _ => Vec::new(),
    }
}

/// Whether the event mentions `reader` in addition to being relevant anyway. A receipt that names a person is both.
pub fn is_called_too(happening: &Happening<'_>, reader: Reader<'_>) -> bool {
    let is_for_people =
        matches!(happening.kind, Kind::Receipt { .. } | Kind::Failure { .. } | Kind::NeedsHuman { .. });
    let is_own = happening.actor.kind == reader.kind && same(&happening.actor.handle, reader.handle);
    is_for_people && !is_own && reader.kind == ActorKind::Human && is_called(happening, reader)
}

/// Why the event is relevant for `reader`, if it is. A reader's own events never are.
pub fn relevance(happening: &Happening<'_>, reader: Reader<'_>) -> Option<Reason> {
    if happening.actor.kind == reader.kind && same(&happening.actor.handle, reader.handle) {
        return None;
    }
    let is_human = reader.kind == ActorKind::Human;
    let answered = happening.answers.is_some_and(|a| a.kind == reader.kind && same(&a.handle, reader.handle));
    let is_called = || is_called(happening, reader);
    let for_people = |reason| match is_human {
        true => Some(reason),
        false => is_called().then_some(Reason::Mention),
    };
    match happening.kind {
        Kind::Message { .. } => {
            let takes_part = happening.participants.is_empty()
                || happening.participants.iter().any(|p| same(p, reader.handle));
            if is_called() {
                Some(Reason::Mention)
            } else if answered && !is_human {
                Some(Reason::Reply)
            } else if happening.is_direct {
                takes_part.then_some(Reason::Direct)
            } else {
                (is_human && is_person(happening.actor.kind)).then_some(Reason::Message)
            }
        }
        Kind::Mention { .. } => is_called().then_some(Reason::Mention),
        Kind::ApprovalRequest { .. } => may_decide(reader.kind, reader.role).then_some(Reason::Approval),
        Kind::NeedsHuman { .. } => for_people(Reason::NeedsHuman),
        Kind::Failure { .. } => for_people(Reason::Failure),
        Kind::Receipt { .. } => for_people(Reason::Receipt),
        Kind::ApprovalDecided { .. } => (answered && !is_human).then_some(Reason::Decision),
        Kind::RetryRequested { .. } => (answered && !is_human).then_some(Reason::Retry),
        _ => None,
    }
}

fn is_called(happening: &Happening<'_>, reader: Reader<'_>) -> bool {
    happening.called.iter().any(|called| same(called, reader.handle))
}

fn is_person(kind: ActorKind) -> bool {
    matches!(kind, ActorKind::Human | ActorKind::Bridge)
}

fn bare(handle: &str) -> &str {
    handle.strip_prefix('@').unwrap_or(handle)
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ROLES: [MemberRole; 2] = [MemberRole::Viewer, MemberRole::Maintainer];

    fn actor(name: &str) -> Actor {
        let kind = match name {
            "bot" | "other" => ActorKind::Agent,
            "bridge" => ActorKind::Bridge,
            _ => ActorKind::Human,
        };
        Actor { kind, handle: name.into() }
    }

    /// Checks for whom an event of `by` is relevant, in a channel and in a direct conversation of `ada` and `bot`.
    #[track_caller]
    fn check(by: &str, answers: Option<&str>, event: Value, channel: &[&str], direct: &[&str]) {
        let kind: Kind = serde_json::from_value(event).expect("an event");
        let (by, answers) = (actor(by), answers.map(actor));
        let participants = ["ADA".to_owned(), "bot".to_owned()];
        let calls = calls(&kind);
        for (is_direct, expected) in [(false, channel), (true, direct)] {
            let happening = Happening {
                kind: &kind,
                actor: &by,
                called: calls.iter().flat_map(Mention::readings).collect(),
                is_direct,
                participants: if is_direct { &participants } else { &[] },
                answers: answers.as_ref(),
            };
            let mut found = Vec::new();
            for reader in ["ada", "bob", "bridge", "bot", "other"].map(actor) {
                for role in ROLES {
                    let reader = Reader { kind: reader.kind, handle: &reader.handle, role };
                    let Some(reason) = relevance(&happening, reader) else { continue };
                    let is_in_audience = match audience(&happening) {
                        Audience::Nobody => false,
                        Audience::Called(handles) => handles.iter().any(|handle| same(handle, reader.handle)),
                        Audience::Anybody => true,
                    };
                    assert!(is_in_audience, "{kind:?} is for {reader:?}, who is not asked");
                    let reason = serde_json::to_string(&reason).expect("a name");
                    let too = if is_called_too(&happening, reader) { "+mention" } else { "" };
                    let entry = format!("{}:{}{too}", reader.handle, reason.trim_matches('"'));
                    if !found.contains(&entry) {
                        found.push(entry);
                    }
                }
            }
            assert_eq!(found, expected, "{kind:?} by {by:?}");
        }
    }

    fn message(content: &str) -> Value {
        json!({"event": "message", "content": content})
    }

    #[test]
    fn messages_of_people_are_for_people_and_messages_of_agents_are_for_mentioned_members() {
        check("ada", None, message("hi"), &["bob:message"], &["bot:direct"]);
        check("bridge", None, message("hi"), &["ada:message", "bob:message"], &["ada:direct", "bot:direct"]);
        check("bot", None, message("hi"), &[], &["ada:direct"]);
        check("bot", None, message("@Ada, `@bob`"), &["ada:mention"], &["ada:mention"]);
        check("bot", None, message("@bot and @other"), &["other:mention"], &["ada:direct", "other:mention"]);
    }

    #[test]
    fn replies_are_for_the_agents_they_answer() {
        let answer = || message("yes");
        check("ada", Some("bot"), answer(), &["bob:message", "bot:reply"], &["bot:reply"]);
        check("other", Some("bot"), answer(), &["bot:reply"], &["ada:direct", "bot:reply"]);
        check("bot", Some("bot"), answer(), &[], &["ada:direct"]);
        check("bot", Some("bob"), answer(), &[], &["ada:direct"]);
    }

    #[test]
    fn questions_failures_and_receipts_are_for_people() {
        let both = |event: Value, expected: &[&str]| check("bot", None, event, expected, expected);
        both(json!({"event": "needs_human", "reason": "?"}), &["ada:needs_human", "bob:needs_human"]);
        both(json!({"event": "failure", "error": "!"}), &["ada:failure", "bob:failure"]);
        both(json!({"event": "receipt", "summary": "."}), &["ada:receipt", "bob:receipt"]);
        both(
            json!({"event": "receipt", "summary": "@bob @other"}),
            &["ada:receipt", "bob:receipt+mention", "other:mention"],
        );
        both(
            json!({"event": "failure", "error": "@other"}),
            &["ada:failure", "bob:failure", "other:mention"],
        );
        both(
            json!({"event": "needs_human", "reason": "@ada"}),
            &["ada:needs_human+mention", "bob:needs_human"],
        );
        let approval = json!({"event": "approval_request", "tool_name": "rm"});
        both(approval, &["ada:approval", "bob:approval", "bridge:approval"]);
        assert!(!may_decide(ActorKind::Human, MemberRole::Contributor));
        assert!(!may_decide(ActorKind::Agent, MemberRole::Owner));
    }

    #[test]
    fn outcomes_of_requests_are_for_the_agents_that_made_them() {
        let decided = json!({
            "event": "approval_decided", "approval_id": "apr_1", "request_event_id": "evt_1", "decision": "denied"
        });
        check("ada", Some("bot"), decided.clone(), &["bot:decision"], &["bot:decision"]);
        check("ada", None, decided, &[], &[]);
        let retry = json!({"event": "retry_requested", "failure_event_id": "evt_1"});
        check("ada", Some("bot"), retry.clone(), &["bot:retry"], &["bot:retry"]);
        check("ada", Some("bob"), retry, &[], &[]);
    }

    #[test]
    fn other_events_of_agents_are_for_nobody() {
        for event in [
            json!({"event": "worker_started"}),
            json!({"event": "tool_call", "tool_name": "sh", "summary": "@ada"}),
            json!({"event": "tool_result", "tool_name": "sh", "success": false}),
            json!({"event": "artifact_linked", "path": "a", "kind": "log"}),
            json!({"event": "resumed"}),
        ] {
            check("bot", None, event, &[], &[]);
        }
    }
}
