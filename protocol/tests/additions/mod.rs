//! Sets the fields that our types add to those of the published crate.
//!
//! Every pattern names every field. A new field does not compile until it is either set here or listed among the
//! fields that the published crate also has.

use std::collections::BTreeMap;

use workroom_protocol::Timestamp;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution};
use workroom_protocol::approval::{ApprovalRisk, HiddenParts};
use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::{Imported, WorkroomEvent, WorkroomEventKind};
use workroom_protocol::exact::ExactJson;
use workroom_protocol::external_ref::{AttachedRef, ExternalThreadRef};
use workroom_protocol::id::{ApprovalId, ArtifactId, EventId, SessionId, ThreadId, WorkroomId};
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::resolve::{OpenItem, Participant, Resolved, ThreadBrief};
use workroom_protocol::thread::{ThreadStatus, WorkroomThread, WorkroomThreadKind};
use workroom_protocol::workroom::{
    RepoRef, Workroom, WorkroomListResponse, WorkroomSummary, WorkroomVisibility,
};

const TIME: i64 = 1_795_000_000_123;
const ROOM: &str = "wr_0123456789abcdef0123456789abcdef";
const THREAD: &str = "thr_0123456789abcdef0123456789abcdef";
const EVENT: &str = "evt_0123456789abcdef0123456789abcdef";
const APPROVAL: &str = "apr_0123456789abcdef0123456789abcdef";
const SESSION: &str = "ses_0123456789abcdef0123456789abcdef";
const ARTIFACT: &str = "art_0123456789abcdef0123456789abcdef";

fn some_text() -> Option<String> {
    Some("added".into())
}

fn time_added() -> Timestamp {
    Timestamp::from_millis(TIME)
}

fn somebody() -> Actor {
    Actor { kind: ActorKind::Agent, handle: "robin".into() }
}

fn some_agent() -> Option<AgentAttribution> {
    Some(AgentAttribution { provider: "p".into(), model: "m".into(), agent_id: "robin".into() })
}

pub(crate) fn agent(agent: &mut AgentAttribution) {
    let AgentAttribution { provider: _, model: _, agent_id: _ } = agent;
}

pub(crate) fn link(link: &mut WorkroomLink) {
    let WorkroomLink { workroom_id: _, thread_id: _, event_id: _ } = link;
}

pub(crate) fn repo(repo: &mut RepoRef) {
    let RepoRef { owner: _, name: _, host } = repo;
    *host = Some("git.example.com".into());
}

pub(crate) fn external_ref(target: &mut ExternalThreadRef) {
    use ExternalThreadRef as R;
    match target {
        R::GitHubIssue { owner: _, repo: _, number: _, host }
        | R::GitHubPullRequest { owner: _, repo: _, number: _, host }
        | R::GitHubCommit { owner: _, repo: _, sha: _, host }
        | R::GitHubCheck { owner: _, repo: _, check_run_id: _, host } => {
            *host = Some("git.example.com".into());
        }
        other => panic!("{other:?} is not of the published vocabulary"),
    }
}

