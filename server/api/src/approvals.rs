//! `approval/*`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use workroom_protocol::Method;
use workroom_protocol::approval::{
    Approval, ApprovalCancelParams, ApprovalDecideParams, ApprovalIdParams, ApprovalListParams,
    ApprovalListResponse, ApprovalRequestParams, ApprovalState, ApprovalWaitParams, DecisionRecord,
};
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::id::ApprovalId;
use workroom_protocol::methods::{ApprovalDecide, ApprovalRequest};

use super::approver::Proof;
use super::error::{Error, Result};
use super::events::scope;
use super::idempotency::once;
use super::{Caller, Cx, cursor, limits, page, waits};
use workroom_domain::access::Principal;
use workroom_domain::blank::is_blank;
use workroom_store::{ApprovalRow, Author, Draft, Ending, Read, StoreError, Target, ThreadKey, Tx};

// The decider must read all of it. Longer text belongs in an artifact.
const MAX_SUMMARY_BYTES: usize = 16 * 1024;
const MAX_ARGUMENTS_BYTES: u64 = 64 * 1024;
const MAX_OPTIONS: usize = 20;
// Longer than any client waits. Timers count milliseconds since the system started, so there must be a maximum.
const MAX_WAIT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Handles [`ApprovalRequest`].
pub async fn request(cx: Cx, mut params: ApprovalRequestParams) -> Result<Approval> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(ApprovalRequest::NAME, "idempotency_key", key, &params)?;
    if is_blank(&params.summary) {
        return Err(Error::invalid("summary", "`summary` is empty"));
    }
    let ApprovalRequestParams { thread_id, supersedes, .. } = params;
    let asked = WorkroomEventKind::ApprovalRequest {
        tool_name: params.tool_name,
        summary: Some(params.summary),
        approval_id: None,
        risk: params.risk,
        arguments: params.arguments,
        action_digest: None,
        hidden: None,
        options: params.options.unwrap_or_default(),
        expires_at: params.expires_at,
    };
    let draft = Draft::new(ready(&cx, "", 0, asked)?)?;
    let Caller { author, principal, .. } = cx.caller();
    let via = cx.via();
    let store = cx.store()?;
    cx.app.waits.keep_time(&store);
    cx.write(move |tx| {
        once(tx, key.as_ref(), || {
            let found = tx.thread_place(&thread_id)?;
            let WorkroomEventKind::ApprovalRequest { approval_id: Some(id), .. } = draft.kind() else {
                return Err(StoreError::Internal("an approval without an id".into()));
            };
            let id = id.clone();
            if let Some(older) = supersedes {
                supersede(tx, (&author, &principal), (&older, &id), found.key, via)?;
            }
            let target = Target::Thread {
                workroom: (found.workroom, &found.workroom_id),
                thread: (found.key, &thread_id),
            };
            tx.append_draft(&author, target, draft, None)?;
            Ok(tx.approval(&id)?.approval)
        })
    })
    .await
}

/// Ends the pending approval that the requester replaces with a new request.
fn supersede(
    tx: &Tx<'_>,
    (author, principal): (&Author, &Principal),
    (older, newer): (&ApprovalId, &ApprovalId),
    thread: ThreadKey,
    via: Option<String>,
) -> workroom_store::Result<()> {
    let found = tx.approval(older)?;
    if found.thread != thread || !tx.is_requester(author, principal, &found.approval)? {
        let message = format!("you did not request approval {older} in this thread");
        return Err(StoreError::Conflict(message));
    }
    if found.approval.state != ApprovalState::Pending {
        return Err(StoreError::AlreadyDecided(Box::new(found.approval)));
    }
    let ending = Ending { reason: Some(format!("superseded by {newer}")), via, ..Ending::default() };
    tx.end_approval(author, &found, ApprovalState::Superseded, ending).map(|_| ())
}

