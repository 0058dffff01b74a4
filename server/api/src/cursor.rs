//! Cursors: where the next page begins. They are opaque to clients, and contain a position and the store that it
//! belongs to.

use super::error::{Error, Result};
use workroom_store::{ListPlace, StoreError};

// Enough of the epoch to distinguish one store's cursor from another's.
const EPOCH_DIGITS: usize = 8;

/// Writes a cursor for a list whose order never changes.
pub fn write(epoch: &str, seq: u64) -> String {
    format!("c1.{}.{seq:x}", &epoch[..EPOCH_DIGITS.min(epoch.len())])
}

/// Reads a cursor that [`write`] wrote.
pub fn read(epoch: &str, cursor: Option<&str>) -> Result<Option<u64>> {
    cursor.map(|cursor| number(after_epoch(epoch, cursor)?)).transpose()
}

/// Writes a cursor for a list ordered by activity.
pub fn write_place(epoch: &str, place: ListPlace) -> String {
    format!("{}.{:x}", write(epoch, place.upto), place.before)
}

/// Reads a cursor that [`write_place`] wrote.
pub fn read_place(epoch: &str, cursor: Option<&str>) -> Result<Option<ListPlace>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let (upto, before) = after_epoch(epoch, cursor)?.split_once('.').ok_or_else(malformed)?;
    Ok(Some(ListPlace::new(number(upto)?, number(before)?)))
}

fn after_epoch<'c>(epoch: &str, cursor: &'c str) -> Result<&'c str> {
    let (of_epoch, rest) =
        cursor.strip_prefix("c1.").and_then(|rest| rest.split_once('.')).ok_or_else(malformed)?;
    if of_epoch.len() != EPOCH_DIGITS {
        return Err(malformed());
    }
    if !epoch.starts_with(of_epoch) {
        return Err(StoreError::CursorExpired("the cursor belongs to another store".into()).into());
    }
    Ok(rest)
}

fn number(hex: &str) -> Result<u64> {
    u64::from_str_radix(hex, 16).map_err(|_| malformed())
}

fn malformed() -> Error {
    Error::invalid("cursor", "`cursor` is not a `next_cursor` of this method")
}
