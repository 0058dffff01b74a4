//! `thread/*`.

use workroom_protocol::Method;
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::external_ref::ExternalThreadRef;
use workroom_protocol::id::ThreadId;
use workroom_protocol::methods::{ThreadAttachRef, ThreadCreate};
use workroom_protocol::thread::{
    RefInput, ThreadAttachRefParams, ThreadCreateParams, ThreadDetachRefParams, ThreadIdParams,
    ThreadListParams, ThreadListResponse, ThreadReadParams, ThreadReadResponse, ThreadUpdateParams,
    WorkroomThread,
};
use workroom_protocol::workroom::RepoRef;

use super::error::{Error, Result};
use super::idempotency::once;
use super::limits::MAX_REFS;
use super::order::Turn;
use super::{Cx, cursor, limits, page};
use workroom_domain::external_ref;
use workroom_store::{
    Author, EventFilter, KindSet, ListPlace, Scope, StoreError, Target, ThreadFilter, ThreadRow, Tx,
};

/// Handles [`ThreadCreate`].
pub async fn create(cx: Cx, mut params: ThreadCreateParams) -> Result<WorkroomThread> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(ThreadCreate::NAME, "idempotency_key", key, &params)?;
    let title = limits::title("title", &params.title)?;
    let participants = limits::participants(params.participants.unwrap_or_default())?;
    let branch = params.branch.as_deref().map(|branch| limits::title("branch", branch)).transpose()?;
    let about = params.external_ref.map(|given| external_ref::check(given.0)).transpose();
    let about = about.map_err(|error| Error::reference("external_ref", &error))?;
    let author = cx.caller().author;
    cx.write(move |tx| {
        once(tx, key.as_ref(), || {
            let room = tx.workroom(&params.workroom_id)?;
            if room.workroom.archived_at.is_some() {
                return Err(StoreError::Conflict(format!("workroom {} is archived", params.workroom_id)));
            }
            let id = ThreadId::from_uuid(tx.new_id());
            let created =
                WorkroomEventKind::ThreadCreated { title, thread_kind: params.kind, participants, branch };
            tx.append(&author, Target::NewThread(&room, &id), created, None)?;
            if let Some(target) = about {
                let attached = WorkroomEventKind::RefAttached { target, title: None, primary: true };
                append(tx, &author, &tx.thread(&id)?, attached)?;
            }
            Ok(tx.thread(&id)?.thread)
        })
    })
    .await
}

/// Appends an event that the server itself writes to a thread.
fn append(
    tx: &Tx<'_>,
    author: &Author,
    found: &ThreadRow,
    kind: WorkroomEventKind,
) -> workroom_store::Result<()> {
    let target = Target::Thread {
        workroom: (found.workroom, &found.thread.workroom_id),
        thread: (found.key, &found.thread.id),
    };
    tx.append(author, target, kind, None).map(|_| ())
}

/// Handles `thread/list`.
pub async fn list(cx: Cx, params: ThreadListParams) -> Result<ThreadListResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let place = cursor::read_place(&epoch, params.cursor.as_deref())?;
    let (place, rows) = cx
        .read(|view| {
            let scope = match &params.workroom_id {
                Some(id) => Scope::Workroom(view.workroom(id)?.key),
                None => Scope::All,
            };
            let place = place.map_or_else(|| view.list_begin(), Ok)?;
            let filter = ThreadFilter { scope, active: params.active, kinds: params.kinds };
            Ok((place, view.threads(&filter, place, limit + 1)?))
        })
        .await?;
    let (threads, last) =
        page::cut(rows.into_iter().map(|(position, row)| (position, row.thread)), limit, page::size);
    let next_cursor = last.map(|before| cursor::write_place(&epoch, ListPlace::new(place.upto, before)));
    Ok(ThreadListResponse { threads, next_cursor })
}