/// Prepares the approval that the event at `index` of a request asks for: checks its limits, sets its id and digest,
/// and redacts its secrets. Used by every method that can request one.
pub(super) fn ready(
    cx: &Cx,
    path: &str,
    index: usize,
    asked: WorkroomEventKind,
) -> Result<WorkroomEventKind> {
    let WorkroomEventKind::ApprovalRequest {
        tool_name, summary, risk, arguments, options, expires_at, ..
    } = asked
    else {
        return Ok(asked);
    };
    let tool_name = limits::title(&format!("{path}tool_name"), &tool_name)?;
    if summary.as_ref().is_some_and(|summary| summary.len() > MAX_SUMMARY_BYTES) {
        return Err(Error::TooLarge { what: "the approval's `summary`", limit: MAX_SUMMARY_BYTES });
    }
    if page::json_bytes(&arguments)? > MAX_ARGUMENTS_BYTES {
        return Err(Error::TooLarge {
            what: "the approval's `arguments`",
            limit: MAX_ARGUMENTS_BYTES as usize,
        });
    }
    if options.len() > MAX_OPTIONS {
        return Err(Error::invalid(format!("{path}options"), format!("more than {MAX_OPTIONS} options")));
    }
    let option =
        |(index, option): (usize, &String)| limits::title(&format!("{path}options[{index}]"), option);
    let options = options.iter().enumerate().map(option).collect::<Result<Vec<_>>>()?;
    if expires_at.is_some_and(|at| at <= cx.now()) {
        return Err(Error::invalid(format!("{path}expires_at"), "`expires_at` is not in the future"));
    }
    let original = cx.original(path, index)?;
    Ok(WorkroomEventKind::ApprovalRequest {
        approval_id: Some(ApprovalId::from_uuid(cx.new_id())),
        action_digest: Some(cx.store()?.digest_key().digest(&original.hash)),
        hidden: original.hidden.clone(),
        tool_name,
        summary,
        risk,
        arguments,
        options,
        expires_at,
    })
}

/// Handles `approval/list`.
pub async fn list(cx: Cx, params: ApprovalListParams) -> Result<ApprovalListResponse> {
    let limit = limits::page(params.limit, None)?;
    let store = cx.store()?;
    let before = cursor::read(store.epoch(), params.cursor.as_deref())?.unwrap_or(u64::MAX);
    let found = cx
        .read(|view| {
            let scope = scope(view, params.workroom_id.as_ref(), params.thread_id.as_ref())?;
            view.approvals(scope, params.states.as_deref(), before, limit + 1)
        })
        .await?;
    let rows = found.into_iter().map(|found| (found.approval.seq, found.approval));
    let (approvals, last) = page::cut(rows, limit, page::size);
    Ok(ApprovalListResponse { approvals, next_cursor: last.map(|seq| cursor::write(store.epoch(), seq)) })
}

/// Handles `approval/read`.
pub async fn read(cx: Cx, params: ApprovalIdParams) -> Result<Approval> {
    let approval = current(&cx, &params.approval_id).await?;
    if params.as_requester {
        must_be_own(&cx, &approval).await?;
    }
    Ok(approval)
}

/// Refuses a caller who would act on another requester's approval.
async fn must_be_own(cx: &Cx, asked: &Approval) -> Result<()> {
    let Caller { author, principal, .. } = cx.caller();
    if cx.read(|view| view.is_requester(&author, &principal, asked)).await? {
        return Ok(());
    }
    // A restarted host has a new session. Its agent may continue what the previous session requested, once that session
    // has ended. While it is live, only that session may act.
    if let (Some(session), Some(agent)) = (&asked.session_id, &author.agent) {
        let sessions = cx.store()?.sessions(&cx.access(), Some(std::slice::from_ref(session)))?;
        if sessions.iter().any(|one| !one.live && one.agent_id == agent.agent_id) {
            return Ok(());
        }
    }
    let (id, by) = (&asked.approval_id, &asked.requested_by.handle);
    Err(cx.forbidden(format!(
        "{id} was requested by {by}, not by you, so it does not permit you anything; make your own request"
    )))
}

