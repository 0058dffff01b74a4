//! Why a command did not do what it was asked, and how that is told.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use super::terminal;
use workroom_api::APPROVER_SECRET;
use workroom_rpc::peer::{CallError, FollowError, Refused};
use workroom_store::StoreError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// For people, in a line.
    #[error("{0}")]
    Message(String),
    /// A request failed.
    #[error(transparent)]
    Refused(Refused),
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
        struct Data {
            reason: Option<String>,
            retry_after_ms: Option<u64>,
        }
        let Self::Refused(refused) = self else { return false };
        refused.data::<Data>().is_some_and(|data| {
            data.reason.as_deref() == Some(APPROVER_SECRET) && data.retry_after_ms.is_none()
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
