//! The projections of the log: lists, states, open items and the search index.
//!
//! Invariant: a projection is a function of the log alone. It changes in the transaction of the event that changes it,
//! and replaying the log produces the same rows. `workroom check` compares them.

use rusqlite::{Connection, OptionalExtension, named_params, params};
use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::external_ref::AttachedRef;
use workroom_protocol::thread::WorkroomThreadKind;
use workroom_protocol::workroom::{RepoRef, WorkroomChange, WorkroomVisibility};

use super::draft::Gist;
use super::error::{Result, StorageReason, StoreError};
use super::event_row::{self, COLUMNS};
use super::migrate::Progress;
use super::participants::{self, Who};
use super::rows::blob;
use super::{approvals, failures, imports, inbox, members, merges};
use workroom_domain::event_text;
use workroom_domain::external_ref;
use workroom_domain::open_items::{self, Settles};
use workroom_domain::status::{LastWork, ThreadState};

/// The script that creates the projections.
pub(super) const SCHEMA: &str = include_str!("projections.sql");

/// The tables that the script creates.
pub(super) const TABLES: [&str; 13] = [
    "workroom",
    "thread",
    "open_item",
    "approval",
    "imported",
    "participant",
    "artifact",
    "search",
    "actor",
    "member",
    "notice",
    "inbox_item",
    "inbox_count",
];

/// The place of an event in the store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The row of its workroom.
    pub(super) workroom: i64,
    /// The row of its thread, unless it is about the workroom as a whole.
    pub(super) thread: Option<i64>,
}

/// The last position recorded in the list of workrooms; `None` if that list cannot be read.
pub(super) fn end_of_lists(conn: &Connection) -> Option<u64> {
    conn.query_row("SELECT max(head_seq) FROM workroom", [], |row| row.get(0)).ok().flatten()
}

