//! Why a command failed, and how the failure is reported.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use serde_json::value::RawValue;

use super::terminal;
use workroom_api::APPROVER_SECRET;
use workroom_store::StoreError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A message for people, on one line.
    #[error("{0}")]
    Message(String),
    /// A request failed; this is the error object of its response.
    #[error("{}", message_of(.0))]
    Refused(Box<RawValue>),
    /// The reader of the output is gone.
    #[error("the reader of the output is gone")]
    Unread,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    pub(super) fn message(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    /// Whether a decision failed because the approver secret is required.
    pub(super) fn wants_approver_secret(&self) -> bool {
        #[derive(serde::Deserialize)]
        struct Error {
            data: Data,
        }
        #[derive(serde::Deserialize)]
        struct Data {
            reason: Option<String>,
            retry_after_ms: Option<u64>,
        }
        let Self::Refused(error) = self else { return false };
        serde_json::from_str::<Error>(error.get()).is_ok_and(|error| {
            error.data.reason.as_deref() == Some(APPROVER_SECRET) && error.data.retry_after_ms.is_none()
        })
    }

    /// Prints the failure to stderr, and returns the exit code.
    pub(super) fn tell(self) -> ExitCode {
        // The pipe in `workroom list | head -1` is not a failure.
        if matches!(self, Self::Unread) {
            return ExitCode::SUCCESS;
        }
        terminal::error(&self.to_string());
        ExitCode::FAILURE
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Io(error),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Message(format!("unexpected JSON: {error}"))
    }
}

/// Returns the message of a JSON-RPC error object.
fn message_of(error: &RawValue) -> String {
    #[derive(serde::Deserialize)]
    struct Error {
        message: String,
    }
    match serde_json::from_str::<Error>(error.get()) {
        Ok(error) => error.message,
        Err(_) => error.get().to_owned(),
    }
}