/// Handles `thread/read`.
pub async fn read(cx: Cx, params: ThreadReadParams) -> Result<ThreadReadResponse> {
    if params.before_seq.is_some() && params.after_seq.is_some() {
        return Err(Error::invalid("after_seq", "`before_seq` and `after_seq` cannot be combined"));
    }
    let size = limits::event_page(params.limit, params.max_bytes)?;
    cx.read(|view| {
        let found = view.thread(&params.thread_id)?;
        let filter = EventFilter { scope: Scope::Thread(found.key), kinds: KindSet::ALL };
        let head_seq = view.head_seq()?;
        let (events, more) = match params.after_seq {
            Some(after) => {
                view.check_position(after)?;
                view.events_after(&filter, after, head_seq, size)?
            }
            None => {
                let (mut events, more) =
                    view.events_before(&filter, params.before_seq.unwrap_or(u64::MAX), size)?;
                events.reverse();
                (events, more)
            }
        };
        Ok(ThreadReadResponse {
            thread: found.thread,
            events: events.into_iter().map(|event| event.json).collect(),
            head_seq,
            more,
        })
    })
    .await
}

/// Handles `thread/update`.
pub async fn update(cx: Cx, params: ThreadUpdateParams) -> Result<WorkroomThread> {
    let title = params.title.as_deref().map(|title| limits::title("title", title)).transpose()?;
    let participants = params.participants.map(limits::participants).transpose()?;
    apply(cx, params.thread_id, move |_, _| {
        let changes = title.is_some() || participants.is_some();
        Ok(changes.then_some(WorkroomEventKind::ThreadUpdated { title, participants, archived: None }))
    })
    .await
}

/// Handles `thread/archive`.
pub async fn archive(cx: Cx, params: ThreadIdParams) -> Result<WorkroomThread> {
    set_archived(cx, params.thread_id, true).await
}

/// Handles `thread/unarchive`.
pub async fn unarchive(cx: Cx, params: ThreadIdParams) -> Result<WorkroomThread> {
    set_archived(cx, params.thread_id, false).await
}

async fn set_archived(cx: Cx, id: ThreadId, archived: bool) -> Result<WorkroomThread> {
    apply(cx, id, move |_, found| {
        let change =
            WorkroomEventKind::ThreadUpdated { title: None, participants: None, archived: Some(archived) };
        Ok((found.thread.archived_at.is_some() != archived).then_some(change))
    })
    .await
}

