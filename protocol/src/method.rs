//! What a method is, and the macro that turns the method table into Rust.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::actor::Scope;
use crate::member::MemberRole;

/// One request of the wire: its name, what it takes and what it answers.
pub trait Method: Send + Sync + 'static {
    /// The name on the wire, `noun/verb`.
    const NAME: &'static str;
    /// What the method does, for people: the first line is its summary.
    const DOC: &'static str;
    /// What a caller needs for it.
    const NEEDS: Needs;
    /// The shape of `params`.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// The shape of `result`.
    type Result: Serialize + DeserializeOwned + JsonSchema + Clone + Send + 'static;
}

/// What a caller needs for a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The scope of the connection; `None` when every connection may call it.
    pub scope: Option<Scope>,
    /// The least role in every workroom that the params lead to; `None` when they lead to none.
    pub role: Option<MemberRole>,
}

/// Does something for every row of the method table, with its types.
pub trait Visitor {
    /// Is called for each row, in the order of the table.
    fn visit<M: Method>(&mut self);
}

/// One notification of the wire, in either direction.
pub trait Notification: Send + Sync + 'static {
    /// The name on the wire.
    const NAME: &'static str;
    /// What the notification tells, for people.
    const DOC: &'static str;
    /// The shape of `params`.
    type Params: Serialize + DeserializeOwned + JsonSchema + 'static;
}

/// Who sends a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// A row of the method table, without its Rust types.
#[derive(Clone, Copy)]
pub struct MethodRow {
    /// The name on the wire.
    pub name: &'static str,
    /// What the method does.
    pub doc: &'static str,
    /// What a caller needs for it.
    pub needs: Needs,
    /// The schema of `params`.
    pub params: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of `result`.
    pub result: fn(&mut SchemaGenerator) -> Schema,
}

/// A row of the notification table, without its Rust types.
#[derive(Clone, Copy)]
pub struct NotificationRow {
    /// The name on the wire.
    pub name: &'static str,
    /// What the notification tells.
    pub doc: &'static str,
    /// Who sends it.
    pub direction: Direction,
    /// The schema of `params`.
    pub params: fn(&mut SchemaGenerator) -> Schema,
}

/// Turns the rows of [`crate::methods`] into one type a method and the list [`crate::methods::METHODS`].
macro_rules! methods {
    ($($(#[doc = $doc:literal])+ $row:ident = $name:literal ($params:ty) -> $result:ty [$($scope:ident $($role:ident)?)?];)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $row;

            impl $crate::method::Method for $row {
                const NAME: &'static str = $name;
                const DOC: &'static str = concat!($($doc, "\n"),+);
                const NEEDS: $crate::method::Needs = {
                    #[allow(unused_mut, unused_assignments)]
                    let mut needs = $crate::method::Needs { scope: None, role: None };
                    $(
                        needs.scope = Some($crate::actor::Scope::$scope);
                        $(needs.role = Some($crate::member::MemberRole::$role);)?
                    )?
                    needs
                };
                type Params = $params;
                type Result = $result;
            }
        )+

        /// Every method, in the order of the table.
        pub const METHODS: &[$crate::method::MethodRow] = &[$(
            $crate::method::MethodRow {
                name: $name,
                doc: <$row as $crate::method::Method>::DOC,
                needs: <$row as $crate::method::Method>::NEEDS,
                params: |generator| generator.subschema_for::<$params>(),
                result: |generator| generator.subschema_for::<$result>(),
            },
        )+];

        /// Shows every row to `visitor`, with its types.
        pub fn visit_all(visitor: &mut impl $crate::method::Visitor) {
            $(visitor.visit::<$row>();)+
        }
    };
}

/// The same for the rows of [`crate::notifications`].
macro_rules! notifications {
    ($($(#[doc = $doc:literal])+ $row:ident = $direction:ident $name:literal ($params:ty);)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $row;

            impl $crate::method::Notification for $row {
                const NAME: &'static str = $name;
                const DOC: &'static str = concat!($($doc, "\n"),+);
                type Params = $params;
            }
        )+

        /// Every notification, in the order of the table.
        pub const NOTIFICATIONS: &[$crate::method::NotificationRow] = &[$(
            $crate::method::NotificationRow {
                name: $name,
                doc: <$row as $crate::method::Notification>::DOC,
                direction: $crate::method::Direction::$direction,
                params: |generator| generator.subschema_for::<$params>(),
            },
        )+];
    };
}

pub(crate) use {methods, notifications};
