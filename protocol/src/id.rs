//! Identifiers: a prefix that shows the type, then 32 hex digits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Returns the UUID of an id that consists of `prefix` and 32 lower-case hex digits, if `text` has that form.
fn parse_uuid(text: &str, prefix: &str) -> Option<Uuid> {
    let hex = text.strip_prefix(prefix)?;
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if hex.len() != 32 || !hex.bytes().all(lower_hex) {
        return None;
    }
    Uuid::try_parse(hex).ok()
}

/// One type per kind of id. In JSON each is a plain string. Ids from other writers are read unchanged, and the store
/// checks whether they exist.
macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident $prefix:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The prefix of every id of this type.
            pub const PREFIX: &'static str = $prefix;

            /// Returns the id for `uuid`.
            pub fn from_uuid(uuid: Uuid) -> Self {
                // Every row of every list has ids, and the general formatter would be much of the cost of a row.
                let mut digits = Uuid::encode_buffer();
                Self([$prefix, uuid.simple().encode_lower(&mut digits)].concat())
            }

            /// Returns the UUID in the id, or `None` if the id does not have the exact form.
            pub fn uuid(&self) -> Option<Uuid> {
                parse_uuid(&self.0, $prefix)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// A workroom: `wr_` + 32 hex digits (UUID v4).
    WorkroomId "wr_";
    /// A thread: `thr_` + 32 hex digits (UUID v7).
    ThreadId "thr_";
    /// An event: `evt_` + 32 hex digits (UUID v7).
    EventId "evt_";
    /// An artifact: `art_` + 32 hex digits (UUID v7).
    ArtifactId "art_";
    /// An approval: `apr_` + 32 hex digits (UUID v7).
    ApprovalId "apr_";
    /// An access token's public id, never its secret: `tok_` + 32 hex digits (UUID v7).
    TokenId "tok_";
    /// A session of an agent: `ses_` + 32 hex digits (UUID v7).
    SessionId "ses_";
    /// A live subscription of one connection: `sub_` + 32 hex digits (UUID v7).
    SubscriptionId "sub_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_shape_has_a_uuid() {
        let id = ThreadId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.0, "thr_00000000000000000000000000000007");
        assert_eq!(id.uuid(), Some(Uuid::from_u128(7)));
        for bad in [
            "",
            "thr_",
            "thr_7",
            "wr_00000000000000000000000000000007",
            "thr_0000000000000000000000000000000G",
            "thr_0000000000000000000000000000000A",
            "thr_00000000-0000-0000-0000-00000007",
            "thr_000000000000000000000000000000070",
        ] {
            assert_eq!(ThreadId(bad.into()).uuid(), None, "{bad}");
        }
    }
}
