//! Why a command did not do what it was asked, and how that is told.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use serde_json::value::RawValue;

use super::terminal;
use workroom_api::APPROVER_SECRET;
use workroom_store::StoreError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// For people, in a line.
    #[error("{0}")]
    Message(String),
    /// A request failed: the error object of its answer.
    #[error("{}", message_of(.0))]
    Refused(Box<RawValue>),
    /// Nobody reads any more what is written.
    #[error("nobody reads the output")]
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

    /// Whether a decision was refused because the approver secret was not given.
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

    /// Says on stderr what went wrong, and returns the code to end with.
    pub(super) fn tell(self) -> ExitCode {
        // `workroom list | head -1` is no failure.
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
        Self::Message(format!("not the JSON that was expected: {error}"))
    }
}

/// The message of a JSON-RPC error object.
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
