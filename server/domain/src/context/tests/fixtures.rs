//! Rooms and threads for the tests of the context.

use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution};
use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::external_ref::{AttachedRef, ExternalThreadRef};
use workroom_protocol::id::{ArtifactId, EventId, ThreadId, WorkroomId};
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::resolve::{OpenItem, Participant, ThreadBrief};
use workroom_protocol::thread::{ThreadStatus, WorkroomThread, WorkroomThreadKind};
use workroom_protocol::time::Timestamp;
use workroom_protocol::workroom::{RepoRef, Workroom, WorkroomVisibility};

use super::super::Gathered;

/// 2026-11-20, 08:00, plus `seq` minutes.
pub(super) fn time(seq: u64) -> Timestamp {
    Timestamp::from_millis(1_795_161_600_000 + i64::try_from(seq).expect("small") * 60_000)
}

pub(super) fn workroom_id() -> WorkroomId {
    WorkroomId::from_uuid(Uuid::from_u128(1))
}

pub(super) fn thread_id() -> ThreadId {
    ThreadId::from_uuid(Uuid::from_u128(2))
}

pub(super) fn event_id(seq: u64) -> EventId {
    EventId::from_uuid(Uuid::from_u128(seq.into()))
}

pub(super) fn human(handle: &str) -> Actor {
    Actor { kind: ActorKind::Human, handle: handle.into() }
}

pub(super) fn coder() -> Actor {
    Actor { kind: ActorKind::Agent, handle: "coder".into() }
}

pub(super) fn model() -> AgentAttribution {
    AgentAttribution { provider: "anthropic".into(), model: "claude-opus-5".into(), agent_id: "coder".into() }
}

/// An event of `actor`. The coder is an agent.
pub(super) fn event(seq: u64, actor: Actor, kind: Kind) -> WorkroomEvent {
    WorkroomEvent {
        seq,
        id: event_id(seq),
        thread_id: Some(thread_id()),
        workroom_id: workroom_id(),
        timestamp: time(seq),
        kind,
        agent: (actor == coder()).then(model),
        actor,
        session_id: None,
        reply_to: None,
        redactions: Default::default(),
        imported: None,
    }
}

pub(super) fn message(seq: u64, actor: Actor, content: &str) -> WorkroomEvent {
    event(seq, actor, Kind::Message { content: content.into() })
}

pub(super) fn item(seq: u64, tool_name: Option<&str>, text: &str) -> OpenItem {
    OpenItem {
        event_id: event_id(seq),
        seq,
        thread_id: Some(thread_id()),
        timestamp: time(seq),
        actor: coder(),
        agent: Some(model()),
        tool_name: tool_name.map(Into::into),
        approval_id: None,
        risk: None,
        expires_at: None,
        attempt: None,
        imported: false,
        text: text.into(),
    }
}

pub(super) fn artifact(seq: u64, path: &str, label: Option<&str>) -> Artifact {
    Artifact {
        artifact_id: ArtifactId::from_uuid(Uuid::from_u128(seq.into())),
        thread_id: thread_id(),
        workroom_id: workroom_id(),
        event_id: event_id(seq),
        seq,
        path: path.into(),
        kind: "patch".into(),
        label: label.map(Into::into),
        size: Some(1_234),
        media_type: Some("text/x-diff".into()),
        sha256: Some("5f".repeat(32)),
        sha256_absent: None,
        linked_at: time(seq),
        linked_by: coder(),
        agent: Some(model()),
        imported: false,
    }
}

pub(super) fn participant(handle: &str, events: u64) -> Participant {
    let is_coder = handle == "coder";
    Participant {
        handle: handle.into(),
        kind: if is_coder { ActorKind::Agent } else { ActorKind::Human },
        agent: is_coder.then(model),
        events,
        last_seq: events,
        imported: false,
    }
}

pub(super) fn issue(number: u64, primary: bool) -> AttachedRef {
    AttachedRef {
        target: ExternalThreadRef::GitHubIssue {
            owner: "example".into(),
            repo: "compiler".into(),
            number,
            host: None,
        },
        title: Some("Parser drops trailing comments".into()),
        url: Some(format!("https://github.com/example/compiler/issues/{number}")),
        primary,
        attached_at: time(0),
    }
}

pub(super) fn brief(number: u64) -> ThreadBrief {
    ThreadBrief {
        id: ThreadId::from_uuid(Uuid::from_u128(number.into())),
        title: format!("Thread {number}"),
        status: ThreadStatus::Active,
        updated_at: time(number),
    }
}