/// The current state of an approval. An expiry is final, even if the clock is set back.
async fn current(cx: &Cx, id: &ApprovalId) -> Result<Approval> {
    Ok(cx.read(|view| view.approval(id)).await?.approval)
}

/// Handles `approval/wait`.
pub async fn wait(cx: Cx, params: ApprovalWaitParams) -> Result<Approval> {
    let ApprovalWaitParams { approval_id: id, timeout_ms, as_requester } = params;
    // Boxed, so that a request that waits for hours stays small.
    let approval =
        Box::pin(read(cx.clone(), ApprovalIdParams { approval_id: id.clone(), as_requester })).await?;
    if approval.state != ApprovalState::Pending {
        return Ok(approval);
    }
    drop(approval);
    let ended = Box::pin(until_ended(&cx, &id, timeout_ms)).await?;
    // The turn may have read an older state, before another task or process ended the approval.
    cx.call.client.snapshot.end();
    match ended {
        // A token may have lost access in the meantime; the owner cannot.
        Some(ended) if cx.caller().principal.token().is_none() => Ok((*ended).clone()),
        _ => Box::pin(current(&cx, &id)).await,
    }
}

/// Waits until an approval has ended, or until the caller's timeout. Returns the approval if it ended meanwhile.
async fn until_ended(cx: &Cx, id: &ApprovalId, timeout_ms: Option<u64>) -> Result<Option<Arc<Approval>>> {
    let Some(uuid) = id.uuid() else { return Ok(None) };
    let store = cx.store()?;
    let is_pending = || {
        let found = store.read(Read::LATEST.seen_by(&cx.access()), |view| view.approval(id));
        found.map(|found| found.approval.state == ApprovalState::Pending)
    };
    let may_lose_sight = cx.caller().principal.token().is_some();
    let onlooker = may_lose_sight.then(|| cx.call.client.onlookers.join());
    let mut waiter = {
        cx.app.waits.keep_time(&store);
        let waiter = cx.app.waits.add(&store, uuid)?;
        // It may have ended before this request was registered.
        if !is_pending()? {
            return Ok(None);
        }
        waiter
    };
    let busy = Error::Busy("wait limit reached for this connection");
    let _parked = cx.call.lots.park().ok_or(busy)?;
    // Yields once, so that the connection admits the requests for which there was no room before.
    tokio::task::yield_now().await;
    let timeout =
        timeout_ms.map(|millis| Box::pin(tokio::time::sleep(Duration::from_millis(millis).min(MAX_WAIT))));
    let has_timeout = timeout.is_some();
    let timed_out = async {
        match timeout {
            Some(timeout) => timeout.await,
            None => std::future::pending().await,
        }
    };
    let lost_sight = async {
        let Some(onlooker) = &onlooker else { return std::future::pending().await };
        loop {
            let changed = onlooker.sight_changed();
            if let Err(error) = is_pending() {
                return error;
            }
            changed.await;
        }
    };
    tokio::select! {
        biased;
        ended = waiter.ended() => Ok(Some(ended)),
        error = lost_sight => Err(error.into()),
        () = timed_out => Ok(None),
        () = cx.call.cancel().cancelled() => Err(Error::Cancelled),
        () = cx.call.client.stop.cancelled() => Err(Error::Cancelled),
        // A wait without a timeout ends with the connection, because then nobody can cancel it.
        () = cx.call.ending.cancelled(), if !has_timeout => Err(Error::Cancelled),
    }
}

