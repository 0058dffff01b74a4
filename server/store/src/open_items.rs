//! Open items in the store: pending approvals and questions, and failures.

use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::resolve::OpenItem;

use super::error::Result;
use super::event_row::{self, COLUMNS};
use super::view::{Scope, View};
use workroom_domain::approval::shown_risk;
use workroom_domain::event_text;
use workroom_domain::expiry::is_due;
use workroom_domain::open_items::ItemKind;

impl View<'_> {
    /// All open items of one kind in a workroom or thread, oldest first.
    pub fn open_items(&self, scope: Scope, kind: ItemKind) -> Result<Vec<OpenItem>> {
        let (column, row) = scope.column();
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM event
             WHERE seq IN (SELECT seq FROM open_item WHERE {column} = ?1 AND kind = ?2) ORDER BY seq"
        ))?;
        let mut rows = statement.query((row, kind.name()))?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(item_of(event_row::read(row)?.json.read()?));
        }
        if let Some(now) = self.due {
            items.retain(|item| !is_due(item.expires_at, now));
        }
        Ok(items)
    }
}

/// The open item that an event creates.
pub fn item_of(event: WorkroomEvent) -> OpenItem {
    let tool_name = match &event.kind {
        Kind::ApprovalRequest { tool_name, .. } => Some(tool_name.clone()),
        _ => None,
    };
    let text = match &event.kind {
        Kind::ApprovalRequest { summary, .. } => summary.clone().unwrap_or_default(),
        kind => event_text::text(kind).map(|text| text.into_owned()).unwrap_or_default(),
    };
    let (approval_id, risk, expires_at, attempt) = match &event.kind {
        Kind::ApprovalRequest { approval_id, risk, hidden, expires_at, .. } => {
            (approval_id.clone(), shown_risk(*risk, hidden.as_ref()), *expires_at, None)
        }
        Kind::ApprovalDecided { approval_id, .. } => (Some(approval_id.clone()), None, None, None),
        Kind::Failure { attempt, .. } => (None, None, None, *attempt),
        _ => (None, None, None, None),
    };
    OpenItem {
        imported: event.imported.is_some(),
        event_id: event.id,
        seq: event.seq,
        thread_id: event.thread_id,
        timestamp: event.timestamp,
        actor: event.actor,
        agent: event.agent,
        tool_name,
        approval_id,
        risk,
        expires_at,
        attempt,
        text,
    }
}