/// Rebuilds the projections from the log. Refuses if they show that the log was longer. They are the only trace of the
/// lost events, and the next event would reuse one of their positions.
pub(super) fn rebuild(conn: &Connection, progress: Progress<'_>) -> Result<()> {
    let end: u64 = conn.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
    if let Some(known) = end_of_lists(conn).filter(|known| *known > end) {
        return Err(StoreError::damaged(&Shortened { end, known }));
    }
    for table in TABLES {
        conn.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    conn.execute_batch(SCHEMA)?;
    replay(conn, conn, progress)
}

/// The log ends before an event that the projections contain.
#[derive(Debug, thiserror::Error)]
#[error("the log ends at event {end}, but had already reached event {known}")]
struct Shortened {
    end: u64,
    known: u64,
}

/// Applies every event of `log` to the empty projections of `into`.
pub(super) fn replay(log: &Connection, into: &Connection, progress: Progress<'_>) -> Result<()> {
    let total: u64 = log.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
    let mut statement = log.prepare(&format!("SELECT {COLUMNS} FROM event ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut done = 0;
    while let Some(row) = rows.next()? {
        let stored = event_row::read(row)?;
        let event = stored.json.read().map_err(|error| {
            let message = format!("event {} cannot be read: {error}", stored.seq);
            StoreError::storage(StorageReason::Corrupt, message)
        })?;
        let place = Place { workroom: stored.workroom.row(), thread: stored.thread.map(|key| key.row()) };
        apply(into, &event, place, &Gist::of(&event.kind))?;
        done += 1;
        if done % 1000 == 0 || done == total {
            progress(done, total);
        }
    }
    Ok(())
}

/// Applies one event.
pub(super) fn apply(conn: &Connection, event: &WorkroomEvent, place: Place, gist: &Gist) -> Result<()> {
    match &event.kind {
        Kind::WorkroomCreated { title, owner, workspace, repo_identity, branch, visibility } => {
            insert_workroom(conn, event, title, owner, workspace, repo_identity, branch, visibility)?;
        }
        Kind::WorkroomUpdated { change } => update_workroom(conn, event, place, change)?,
        Kind::ThreadCreated { title, thread_kind, participants, branch } => {
            insert_thread(conn, event, place, title, *thread_kind, participants, branch)?;
        }
        _ => {}
    }
    let changed = members::apply(conn, event, place.workroom)?;
    if let Some(left) = &changed.left {
        inbox::left(conn, event.seq, place.workroom, left)?;
    }
    if let Some(came) = &changed.came {
        inbox::came(conn, event.seq, place.workroom, came)?;
    }
    if let Some(thread) = place.thread {
        observe(conn, event, place.workroom, thread, gist)?;
    }
    conn.prepare_cached("UPDATE workroom SET head_seq = ?2, updated_at = ?3 WHERE row = ?1")?
        .execute(params![place.workroom, event.seq, event.written_at().millis()])?;
    if let Some(words) = &gist.words {
        conn.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
            .execute(params![event.seq, words])?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one argument a field of the event")]
fn insert_workroom(
    conn: &Connection,
    event: &WorkroomEvent,
    title: &str,
    owner: &str,
    workspace: &Option<String>,
    repo: &Option<RepoRef>,
    branch: &Option<String>,
    visibility: &WorkroomVisibility,
) -> Result<()> {
    let repo = repo.as_ref();
    conn.prepare_cached(
        "INSERT INTO workroom VALUES (:row, :id, :title, :workspace, :repo_host, :repo_owner, :repo_name, :branch,
           :owner, :visibility, :at, :at, NULL, :row, 0, NULL)",
    )?
    .execute(named_params! {
        ":row": event.seq,
        ":id": blob(event.workroom_id.uuid()),
        ":title": title,
        ":workspace": workspace,
        ":repo_host": repo.and_then(|repo| repo.host.as_ref()),
        ":repo_owner": repo.map(|repo| &repo.owner),
        ":repo_name": repo.map(|repo| &repo.name),
        ":branch": branch,
        ":owner": owner,
        ":visibility": serde_json::to_string(visibility)?,
        ":at": event.timestamp.millis(),
    })?;
    Ok(())
}

fn update_workroom(
    conn: &Connection,
    event: &WorkroomEvent,
    place: Place,
    change: &WorkroomChange,
) -> Result<()> {
    let row = place.workroom;
    let set = |column: &str, value: &dyn rusqlite::ToSql| -> Result<()> {
        conn.prepare_cached(&format!("UPDATE workroom SET {column} = ?2 WHERE row = ?1"))?
            .execute(params![row, value])?;
        Ok(())
    };
    if let Some(title) = &change.title {
        set("title", title)?;
    }
    if let Some(workspace) = &change.workspace {
        set("workspace", workspace)?;
    }
    if let Some(repo) = &change.repo_identity {
        let repo = repo.as_ref();
        set("repo_host", &repo.and_then(|repo| repo.host.as_ref()))?;
        set("repo_owner", &repo.map(|repo| &repo.owner))?;
        set("repo_name", &repo.map(|repo| &repo.name))?;
    }
    if let Some(branch) = &change.branch {
        set("branch", branch)?;
    }
    if let Some(visibility) = &change.visibility {
        set("visibility", &serde_json::to_string(visibility)?)?;
    }
    if let Some(archived) = change.archived {
        set("archived_at", &archived.then(|| event.timestamp.millis()))?;
    }
    if let Some(into) = &change.merged_into {
        merges::apply(conn, event, row, into)?;
    }
    Ok(())
}

fn insert_thread(
    conn: &Connection,
    event: &WorkroomEvent,
    place: Place,
    title: &str,
    kind: WorkroomThreadKind,
    participants: &[String],
    branch: &Option<String>,
) -> Result<()> {
    let state = ThreadState::default();
    conn.prepare_cached(
        "INSERT INTO thread VALUES (:row, :id, :workroom, :title, :kind, :participants, '[]', :at, :at, NULL, :row,
           0, :last_work, 0, 0, :status, 0, 0, 0, :branch)",
    )?
    .execute(named_params! {
        ":row": event.seq,
        ":id": blob(event.thread_id.as_ref().and_then(|id| id.uuid())),
        ":workroom": place.workroom,
        ":title": title,
        ":kind": serde_json::to_string(&kind)?,
        ":participants": serde_json::to_string(participants)?,
        ":at": event.timestamp.millis(),
        ":last_work": state.last_work.name(),
        ":status": serde_json::to_string(&state.status())?,
        ":branch": branch,
    })?;
    Ok(())
}

/// Applies one event to its thread.
fn observe(conn: &Connection, event: &WorkroomEvent, workroom: i64, thread: i64, gist: &Gist) -> Result<()> {
    let (mut state, was_active, was) = conn
        .prepare_cached(
            "SELECT spoken, last_work, open_asks, open_failures, archived, active, status FROM thread WHERE row = ?1",
        )?
        .query_row([thread], |row| {
            let state = ThreadState {
                spoken: row.get(0)?,
                last_work: LastWork::of_name(row.get_ref(1)?.as_str()?),
                open_asks: row.get(2)?,
                open_failures: row.get(3)?,
                archived: row.get(4)?,
            };
            Ok((state, row.get::<_, bool>(5)?, row.get::<_, String>(6)?))
        })
        .optional()?
        .ok_or_else(|| StoreError::Internal(format!("event {} has no thread", event.seq)))?;

    state.observe(&event.kind);
    let waits_differently = change_open_items(conn, event, workroom, thread)?;
    if waits_differently {
        (state.open_asks, state.open_failures) = conn
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE kind <> 'failure'), count(*) FILTER (WHERE kind = 'failure')
                 FROM open_item WHERE thread = ?1",
            )?
            .query_row([thread], |row| Ok((row.get(0)?, row.get(1)?)))?;
    }
    change_thread(conn, event, thread)?;
    let status = state.status();
    let status_name = serde_json::to_string(&status)?;
    conn.prepare_cached(
        "UPDATE thread SET updated_at = :at, head_seq = :seq, spoken = :spoken, last_work = :last_work,
           open_asks = :open_asks, open_failures = :open_failures, status = :status, active = :active,
           told = told + :told
         WHERE row = :row",
    )?
    .execute(named_params! {
        ":row": thread,
        ":at": event.written_at().millis(),
        ":seq": event.seq,
        ":spoken": state.spoken,
        ":last_work": state.last_work.name(),
        ":open_asks": state.open_asks,
        ":open_failures": state.open_failures,
        ":status": status_name,
        ":active": status.is_active(),
        ":told": event_text::is_told(&event.kind),
    })?;
    if status.is_active() != was_active {
        let change = if was_active { -1 } else { 1 };
        conn.prepare_cached("UPDATE workroom SET active_threads = active_threads + ?2 WHERE row = ?1")?
            .execute(params![workroom, change])?;
    }
    let first = Who::of(event).count(conn, workroom, thread, event.seq)? == 1;
    // The actors of imported events do not take part here: they get no handle and no inbox.
    let first = first && event.imported.is_none();
    if first && members::took_part(conn, event, workroom)? {
        inbox::came(conn, event.seq, workroom, &event.actor.handle)?;
    }
    imports::apply(conn, event, thread)?;
    approvals::apply(conn, event, Place { workroom, thread: Some(thread) })?;
    let told_differently =
        matches!(event.kind, Kind::ThreadUpdated { title: Some(_), .. } | Kind::RetryRequested { .. });
    let shown = waits_differently || told_differently || status_name != was;
    inbox::observe(conn, event, workroom, thread, inbox::Effect { shown, first }, &gist.calls)?;
    insert_artifact(conn, event, workroom, thread)
}

/// Opens and settles items as `event` says, and returns whether anything changed.
fn change_open_items(conn: &Connection, event: &WorkroomEvent, workroom: i64, thread: i64) -> Result<bool> {
    // This SQL implements `open_items::reaches`: a local event reaches all items, and an imported event those of its
    // origin.
    let reach = participants::reach(event);
    let settled = match open_items::settles(event) {
        Settles::Nothing => 0,
        Settles::One(kind, id) => conn
            .prepare_cached(
                "DELETE FROM open_item WHERE event_id = ?1 AND thread = ?2 AND kind = ?3
                   AND (?4 IS NULL OR substr(actor, 1, length(?4)) = ?4)",
            )?
            .execute(params![blob(id.uuid()), thread, kind.name(), reach])?,
        Settles::AllQuestions => conn
            .prepare_cached(
                "DELETE FROM open_item WHERE thread = ?1 AND kind = 'needs_human'
                   AND (?2 IS NULL OR substr(actor, 1, length(?2)) = ?2)",
            )?
            .execute(params![thread, reach])?,
        Settles::FailuresOfActor(reply_to) => conn
            .prepare_cached(
                "DELETE FROM open_item WHERE thread = ?1 AND kind = 'failure'
                   AND (actor = ?2 OR event_id = ?3 OR retry = ?3)
                   AND (?4 IS NULL OR substr(actor, 1, length(?4)) = ?4)",
            )?
            .execute(params![
                thread,
                participants::key_of(event),
                reply_to.map(|id| blob(id.uuid())),
                reach
            ])?,
    };
    let settled = settled + failures::apply(conn, event, thread)?;
    let Some(kind) = open_items::opens(event) else { return Ok(settled > 0) };
    let attempt = match &event.kind {
        Kind::Failure { attempt, .. } => attempt.unwrap_or(1),
        _ => 1,
    };
    conn.prepare_cached("INSERT INTO open_item VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)")?.execute(
        params![
            event.seq,
            blob(event.id.uuid()),
            workroom,
            thread,
            kind.name(),
            participants::key_of(event),
            attempt,
        ],
    )?;
    Ok(true)
}

/// Updates the fields of the thread from an event about it.
fn change_thread(conn: &Connection, event: &WorkroomEvent, thread: i64) -> Result<()> {
    match &event.kind {
        Kind::ThreadUpdated { title, participants, archived } => {
            if let Some(title) = title {
                conn.execute("UPDATE thread SET title = ?2 WHERE row = ?1", params![thread, title])?;
            }
            if let Some(participants) = participants {
                let json = serde_json::to_string(participants)?;
                conn.execute("UPDATE thread SET participants = ?2 WHERE row = ?1", params![thread, json])?;
            }
            if let Some(archived) = archived {
                let at = archived.then(|| event.timestamp.millis());
                conn.execute(
                    "UPDATE thread SET archived = ?2, archived_at = ?3 WHERE row = ?1",
                    params![thread, archived, at],
                )?;
            }
        }
        Kind::RefAttached { target, title, primary } => change_refs(conn, thread, |refs| {
            let known = refs.iter().position(|known| external_ref::stands_for(&known.target, target));
            let attached_at = known.map(|at| refs[at].attached_at);
            let attached = AttachedRef {
                target: target.clone(),
                title: title.clone(),
                url: external_ref::url(target),
                primary: *primary,
                attached_at: attached_at.unwrap_or(event.timestamp),
            };
            if *primary {
                refs.iter_mut().for_each(|other| other.primary = false);
            }
            match known {
                Some(at) => refs[at] = attached,
                None => refs.push(attached),
            }
        })?,
        Kind::RefDetached { target } => {
            change_refs(conn, thread, |refs| {
                refs.retain(|known| !external_ref::same(&known.target, target));
            })?;
        }
        _ => {}
    }
    Ok(())
}

fn change_refs(conn: &Connection, thread: i64, change: impl FnOnce(&mut Vec<AttachedRef>)) -> Result<()> {
    let json: String =
        conn.query_row("SELECT refs FROM thread WHERE row = ?1", [thread], |row| row.get(0))?;
    let mut refs: Vec<AttachedRef> = serde_json::from_str(&json)?;
    change(&mut refs);
    conn.execute(
        "UPDATE thread SET refs = ?2 WHERE row = ?1",
        params![thread, serde_json::to_string(&refs)?],
    )?;
    Ok(())
}

fn insert_artifact(conn: &Connection, event: &WorkroomEvent, workroom: i64, thread: i64) -> Result<()> {
    let Kind::ArtifactLinked { path, kind, artifact_id: Some(artifact_id), label, size, media_type, sha256 } =
        &event.kind
    else {
        return Ok(());
    };
    let Some(thread_id) = &event.thread_id else { return Ok(()) };
    let artifact = Artifact {
        artifact_id: artifact_id.clone(),
        thread_id: thread_id.clone(),
        workroom_id: event.workroom_id.clone(),
        event_id: event.id.clone(),
        seq: event.seq,
        path: path.clone(),
        kind: kind.clone(),
        label: label.clone(),
        size: *size,
        media_type: media_type.clone(),
        sha256: sha256.clone(),
        sha256_absent: None,
        linked_at: event.timestamp,
        linked_by: event.actor.clone(),
        agent: event.agent.clone(),
        imported: event.imported.is_some(),
    };
    conn.prepare_cached("INSERT INTO artifact VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        event.seq,
        blob(artifact_id.uuid()),
        workroom,
        thread,
        serde_json::to_string(&artifact)?
    ])?;
    Ok(())
}