/// Handles `approval/decide`.
pub async fn decide(cx: Cx, params: ApprovalDecideParams) -> Result<Approval> {
    let reason = limits::reason("reason", params.reason)?;
    let scope = params.scope.as_deref().map(|scope| limits::title("scope", scope)).transpose()?;
    let turn = cx.turn().await;
    let found = cx.read_in(&turn, |view| view.approval(&params.approval_id)).await?;
    if let Some(scope) = &scope
        && !found.approval.options.contains(scope)
    {
        let options = found.approval.options.join("`, `");
        let message = match options.is_empty() {
            true => "the approval has no `options` to choose a `scope` from".into(),
            false => format!("`scope` must be one of the approval's `options`: `{options}`"),
        };
        return Err(Error::invalid("scope", message));
    }
    let Caller { author, principal, .. } = cx.caller();
    let state = params.decision.into();
    let proof = Proof::of(&cx, &turn, params.approver_secret.as_ref()).await?;
    let how = DecisionRecord {
        surface: cx.app.surface().into(),
        terminal: cx.app.at_terminal.load(Ordering::Relaxed),
        agent_host: workroom_processes::agent().map(str::to_owned),
        approver_secret: proof.is_given(),
    };
    let ending = Ending { reason, scope, via: cx.via(), how: Some(how) };
    end(&cx, turn, params.approval_id, state, move |tx, found| {
        if tx.asked_themselves(&author, &principal, &found.approval)? {
            return Err(StoreError::Forbidden("the requester of an approval cannot decide it".into()));
        }
        proof.check(tx)?;
        if found.approval.state == ApprovalState::Pending {
            must_be_seen("action_digest", Some(&found.approval.action_digest), Some(&params.action_digest))?;
            must_be_seen("shown_digest", found.approval.shown_digest.as_ref(), params.shown_digest.as_ref())?;
        }
        Ok(ending.clone())
    })
    .await
}

/// Refuses a decision if the action's digest differs from the one that the client says the decider saw.
fn must_be_seen(field: &str, is: Option<&String>, seen: Option<&String>) -> workroom_store::Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    if is == Some(seen) {
        return Ok(());
    }
    let is = is.map_or("absent", String::as_str);
    let message =
        format!("the action is not the one that you viewed; view it again: its {field} is {is}, not {seen}");
    Err(StoreError::Conflict(message))
}

/// Handles `approval/cancel`.
pub async fn cancel(cx: Cx, params: ApprovalCancelParams) -> Result<Approval> {
    let reason = limits::reason("reason", params.reason)?;
    let caller = cx.caller();
    let ending = Ending { reason, via: cx.via(), ..Ending::default() };
    let turn = cx.turn().await;
    end(&cx, turn, params.approval_id, ApprovalState::Cancelled, move |tx, found| {
        if !tx.is_requester(&caller.author, &caller.principal, &found.approval)? {
            // Anybody who may decide an approval may also cancel another requester's.
            tx.authorize(found.workroom, ApprovalDecide::NEEDS)?;
        }
        Ok(ending.clone())
    })
    .await
}

/// Ends a pending approval, if `check` allows it. An approval that has expired by then ends as expired.
async fn end(
    cx: &Cx,
    turn: super::order::Turn<'_>,
    id: ApprovalId,
    state: ApprovalState,
    check: impl Fn(&Tx<'_>, &ApprovalRow) -> workroom_store::Result<Ending> + Send + Sync + Clone + 'static,
) -> Result<Approval> {
    let store = cx.store()?;
    let author = cx.caller().author;
    let mut turn = Some(turn);
    loop {
        waits::settle(&store).await?;
        let (id, author, check) = (id.clone(), author.clone(), check.clone());
        let work = move |tx: &Tx<'_>| {
            let found = tx.approval(&id)?;
            let ending = check(tx, &found)?;
            if found.approval.state != ApprovalState::Pending {
                return Err(StoreError::AlreadyDecided(Box::new(found.approval)));
            }
            if found.approval.expires_at.is_some_and(|at| at <= tx.now()) {
                // It has expired since, and the first ending counts.
                return Ok(None);
            }
            tx.end_approval(&author, &found, state, ending).map(Some)
        };
        let ended = match turn.take() {
            Some(turn) => cx.write_in(turn, work).await?,
            None => cx.write(work).await?,
        };
        if let Some(ended) = ended {
            return Ok(ended);
        }
    }
}
