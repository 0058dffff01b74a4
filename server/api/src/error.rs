//! Converts errors into what the client receives.

use serde_json::Value;
use workroom_protocol::ErrorKind;
use workroom_protocol::approval::Approval;
use workroom_protocol::exact::ExactJson;
use workroom_protocol::link::LinkError;
use workroom_rpc::error::ErrorObject;

use workroom_domain::external_ref::RefError;
use workroom_rpc::{error, params};
use workroom_store::StoreError;

/// The error of a handler.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A field of the params is not valid.
    #[error("{message}")]
    Invalid { path: String, message: String },
    /// Something is larger than `limit` allows.
    #[error("{what} is larger than {limit}")]
    TooLarge { what: &'static str, limit: usize },
    /// The request is not allowed in this state of the connection.
    #[error("{0}")]
    State(&'static str),
    /// The object does not support this operation.
    #[error("{0}")]
    Unsupported(String),
    /// A limit on work in progress is reached.
    #[error("{0}")]
    Busy(&'static str),
    /// The request was cancelled while it was pending.
    #[error("the request was cancelled")]
    Cancelled,
    /// A bug in this program.
    #[error("{0}")]
    Internal(String),
}

/// What a handler returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The field at `path` is not valid.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), message: message.into() }
    }

    /// The text at `path` is not a valid reference.
    pub fn reference(path: &str, error: &RefError) -> Self {
        let path = match error.field() {
            Some(field) => format!("{path}.{field}"),
            None => path.to_owned(),
        };
        Self::invalid(path, error.to_string())
    }
}

impl From<LinkError> for Error {
    fn from(error: LinkError) -> Self {
        Self::invalid("link", error.to_string())
    }
}

// How long a client should wait before it retries while the store is locked: about the duration of a checkpoint.
const RETRY_AFTER_MS: u64 = 200;

/// The value of `data.reason` if the approver secret is missing. A client then asks the user for it.
pub const APPROVER_SECRET: &str = "approver_secret";

impl From<Error> for ErrorObject {
    fn from(failure: Error) -> Self {
        let message = failure.to_string();
        match failure {
            Error::Invalid { path, .. } => params::invalid(&path, &message),
            Error::TooLarge { limit, .. } => {
                error::object(ErrorKind::TooLarge, message, [("limit", limit.into())])
            }
            Error::State(_) => error::object(ErrorKind::InvalidRequest, message, []),
            Error::Unsupported(_) => error::object(ErrorKind::Unsupported, message, []),
            Error::Busy(_) => {
                error::object(ErrorKind::Busy, message, [("retry_after_ms", RETRY_AFTER_MS.into())])
            }
            Error::Cancelled => error::object(ErrorKind::Cancelled, message, []),
            Error::Internal(_) => error::internal(&message),
            Error::Store(failure) => of_store(failure, message),
        }
    }
}

/// An approval for the data of an error, where numbers may be rounded. Omits arguments that this would change.
fn without_rounding(mut approval: Approval) -> Approval {
    let is_kept = |arguments: &ExactJson| {
        let again = serde_json::from_str::<Value>(arguments.text()).map(|value| value.to_string());
        again.is_ok_and(|again| again == arguments.text())
    };
    approval.arguments = approval.arguments.filter(is_kept);
    approval
}

fn of_store(failure: StoreError, message: String) -> ErrorObject {
    let plain = |kind| error::object(kind, &message, []);
    match failure {
        StoreError::NotFound { .. } => plain(ErrorKind::NotFound),
        StoreError::Conflict(_) => plain(ErrorKind::Conflict),
        StoreError::Exists(room) => {
            let existing = serde_json::to_value(room).unwrap_or_default();
            error::object(ErrorKind::Conflict, message, [("existing", existing)])
        }
        StoreError::AlreadyDecided(approval) => {
            let winner = serde_json::to_value(without_rounding(*approval)).unwrap_or_default();
            error::object(ErrorKind::AlreadyDecided, message, [("approval", winner)])
        }
        StoreError::Forbidden(_) => plain(ErrorKind::Forbidden),
        StoreError::ApproverSecret { retry_after_ms, .. } => {
            let reason = ("reason", Value::from(APPROVER_SECRET));
            match retry_after_ms {
                Some(wait) => {
                    error::object(ErrorKind::Forbidden, message, [reason, ("retry_after_ms", wait.into())])
                }
                None => error::object(ErrorKind::Forbidden, message, [reason]),
            }
        }
        StoreError::Unauthenticated(_) => plain(ErrorKind::Unauthenticated),
        StoreError::CursorExpired(_) => plain(ErrorKind::CursorExpired),
        StoreError::Cancelled => plain(ErrorKind::Cancelled),
        StoreError::Busy => {
            error::object(ErrorKind::Busy, message, [("retry_after_ms", RETRY_AFTER_MS.into())])
        }
        StoreError::Storage { reason, .. } => {
            error::object(ErrorKind::Storage, message, [("reason", Value::from(reason.name()))])
        }
        StoreError::Internal(_) => error::internal(&message),
    }
}
