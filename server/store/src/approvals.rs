//! Approvals in the store.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;
use workroom_protocol::approval::{Approval, ApprovalDecision, ApprovalRisk, ApprovalState, DecisionRecord};
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::ApprovalId;

use super::error::{Result, StoreError};
use super::keys::{RoomKey, ThreadKey};
use super::log::{Author, Target};
use super::projection::Place;
use super::rows::{blob, json};
use super::view::{Scope, View};
use super::writer::Tx;
use workroom_domain::approval::{Action, shown_risk};
use workroom_domain::expiry;

/// An approval and the keys of its workroom and thread.
#[derive(Debug, Clone)]
pub struct ApprovalRow {
    /// Its key inside the store: the position of the event that requested it.
    pub(super) row: i64,
    /// The key of its workroom.
    pub workroom: RoomKey,
    /// The key of its thread.
    pub thread: ThreadKey,
    /// The approval.
    pub approval: Approval,
}

/// How an approval ends.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// The reason given.
    pub reason: Option<String>,
    /// The scope of the decision.
    pub scope: Option<String>,
    /// The program through which the decision was made.
    pub via: Option<String>,
    /// How a decision was made.
    pub how: Option<DecisionRecord>,
}

const COLUMNS: &str = "row, workroom, thread, json";

fn read(row: &Row<'_>) -> rusqlite::Result<ApprovalRow> {
    Ok(ApprovalRow { row: row.get(0)?, workroom: row.get(1)?, thread: row.get(2)?, approval: json(row, 3)? })
}

