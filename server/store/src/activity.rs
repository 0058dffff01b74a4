//! Lists in the order of newest activity.

use super::error::Result;
use super::view::View;

/// A place in a list that is ordered by newest activity.
///
/// The order is fixed when the list begins: later activity moves nothing, so each entry appears once. The content of an
/// entry is always current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPlace {
    /// The head of the log when the list began.
    pub upto: u64,
    /// Only entries whose newest activity, as of `upto`, was before this position.
    pub before: u64,
}

impl ListPlace {
    /// The beginning of a list as of now, without reading the head of the log.
    pub const FIRST: Self = Self { upto: i64::MAX as u64 - 1, before: i64::MAX as u64 };

    /// A place with these values. They may come from a client, so they are clamped.
    pub fn new(upto: u64, before: u64) -> Self {
        let upto = upto.min(i64::MAX as u64 - 1);
        Self { upto, before: before.min(upto + 1) }
    }

    /// The SQL for up to `:limit` rows after a place, with the parameters `:upto` and `:before`. `alias` is the listed
    /// table in `from`, and `column` is the log's name for its key. The position of each row follows `columns`. The
    /// first page also selects `upto`, the head of the log, so that one statement returns both.
    pub(super) fn sql(
        self,
        columns: &str,
        from: &str,
        (alias, column): (&str, &str),
        conditions: &str,
    ) -> String {
        let still = format!(
            "SELECT {columns}, {alias}.head_seq AS position {from} WHERE {alias}.head_seq < :before{conditions}"
        );
        let order = "ORDER BY position DESC LIMIT :limit";
        if self == Self::FIRST {
            return format!(
                "SELECT {columns}, {alias}.head_seq AS position, (SELECT max(seq) FROM event) AS upto {from}
                 WHERE {alias}.head_seq < :before AND {alias}.head_seq <= :upto{conditions} {order}"
            );
        }
        if self.before > self.upto {
            // Still the first page: nothing has happened since it began.
            return format!("{still} AND {alias}.head_seq <= :upto {order}");
        }
        format!(
            "{still} UNION ALL
             SELECT {columns}, (SELECT max(seq) FROM event WHERE {column} = {alias}.row AND seq <= :upto) AS position
             {from} WHERE {alias}.head_seq > :upto AND position < :before{conditions} {order}"
        )
    }
}

impl View<'_> {
    /// The beginning of a list as of now.
    pub fn list_begin(&self) -> Result<ListPlace> {
        let head = self.head_seq()?;
        Ok(ListPlace::new(head, head + 1))
    }
}
