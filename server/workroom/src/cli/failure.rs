//! Why a command failed, and how the failure is reported.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use super::terminal;
use workroom_api::APPROVER_SECRET;
use workroom_rpc::peer::{CallError, FollowError, Refused};
use workroom_store::StoreError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A message for people, on one line.
    #[error("{0}")]
    Message(String),
    /// A request failed.
    #[error(transparent)]
    Refused(Refused),
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
        struct Data {
            reason: Option<String>,
            retry_after_ms: Option<u64>,
        }
        let Self::Refused(refused) = self else { return false };
        refused.data::<Data>().is_some_and(|data| {
            data.reason.as_deref() == Some(APPROVER_SECRET) && data.retry_after_ms.is_none()
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

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refused) => Self::Refused(refused),
            CallError::Unreadable(error) | CallError::Unwritable(error) => error.into(),
            CallError::Closed => Self::Message(error.to_string()),
        }
    }
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Unreadable(error) => error.into(),
            FollowError::Ended(_) => Self::Message(error.to_string()),
        }
    }
}