/// An empty thread.
pub(super) fn empty() -> Gathered {
    let link = WorkroomLink::thread(workroom_id(), thread_id());
    Gathered {
        workroom: Workroom {
            id: workroom_id(),
            title: "Compiler".into(),
            workspace: Some("/home/alice/compiler".into()),
            repo_identity: Some(RepoRef { owner: "example".into(), name: "compiler".into(), host: None }),
            branch: Some("fix/comments".into()),
            owner: "alice".into(),
            created_at: time(0),
            updated_at: time(0),
            visibility: WorkroomVisibility::Private,
            archived_at: None,
            link: WorkroomLink::workroom(workroom_id()).to_url(),
            head_seq: 0,
        },
        thread: Some(WorkroomThread {
            id: thread_id(),
            workroom_id: workroom_id(),
            title: "Keep trailing comments".into(),
            kind: WorkroomThreadKind::AgentTask,
            external_ref: None,
            created_at: time(0),
            updated_at: time(0),
            status: ThreadStatus::Idle,
            archived_at: None,
            link: link.to_url(),
            external_refs: Vec::new(),
            participants: vec!["alice".into(), "coder".into()],
            head_seq: 0,
            branch: None,
        }),
        link,
        threads: Vec::new(),
        more_threads: 0,
        participants: Vec::new(),
        more_participants: 0,
        pending_approvals: Vec::new(),
        needs_human: Vec::new(),
        open_failures: Vec::new(),
        decisions: Vec::new(),
        more_decisions: 0,
        artifacts: Vec::new(),
        more_artifacts: 0,
        receipts: Vec::new(),
        more_receipts: 0,
        recent_events: Vec::new(),
        more_events: 0,
        focus: None,
        head_seq: 0,
    }
}

/// Turns the input for a thread into the input for the whole workroom.
pub(super) fn whole_workroom(from: Gathered) -> Gathered {
    Gathered {
        link: WorkroomLink::workroom(workroom_id()),
        thread: None,
        threads: (0..9).rev().map(brief).collect(),
        more_threads: 30,
        ..from
    }
}

/// Focuses the input on one event, the `index`th of those gathered.
pub(super) fn focused(from: Gathered, index: usize) -> Gathered {
    let id = from.recent_events[index].id.clone();
    let link = WorkroomLink { event_id: Some(id.clone()), ..from.link.clone() };
    Gathered { link, focus: Some(id), ..from }
}

/// A short piece of work that has some of everything.
pub(super) fn small() -> Gathered {
    let alice = || human("alice");
    let mut events = vec![
        message(3, alice(), "The formatter drops comments at the end of a line. Can you look?"),
        event(
            4,
            coder(),
            Kind::ToolCall {
                tool_name: "shell".into(),
                summary: "cargo test -p fmt".into(),
                call_id: Some("call_1".into()),
            },
        ),
        event(
            5,
            coder(),
            Kind::ToolResult {
                tool_name: "shell".into(),
                success: false,
                summary: Some("2 of 118 tests failed".into()),
                call_id: Some("call_1".into()),
            },
        ),
        event(
            6,
            coder(),
            Kind::ArtifactLinked {
                path: "target/fix.patch".into(),
                kind: "patch".into(),
                artifact_id: None,
                label: Some("The fix".into()),
                size: Some(1_234),
                media_type: None,
                sha256: None,
            },
        ),
        event(7, coder(), Kind::receipt("Comments stay; 118 tests pass")),
        message(8, alice(), "Looks good:\n\n```rust\nlet x = 1; // kept\n```\n\n# Ship it"),
        event(1_500, coder(), Kind::Mention { mentioned_user: "alice".into() }),
        event(1_501, coder(), Kind::approval_request("shell", Some("git push origin fix".into()))),
        event(1_502, coder(), Kind::NeedsHuman { reason: "Which release does this go into?".into() }),
        event(1_503, coder(), Kind::failure("CI: runner lost")),
    ];
    events[5].reply_to = Some(event_id(7));
    let mut from = Gathered {
        participants: vec![participant("coder", 8), participant("alice", 1)],
        pending_approvals: vec![item(1_501, Some("shell"), "git push origin fix")],
        needs_human: vec![item(1_502, None, "Which release does this go into?")],
        open_failures: vec![item(1_503, None, "CI: runner lost\nexit code 137")],
        decisions: vec![OpenItem {
            actor: human("alice"),
            agent: None,
            ..item(2, None, "approved: go ahead")
        }],
        artifacts: vec![artifact(6, "target/fix.patch", Some("The fix"))],
        receipts: vec![item(7, None, "Comments stay; 118 tests pass")],
        recent_events: events,
        more_events: 0,
        head_seq: 1_503,
        ..empty()
    };
    if let Some(thread) = &mut from.thread {
        thread.external_refs = vec![issue(12, true), issue(15, false)];
        thread.external_ref = Some(thread.external_refs[0].target.clone());
        thread.status = ThreadStatus::Waiting;
    }
    from
}

/// A long piece of work: what a store would gather from 10,000 events of 500 characters.
pub(super) fn crowded() -> Gathered {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(12);
    let event = |seq: u64| match seq % 3 {
        0 => message(seq, human("alice"), &text),
        1 => message(seq, coder(), &text),
        _ => event(
            seq,
            coder(),
            Kind::ToolResult {
                tool_name: "shell".into(),
                success: true,
                summary: Some(text.clone()),
                call_id: None,
            },
        ),
    };
    Gathered {
        participants: ["coder", "alice", "bob", "carol"].map(|handle| participant(handle, 2_500)).into(),
        pending_approvals: vec![item(9_001, Some("shell"), &text)],
        needs_human: vec![item(9_002, None, &text)],
        open_failures: vec![item(9_003, None, &text)],
        artifacts: (0..5).map(|n| artifact(8_000 - n, &format!("target/fix-{n}.patch"), None)).collect(),
        receipts: (0..5).map(|n| item(7_000 - n, None, &text)).collect(),
        recent_events: (9_801..=10_000).map(event).collect(),
        more_events: 9_800,
        head_seq: 10_000,
        ..small()
    }
}