impl View<'_> {
    /// The approval with this id, or `not_found`.
    pub fn approval(&self, id: &ApprovalId) -> Result<ApprovalRow> {
        let found = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM approval WHERE id = ?1"))?
            .query_row([blob(id.uuid())], read)
            .optional()?
            .ok_or_else(|| StoreError::NotFound { what: "approval", id: id.to_string() })?;
        self.enter(found.workroom, "approval", id)?;
        Ok(self.standing(found))
    }

    /// Up to `limit` approvals requested before position `before`, newest first.
    pub fn approvals(
        &self,
        scope: Scope,
        states: Option<&[ApprovalState]>,
        before: u64,
        limit: usize,
    ) -> Result<Vec<ApprovalRow>> {
        let (column, row) = scope.column();
        // An expired approval is no longer pending, even if its expiry could not be recorded.
        let state = match self.due {
            Some(now) => {
                let now = now.millis();
                format!("iif(state = 'pending' AND expires_at <= {now}, 'expired', state)")
            }
            None => "state".into(),
        };
        let states = match states {
            None => String::new(),
            // Written this way so that SQLite uses the index of pending approvals.
            Some([ApprovalState::Pending]) => format!(" AND state = 'pending' AND {state} = 'pending'"),
            Some(some) => {
                // These are the names of an enum, so no caller's text gets into the SQL.
                let names: Vec<_> = some.iter().map(|state| format!("'{}'", state.name())).collect();
                format!(" AND {state} IN ({})", names.join(","))
            }
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM approval WHERE {column} = ?1 AND row < ?2{states}
               AND (?4 IS NULL OR workroom IN (SELECT value FROM json_each(?4))) ORDER BY row DESC LIMIT ?3"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let values = params![row, before.min(i64::MAX as u64), limit, self.limit()];
        let rows = statement.query_map(values, |row| Ok(self.standing(read(row)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The current state of an approval, even if its expiry could not be recorded.
    fn standing(&self, found: ApprovalRow) -> ApprovalRow {
        match self.due {
            Some(now) => ApprovalRow { approval: expiry::standing(found.approval, now), ..found },
            None => found,
        }
    }
}

// How many approvals one write expires: other writers wait for it.
const MAX_EXPIRED_AT_ONCE: usize = 500;

impl Tx<'_> {
    /// Ends a pending approval.
    pub fn end_approval(
        &self,
        author: &Author,
        found: &ApprovalRow,
        state: ApprovalState,
        ending: Ending,
    ) -> Result<Approval> {
        let Approval { approval_id, thread_id, workroom_id, event_id, .. } = &found.approval;
        let decided = Kind::ApprovalDecided {
            approval_id: approval_id.clone(),
            request_event_id: Some(event_id.clone()),
            decision: state,
            reason: ending.reason,
            scope: ending.scope,
            decided_via: ending.via,
            decided_how: ending.how,
        };
        let target =
            Target::Thread { workroom: (found.workroom, workroom_id), thread: (found.thread, thread_id) };
        self.append(author, target, decided, None)?;
        Ok(self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM approval WHERE row = ?1"))?
            .query_row([found.row], read)?
            .approval)
    }

    /// Expires approvals that are due, and returns whether more are due. Expiry is final: setting the clock back does
    /// not make the approval pending again. Nothing else turns time into a change of state.
    pub fn expire_approvals(&self) -> Result<bool> {
        let due: Vec<ApprovalRow> = {
            let mut statement = self.conn.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM approval WHERE state = 'pending' AND expires_at <= ?1
                 ORDER BY expires_at, row LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![self.now().millis(), MAX_EXPIRED_AT_ONCE], read)?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for found in &due {
            self.end_approval(&Author::system(), found, ApprovalState::Expired, Ending::default())?;
        }
        Ok(due.len() == MAX_EXPIRED_AT_ONCE)
    }
}

/// The approval that an event requests. Events from before approvals had ids use the event's own id.
fn asked_for(event: &WorkroomEvent) -> Option<Approval> {
    let Kind::ApprovalRequest {
        tool_name,
        summary,
        approval_id,
        risk,
        arguments,
        action_digest,
        hidden,
        options,
        expires_at,
    } = &event.kind
    else {
        return None;
    };
    let thread_id = event.thread_id.clone()?;
    let summary = summary.clone().unwrap_or_default();
    let risk_shown = shown_risk(*risk, hidden.as_ref());
    let shown = Action {
        thread_id: &thread_id.0,
        tool_name,
        summary: &summary,
        arguments: arguments.as_ref(),
        risk: risk_shown.map(ApprovalRisk::name),
    };
    let shown_digest = shown.shown_digest();
    Some(Approval {
        approval_id: approval_id.clone().or_else(|| event.id.uuid().map(ApprovalId::from_uuid))?,
        workroom_id: event.workroom_id.clone(),
        event_id: event.id.clone(),
        seq: event.seq,
        requested_by: event.actor.clone(),
        agent: event.agent.clone(),
        session_id: event.session_id.clone(),
        requested_at: event.timestamp,
        tool_name: tool_name.clone(),
        risk: risk_shown,
        requested_risk: risk.filter(|risk| Some(*risk) != risk_shown),
        arguments: arguments.clone(),
        hidden: hidden.clone(),
        // Events from before digests existed have none. This version redacted nothing in them.
        action_digest: action_digest.clone().unwrap_or_else(|| shown_digest.clone()),
        shown_digest: Some(shown_digest),
        options: options.clone(),
        state: ApprovalState::Pending,
        expires_at: *expires_at,
        decided_by: None,
        decided_via: None,
        decided_how: None,
        decided_at: None,
        decision: None,
        reason: None,
        scope: None,
        thread_id,
        summary,
    })
}

/// Records that an approval was requested or has ended.
pub(super) fn apply(conn: &Connection, event: &WorkroomEvent, place: Place) -> Result<()> {
    // A request or decision from another log is history: nobody can wait for it, decide it or act on it here.
    if event.imported.is_some() {
        return Ok(());
    }
    if let Some(approval) = asked_for(event) {
        conn.prepare_cached("INSERT INTO approval VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(params![
            event.seq,
            blob(approval.approval_id.uuid()),
            place.workroom,
            place.thread,
            approval.state.name(),
            approval.expires_at.map(|at| at.millis()),
            serde_json::to_string(&approval)?,
        ])?;
    }
    let Kind::ApprovalDecided { approval_id, decision, reason, scope, decided_via, decided_how, .. } =
        &event.kind
    else {
        return Ok(());
    };
    let found = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM approval WHERE id = ?1 AND state = 'pending'"))?
        .query_row([blob(approval_id.uuid())], read)
        .optional()?;
    let Some(ApprovalRow { row, mut approval, .. }) = found else { return Ok(()) };
    approval.state = *decision;
    approval.decision = match decision {
        ApprovalState::Approved => Some(ApprovalDecision::Approved),
        ApprovalState::Denied => Some(ApprovalDecision::Denied),
        _ => None,
    };
    approval.decided_by = Some(event.actor.clone());
    approval.decided_via = decided_via.clone();
    approval.decided_how = decided_how.clone();
    approval.decided_at = Some(event.timestamp);
    approval.reason = reason.clone();
    approval.scope = scope.clone();
    conn.prepare_cached("UPDATE approval SET state = ?2, json = ?3 WHERE row = ?1")?.execute(params![
        row,
        approval.state.name(),
        serde_json::to_string(&approval)?
    ])?;
    Ok(())
}

/// The approval that an event ends.
pub fn ended_by(event: &WorkroomEvent) -> Option<Uuid> {
    match &event.kind {
        Kind::ApprovalDecided { approval_id, .. } if event.imported.is_none() => approval_id.uuid(),
        _ => None,
    }
}
