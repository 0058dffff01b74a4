//! What can go wrong, one row an error. The only place with JSON-RPC numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal $kind:literal;)+) => {
        /// What went wrong: stable for programs, as `data.kind` and as the error's code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum ErrorKind {
            $($(#[doc = $doc])+ #[serde(rename = $kind)] $variant,)+
        }

        /// Every kind of error, in the order of the table: kind, code, and what it means.
        pub const ERRORS: &[(ErrorKind, i32, &str)] = &[$((ErrorKind::$variant, $code, concat!($($doc),+)),)+];

        impl ErrorKind {
            /// The code of the error on the wire.
            pub fn code(self) -> i32 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The name of the error on the wire, `data.kind`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $kind,)+ }
            }
        }
    };
}

errors! {
    /// The input is not JSON.
    ParseError = -32700 "parse_error";
    /// The input is JSON, but not a JSON-RPC request.
    InvalidRequest = -32600 "invalid_request";
    /// There is no such method.
    MethodNotFound = -32601 "method_not_found";
    /// The params do not fit the method; `data.path` names the field.
    InvalidParams = -32602 "invalid_params";
    /// The server is at fault; `data.incident` is what its log calls the case.
    Internal = -32603 "internal";
    /// There is no such thing, or the caller may not see it.
    NotFound = 1001 "not_found";
    /// The write does not fit what is there.
    Conflict = 1002 "conflict";
    /// The position belongs to another store, or lies beyond the end of this one.
    CursorExpired = 1003 "cursor_expired";
    /// The caller may see this, but not do it.
    Forbidden = 1004 "forbidden";
    /// The token is not known, has expired or was revoked.
    Unauthenticated = 1005 "unauthenticated";
    /// Too much is going on; try again after `data.retry_after_ms` milliseconds.
    Busy = 1006 "busy";
    /// Something is larger than `data.limit` allows.
    TooLarge = 1007 "too_large";
    /// The store cannot be read or written; `data.reason` says why.
    Storage = 1008 "storage";
    /// Somebody else decided first; `data` has the decision.
    AlreadyDecided = 1009 "already_decided";
    /// The request was cancelled, and had no effect.
    Cancelled = 1010 "cancelled";
    /// This cannot be done here.
    Unsupported = 1011 "unsupported";
}
