//! Converts between SQLite's values and ours.

use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The bytes of an id. An id without a UUID matches nothing, because no row has an empty id.
pub(super) fn blob(id: Option<Uuid>) -> Vec<u8> {
    id.map_or_else(Vec::new, |id| id.as_bytes().to_vec())
}

/// The UUID in a column.
pub(super) fn uuid<I: RowIndex + Copy>(row: &Row<'_>, column: I) -> rusqlite::Result<Uuid> {
    let bytes = row.get_ref(column)?.as_blob()?;
    Uuid::from_slice(bytes).map_err(|error| unreadable(Type::Blob, error))
}

/// The value that a column holds as JSON.
pub(super) fn json<T: DeserializeOwned, I: RowIndex + Copy>(row: &Row<'_>, column: I) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(Type::Text, error))
}

fn unreadable(kind: Type, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
}
