//! The kinds of errors, one row each. This is the only place with JSON-RPC error codes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal $kind:literal;)+) => {
        /// The kind of an error. It is stable, so that programs can rely on it. It is sent as `data.kind` and
        /// determines `code`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum ErrorKind {
            $($(#[doc = $doc])+ #[serde(rename = $kind)] $variant,)+
        }

        /// Every kind of error, in the order of the table: kind, code, and what it means.
        pub const ERRORS: &[(ErrorKind, i32, &str)] = &[$((ErrorKind::$variant, $code, concat!($($doc),+)),)+];

        impl ErrorKind {
            /// The error's numeric code in JSON.
            pub fn code(self) -> i32 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The error's name in JSON, which is sent as `data.kind`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $kind,)+ }
            }
        }
    };
}

errors! {
    /// The input is not JSON.
    ParseError = -32700 "parse_error";
    /// The input is JSON, but not a valid JSON-RPC request.
    InvalidRequest = -32600 "invalid_request";
    /// The method does not exist.
    MethodNotFound = -32601 "method_not_found";
    /// The params are not valid for this method; `data.path` names the field.
    InvalidParams = -32602 "invalid_params";
    /// The server failed; `data.incident` identifies the case in the server's log.
    Internal = -32603 "internal";
    /// The object does not exist, or the caller may not see it.
    NotFound = 1001 "not_found";
    /// The write conflicts with the current state.
    Conflict = 1002 "conflict";
    /// The position belongs to another store, or is past the end of this one.
    CursorExpired = 1003 "cursor_expired";
    /// The caller may see this, but does not have permission for the action.
    Forbidden = 1004 "forbidden";
    /// The token is unknown, expired or revoked.
    Unauthenticated = 1005 "unauthenticated";
    /// The server is overloaded; try again after `data.retry_after_ms` milliseconds.
    Busy = 1006 "busy";
    /// A value is larger than `data.limit` allows.
    TooLarge = 1007 "too_large";
    /// The store cannot be read or written; `data.reason` gives the reason.
    Storage = 1008 "storage";
    /// Another decision came first; `data` contains it.
    AlreadyDecided = 1009 "already_decided";
    /// The request was cancelled and had no effect.
    Cancelled = 1010 "cancelled";
    /// The operation is not supported here.
    Unsupported = 1011 "unsupported";
}
