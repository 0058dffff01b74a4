//! JSON-RPC error objects.

use std::fmt::Display;

use serde_json::{Map, Value};
use workroom_protocol::ErrorKind;

/// The error in the response to a failed request: the code of its kind, a message for people, and details for programs as
/// `data`.
pub type ErrorObject = jsonrpsee::types::ErrorObjectOwned;

/// Creates an error object with `data.kind` and further details in `data`.
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

/// Creates the error for an internal fault. The client receives an incident id, and the log also records the cause.
pub fn internal(cause: &dyn Display) -> ErrorObject {
    let incident = uuid::Uuid::new_v4().simple().to_string();
    tracing::error!(%incident, %cause, "internal error");
    object(ErrorKind::Internal, "internal error", [("incident", incident.into())])
}
