//! JSON-RPC error objects.

use std::fmt::Display;

use serde_json::{Map, Value};
use workroom_protocol::ErrorKind;

/// What a request is answered with when it fails: the code of its kind, what is wrong, for people, and the same for
/// programs as `data`.
pub type ErrorObject = jsonrpsee::types::ErrorObjectOwned;

/// An error object with `data.kind`, and with what else programs need to know in `data`.
pub fn object<const N: usize>(
    kind: ErrorKind,
    message: impl Display,
    data: [(&str, Value); N],
) -> ErrorObject {
    let mut fields = Map::new();
    fields.insert("kind".into(), kind.name().into());
    fields.extend(data.into_iter().map(|(name, value)| (name.into(), value)));
    ErrorObject::owned(kind.code(), message.to_string(), Some(fields))
}

/// The error of a fault on this side. The client gets a name for the case, the log also gets the cause.
pub fn internal(cause: &dyn Display) -> ErrorObject {
    let incident = uuid::Uuid::new_v4().simple().to_string();
    tracing::error!(%incident, %cause, "internal error");
    object(ErrorKind::Internal, "internal error", [("incident", incident.into())])
}
