//! Keys that prove access.
//!
//! Only the store makes a key, when a view shows the object of the key. A key from a caller's view proves that the caller
//! may see the object; the server's own views see everything. No code outside the store can make up a key or read a row
//! from it. A key belongs to the store that made it, and stays valid when its workroom is merged into another.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// Identifies a workroom that its holder sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomKey(i64);

/// Identifies a thread that its holder sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadKey(i64);

/// Identifies an event that its holder sees.
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

        // No other crate may depend on rusqlite, so this makes keys inside the store only.
        impl FromSql for $key {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    };
}

row_key!(RoomKey);
row_key!(ThreadKey);
