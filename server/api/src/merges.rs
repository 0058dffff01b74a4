//! `workroom/merge`.

use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::workroom::{Workroom, WorkroomChange, WorkroomMergeParams};

use super::Cx;
use super::error::{Error, Result};
use workroom_store::{StoreError, Target};

/// Handles `workroom/merge`.
///
/// Whoever belongs to one workroom would see the threads of the other. So two workrooms are joined only when the same
/// people, with the same roles and tokens, belong to both: nobody gains or loses anything without a decision of its own.
pub async fn merge(cx: Cx, params: WorkroomMergeParams) -> Result<Workroom> {
    if params.workroom_id == params.into {
        return Err(Error::invalid("into", "`into` is the workroom that is to be merged"));
    }
    let author = cx.caller().author;
    cx.write(move |tx| {
        let (from, into) = (tx.workroom(&params.workroom_id)?, tx.workroom(&params.into)?);
        if from.key == into.key {
            // Joined before, or never two.
            return Ok(into.workroom);
        }
        if into.workroom.archived_at.is_some() {
            let message = format!("workroom {} is in the archive; take it out first", into.workroom.id);
            return Err(StoreError::Conflict(message));
        }
        let differences = tx.differences(&from, &into)?;
        if !differences.is_empty() {
            let message = format!(
                "the workrooms do not have the same members and rights, and joining them would change who sees what: \
                 {}; change that first, with member/add, member/update or member/remove",
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
