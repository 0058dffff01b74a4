//! Where the next page begins. Opaque to clients: a position, and the store that it belongs to.

use super::error::{Error, Result};
use crate::store::StoreError;

// Enough of the epoch to tell one store's cursor from another's.
const EPOCH_DIGITS: usize = 8;

/// Writes a cursor.
pub fn write(epoch: &str, seq: u64) -> String {
    format!("c1.{}.{seq:x}", &epoch[..EPOCH_DIGITS.min(epoch.len())])
}

/// Reads a cursor that [`write`] wrote.
pub fn read(epoch: &str, cursor: Option<&str>) -> Result<Option<u64>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let malformed = || Error::invalid("cursor", "`cursor` is not a `next_cursor` of this method");
    let (of_epoch, seq) =
        cursor.strip_prefix("c1.").and_then(|rest| rest.split_once('.')).ok_or_else(malformed)?;
    let seq = u64::from_str_radix(seq, 16).map_err(|_| malformed())?;
    if of_epoch.len() != EPOCH_DIGITS {
        return Err(malformed());
    }
    if !epoch.starts_with(of_epoch) {
        return Err(StoreError::CursorExpired("the cursor belongs to another store".into()).into());
    }
    Ok(Some(seq))
}
