//! The types of a method, and the macro that generates Rust from the method table.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::actor::Scope;
use crate::member::MemberRole;

/// A request: its name, its params and its result.
pub trait Method: Send + Sync + 'static {
    /// The method's name in JSON, `noun/verb`.
    const NAME: &'static str;
    /// What the method does, for the documentation. The first line is the summary.
    const DOC: &'static str;
    /// The permissions that a caller needs.
    const NEEDS: Needs;
    /// The type of `params`.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// The type of `result`.
    type Result: Serialize + DeserializeOwned + JsonSchema + Clone + Send + 'static;
}

/// The permissions that a caller needs for a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The scope of the connection; `None` if every connection may call the method.
    pub scope: Option<Scope>,
    /// The minimum role in every workroom that the params refer to; `None` if they refer to none.
    pub role: Option<MemberRole>,
}

/// Visits each row of the method table with its types.
pub trait Visitor {
    /// Called for each row, in the order of the table.
    fn visit<M: Method>(&mut self);
}

/// A notification, in either direction.
pub trait Notification: Send + Sync + 'static {
    /// The notification's name in JSON.
    const NAME: &'static str;
    /// What the notification means, for the documentation.
    const DOC: &'static str;
    /// The type of `params`.
    type Params: Serialize + DeserializeOwned + JsonSchema + 'static;
}

/// The direction of a notification.
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
    /// The method's name in JSON.
    pub name: &'static str,
    /// What the method does.
    pub doc: &'static str,
    /// The permissions that a caller needs.
    pub needs: Needs,
    /// The schema of `params`.
    pub params: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of `result`.
    pub result: fn(&mut SchemaGenerator) -> Schema,
}

/// A row of the notification table, without its Rust types.
#[derive(Clone, Copy)]
pub struct NotificationRow {
    /// The notification's name in JSON.
    pub name: &'static str,
    /// What the notification means.
    pub doc: &'static str,
    /// The direction.
    pub direction: Direction,
    /// The schema of `params`.
    pub params: fn(&mut SchemaGenerator) -> Schema,
}

/// Generates one type per method, and the list [`crate::methods::METHODS`], from the rows of [`crate::methods`].
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

        /// Calls `visitor` for every row, with its types.
        pub fn visit_all(visitor: &mut impl $crate::method::Visitor) {
            $(visitor.visit::<$row>();)+
        }
    };
}

/// Generates one type per notification, and the list of all notifications, from the rows of [`crate::notifications`].
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