pub(crate) fn event_kind(kind: &mut WorkroomEventKind) {
    use WorkroomEventKind as K;
    match kind {
        K::Message { content: _ }
        | K::Mention { mentioned_user: _ }
        | K::NeedsHuman { reason: _ }
        | K::Resumed {} => {}
        K::ToolCall { tool_name: _, summary: _, call_id } => *call_id = some_text(),
        K::ToolResult { tool_name: _, success: _, summary, call_id } => {
            (*summary, *call_id) = (some_text(), some_text());
        }
        K::Receipt { summary: _, retry_of } => *retry_of = Some(EventId(EVENT.into())),
        K::Failure { error: _, retry_of, attempt } => {
            (*retry_of, *attempt) = (Some(EventId(EVENT.into())), Some(2));
        }
        K::ApprovalRequest {
            tool_name: _,
            summary,
            approval_id,
            risk,
            arguments,
            action_digest,
            hidden,
            options,
            expires_at,
        } => {
            (*summary, *action_digest) = (some_text(), some_text());
            *approval_id = Some(ApprovalId(APPROVAL.into()));
            *risk = Some(ApprovalRisk::High);
            *arguments = Some(ExactJson::parse(r#"{"added":[1,null]}"#).expect("JSON"));
            *hidden = Some(HiddenParts { parts: 1, characters: 12, kinds: vec!["token".into()] });
            *options = vec!["once".into()];
            *expires_at = Some(time_added());
        }
        K::ArtifactLinked { path: _, kind: _, artifact_id, label, size, media_type, sha256 } => {
            *artifact_id = Some(ArtifactId(ARTIFACT.into()));
            (*label, *size, *media_type, *sha256) = (some_text(), Some(u64::MAX), some_text(), some_text());
        }
        other => panic!("{other:?} is not of the published vocabulary"),
    }
}

pub(crate) fn event(event: &mut WorkroomEvent) {
    let WorkroomEvent {
        seq,
        id: _,
        thread_id: _,
        workroom_id: _,
        timestamp: _,
        kind,
        actor,
        agent: _,
        session_id,
        reply_to,
        redactions,
        imported,
    } = event;
    event_kind(kind);
    *seq = u64::MAX;
    *actor = somebody();
    *session_id = Some(SessionId(SESSION.into()));
    *reply_to = Some(EventId(EVENT.into()));
    *redactions = BTreeMap::from([("github_token".into(), 2)]);
    *imported = Some(Imported {
        by: somebody(),
        at: time_added(),
        event_id: EventId(EVENT.into()),
        thread_id: Some(ThreadId(THREAD.into())),
    });
}

pub(crate) fn room(room: &mut Workroom) {
    let Workroom {
        id: _,
        title: _,
        workspace: _,
        repo_identity,
        branch,
        owner: _,
        created_at: _,
        updated_at: _,
        visibility: _,
        archived_at,
        link,
        head_seq,
    } = room;
    repo_identity.iter_mut().for_each(repo);
    *branch = some_text();
    *archived_at = Some(time_added());
    *link = "codewhale://workroom/…".into();
    *head_seq = 7;
}

pub(crate) fn thread(thread: &mut WorkroomThread) {
    let WorkroomThread {
        id: _,
        workroom_id: _,
        title: _,
        kind: _,
        external_ref: about,
        created_at: _,
        updated_at,
        status,
        archived_at,
        link,
        external_refs,
        participants,
        head_seq,
        branch,
    } = thread;
    about.iter_mut().for_each(external_ref);
    *updated_at = time_added();
    *status = ThreadStatus::Waiting;
    *archived_at = Some(time_added());
    *link = "codewhale://workroom/…".into();
    *external_refs = vec![attached()];
    *participants = vec!["robin".into()];
    *branch = some_text();
    *head_seq = 7;
}

fn attached() -> AttachedRef {
    AttachedRef {
        target: ExternalThreadRef::Web { url: "https://example.com/".into() },
        title: some_text(),
        url: Some("https://example.com/".into()),
        primary: false,
        attached_at: time_added(),
    }
}

pub(crate) fn summary(summary: &mut WorkroomSummary) {
    let WorkroomSummary {
        id: _,
        title: _,
        updated_at: _,
        active_threads: _,
        workspace,
        repo_identity,
        branch,
        archived_at,
        link,
        head_seq,
    } = summary;
    *workspace = some_text();
    *repo_identity = Some(RepoRef { owner: "o".into(), name: "n".into(), host: some_text() });
    *branch = some_text();
    *archived_at = Some(time_added());
    *link = "codewhale://workroom/…".into();
    *head_seq = 7;
}

pub(crate) fn list(list: &mut WorkroomListResponse) {
    let WorkroomListResponse { workrooms, next_cursor } = list;
    workrooms.iter_mut().for_each(summary);
    *next_cursor = some_text();
}

pub(crate) fn resolved(resolved: &mut Resolved) {
    let Resolved {
        link: _,
        url,
        workroom,
        thread_title: _,
        thread: the_thread,
        external_ref: about,
        external_refs,
        threads,
        participants,
        pending_approvals,
        needs_human,
        open_failures,
        decisions,
        artifacts,
        receipts,
        recent_events,
        head_seq,
        truncated,
        markdown,
    } = resolved;
    about.iter_mut().for_each(external_ref);
    recent_events.iter_mut().for_each(event);
    *url = "codewhale://workroom/…".into();
    *workroom = Some(a_room());
    *the_thread = Some(a_thread());
    *external_refs = vec![attached()];
    *threads = vec![ThreadBrief {
        id: ThreadId(THREAD.into()),
        title: "added".into(),
        status: ThreadStatus::Failed,
        updated_at: time_added(),
    }];
    *participants = vec![Participant {
        handle: "robin".into(),
        kind: ActorKind::Agent,
        agent: some_agent(),
        events: 1,
        last_seq: 7,
        imported: true,
    }];
    for section in [pending_approvals, needs_human, open_failures, decisions, receipts] {
        *section = vec![an_open_item()];
    }
    *artifacts = vec![an_artifact()];
    *head_seq = 7;
    *truncated = BTreeMap::from([("recent_events".into(), 3)]);
    *markdown = some_text();
}

fn a_room() -> Workroom {
    let mut added = Workroom {
        id: WorkroomId(ROOM.into()),
        title: "added".into(),
        workspace: some_text(),
        repo_identity: None,
        branch: None,
        owner: "robin".into(),
        created_at: time_added(),
        updated_at: time_added(),
        visibility: WorkroomVisibility::Private,
        archived_at: None,
        link: String::new(),
        head_seq: 0,
    };
    room(&mut added);
    added
}

fn a_thread() -> WorkroomThread {
    let mut added = WorkroomThread {
        id: ThreadId(THREAD.into()),
        workroom_id: WorkroomId(ROOM.into()),
        title: "added".into(),
        kind: WorkroomThreadKind::AgentTask,
        external_ref: None,
        created_at: time_added(),
        updated_at: time_added(),
        status: ThreadStatus::Idle,
        archived_at: None,
        link: String::new(),
        external_refs: Vec::new(),
        participants: Vec::new(),
        head_seq: 0,
        branch: None,
    };
    thread(&mut added);
    added
}

fn an_open_item() -> OpenItem {
    OpenItem {
        event_id: EventId(EVENT.into()),
        seq: 7,
        thread_id: Some(ThreadId(THREAD.into())),
        timestamp: time_added(),
        actor: somebody(),
        agent: some_agent(),
        tool_name: some_text(),
        approval_id: Some(ApprovalId(APPROVAL.into())),
        risk: Some(ApprovalRisk::High),
        expires_at: Some(time_added()),
        attempt: Some(2),
        imported: true,
        text: "added".into(),
    }
}

fn an_artifact() -> Artifact {
    Artifact {
        artifact_id: ArtifactId(ARTIFACT.into()),
        thread_id: ThreadId(THREAD.into()),
        workroom_id: WorkroomId(ROOM.into()),
        event_id: EventId(EVENT.into()),
        seq: 7,
        path: "report.md".into(),
        kind: "report".into(),
        label: some_text(),
        size: Some(1),
        media_type: some_text(),
        sha256: some_text(),
        sha256_absent: some_text(),
        linked_at: time_added(),
        linked_by: somebody(),
        agent: some_agent(),
        imported: true,
    }
}
