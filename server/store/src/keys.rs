//! Keys that prove access.
//!
//! Only the store makes a key, when a view shows its caller what the key stands for. Whoever holds one has entered, and
//! nobody outside the store can make one up or read a row out of it. A key is of the store that made it, and it stays
//! good when its workroom is joined to another.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// Stands for a workroom that its holder sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomKey(i64);

/// Stands for a thread that its holder sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadKey(i64);

/// Stands for an event that its holder sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(pub(super) u64);

macro_rules! row_key {
    ($key:ident) => {
        impl $key {
            pub(super) fn of_row(row: i64) -> Self {
                Self(row)
            }

            pub(super) fn row(self) -> i64 {
                self.0
            }
        }

        impl ToSql for $key {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        // No other crate may name rusqlite, so this makes keys inside the store only.
        impl FromSql for $key {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    };
}

row_key!(RoomKey);
row_key!(ThreadKey);