/// Writes the event that `decide` returns for the thread; nothing if there is nothing to change.
async fn apply(
    cx: Cx,
    id: ThreadId,
    decide: impl FnOnce(&Tx<'_>, &ThreadRow) -> workroom_store::Result<Option<WorkroomEventKind>> + Send + 'static,
) -> Result<WorkroomThread> {
    let turn = cx.turn().await;
    apply_in(&cx, turn, id, decide).await
}

async fn apply_in(
    cx: &Cx,
    turn: Turn<'_>,
    id: ThreadId,
    decide: impl FnOnce(&Tx<'_>, &ThreadRow) -> workroom_store::Result<Option<WorkroomEventKind>> + Send + 'static,
) -> Result<WorkroomThread> {
    let author = cx.caller().author;
    cx.settle_in(&turn).await?;
    cx.write_in(turn, move |tx| {
        let found = tx.thread(&id)?;
        if let Some(kind) = decide(tx, &found)? {
            append(tx, &author, &found, kind)?;
        }
        Ok(tx.thread(&id)?.thread)
    })
    .await
}

/// Handles [`ThreadAttachRef`].
pub async fn attach_ref(cx: Cx, mut params: ThreadAttachRefParams) -> Result<WorkroomThread> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(ThreadAttachRef::NAME, "idempotency_key", key, &params)?;
    let title = params.title.as_deref().map(|title| limits::title("title", title)).transpose()?;
    let primary = params.primary;
    let given = Given::new(params.target, params.url)?;
    let turn = cx.turn().await;
    // Before `#12` is resolved again: the workroom may have another repository by now.
    if let Some(first) = cx.first_result(&turn, key.as_ref()).await? {
        return Ok(first);
    }
    let target = given.read(&cx, &turn, &params.thread_id).await?;
    let author = cx.caller().author;
    cx.settle_in(&turn).await?;
    cx.write_in(turn, move |tx| {
        once(tx, key.as_ref(), || {
            let found = tx.thread(&params.thread_id)?;
            if let Some(kind) = attachment(&found, target, title, primary)? {
                append(tx, &author, &found, kind)?;
            }
            Ok(tx.thread(&params.thread_id)?.thread)
        })
    })
    .await
}

/// The change that attaching `target` makes, if any. Attaching twice gives one reference.
fn attachment(
    found: &ThreadRow,
    target: ExternalThreadRef,
    title: Option<String>,
    primary: Option<bool>,
) -> workroom_store::Result<Option<WorkroomEventKind>> {
    let refs = &found.thread.external_refs;
    let known = refs.iter().find(|known| external_ref::stands_for(&target, &known.target));
    let Some(known) = known else {
        if refs.len() >= MAX_REFS {
            return Err(StoreError::Conflict(format!("the thread already has {MAX_REFS} references")));
        }
        let primary = primary.unwrap_or(refs.is_empty());
        return Ok(Some(WorkroomEventKind::RefAttached { target, title, primary }));
    };
    let title = title.or_else(|| known.title.clone());
    let primary = primary.unwrap_or(known.primary);
    // A reference given as `#12` counts as an issue; a URL may show that it is a pull request.
    let is_clearer = matches!(target, ExternalThreadRef::GitHubPullRequest { .. }) && target != known.target;
    let target =
        if is_clearer && !external_ref::same(&target, &known.target) { target } else { known.target.clone() };
    let changes = title != known.title || primary != known.primary || target != known.target;
    Ok(changes.then_some(WorkroomEventKind::RefAttached { target, title, primary }))
}

/// Handles `thread/detachRef`.
pub async fn detach_ref(cx: Cx, params: ThreadDetachRefParams) -> Result<WorkroomThread> {
    let given = Given::new(params.target, params.url)?;
    let turn = cx.turn().await;
    let target = given.read(&cx, &turn, &params.thread_id).await?;
    apply_in(&cx, turn, params.thread_id, move |_, found| {
        let known =
            found.thread.external_refs.iter().find(|known| external_ref::stands_for(&target, &known.target));
        let known = known.ok_or_else(|| StoreError::NotFound {
            what: "reference",
            id: format!("{} on this thread", external_ref::label(&target)),
        })?;
        Ok(Some(WorkroomEventKind::RefDetached { target: known.target.clone() }))
    })
    .await
}

/// A reference as the client gave it.
struct Given {
    path: &'static str,
    input: RefInput,
}

impl Given {
    fn new(target: Option<RefInput>, url: Option<String>) -> Result<Self> {
        match (target, url) {
            (Some(input), None) => Ok(Self { path: "ref", input }),
            (None, Some(url)) => Ok(Self { path: "url", input: RefInput::Text(url) }),
            (None, None) => Err(Error::invalid("ref", "one of `ref` and `url` is required")),
            (Some(_), Some(_)) => Err(Error::invalid("url", "`ref` and `url` cannot be combined")),
        }
    }

    async fn read(self, cx: &Cx, turn: &Turn<'_>, thread: &ThreadId) -> Result<ExternalThreadRef> {
        let path = self.path;
        let parsed = match self.input {
            RefInput::Typed(typed) => external_ref::check(typed.0),
            RefInput::Text(text) => external_ref::parse(&text, repository(cx, turn, thread).await?.as_ref()),
        };
        parsed.map_err(|error| Error::reference(path, &error))
    }
}

/// The repository to which `#12` in a thread refers.
async fn repository(cx: &Cx, turn: &Turn<'_>, thread: &ThreadId) -> Result<Option<RepoRef>> {
    cx.read_in(turn, |view| Ok(view.workroom_at(view.thread(thread)?.workroom)?.workroom.repo_identity)).await
}
