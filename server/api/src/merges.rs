//! `workroom/merge`.

use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::workroom::{Workroom, WorkroomChange, WorkroomMergeParams};

use super::Cx;
use super::error::Result;
use workroom_store::{StoreError, Target};

/// Handles `workroom/merge`.
///
/// The members of one workroom would see the threads of the other. So two workrooms can be merged only if both have the
/// same members, with the same roles and tokens: nobody gains or loses access without a separate decision.
pub async fn merge(cx: Cx, params: WorkroomMergeParams) -> Result<Workroom> {
    let author = cx.caller().author;
    cx.write(move |tx| {
        let (from, into) = (tx.workroom(&params.workroom_id)?, tx.workroom(&params.into)?);
        if from.key == into.key {
            // Already merged, or the same workroom.
            return Ok(into.workroom);
        }
        if into.workroom.archived_at.is_some() {
            let message = format!("workroom {} is archived; unarchive it first", into.workroom.id);
            return Err(StoreError::Conflict(message));
        }
        let differences = tx.differences(&from, &into)?;
        if !differences.is_empty() {
            let message = format!(
                "the workrooms have different members or rights, so merging them would change who sees what: \
                 {}; remove the differences first with member/add, member/update or member/remove",
                differences.join(", ")
            );
            return Err(StoreError::Conflict(message));
        }
        tx.keep_levels(from.key, into.key)?;
        let to = WorkroomChange { merged_into: Some(into.workroom.id.clone()), ..WorkroomChange::default() };
        let of = WorkroomChange { merged_from: Some(from.workroom.id.clone()), ..WorkroomChange::default() };
        tx.append(&author, Target::Workroom(&from), WorkroomEventKind::WorkroomUpdated { change: to }, None)?;
        tx.append(&author, Target::Workroom(&into), WorkroomEventKind::WorkroomUpdated { change: of }, None)?;
        Ok(tx.workroom_at(into.key)?.workroom)
    })
    .await
}
