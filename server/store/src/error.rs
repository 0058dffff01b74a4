//! The errors of the store.

use rusqlite::ErrorCode;
use workroom_protocol::approval::Approval;
use workroom_protocol::workroom::WorkroomName;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The object does not exist, or the caller does not see it.
    #[error("no {what} {id}")]
    NotFound { what: &'static str, id: String },
    /// The write conflicts with the current state.
    #[error("{0}")]
    Conflict(String),
    /// The repository already has this workroom.
    #[error("this folder's repository already has the workroom {}; use `another` to create a second one", .0.id)]
    Exists(Box<WorkroomName>),
    /// The approval has already ended, with this result.
    #[error("approval {} is already {}", .0.approval_id, .0.state.name())]
    AlreadyDecided(Box<Approval>),
    /// The caller may see the object, but not do this.
    #[error("{0}")]
    Forbidden(String),
    /// A decision of the local owner needs the approver secret, which was not given, is wrong, or was wrong too often.
    #[error("{message}")]
    ApproverSecret { message: String, retry_after_ms: Option<u64> },
    /// The caller's token is not valid, or no longer valid.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// A position of another store, or beyond the end of the log.
    #[error("{0}")]
    CursorExpired(String),
    /// Another process kept the store locked for longer than the time limit.
    #[error("the store is locked by another process")]
    Busy,
    /// The store cannot be read or written.
    #[error("{message}")]
    Storage { reason: StorageReason, message: String },
    /// The write was cancelled before it began.
    #[error("the request was cancelled")]
    Cancelled,
    /// A bug in this program.
    #[error("{0}")]
    Internal(String),
}

/// Why the store cannot be read or written, as a machine-readable reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageReason {
    /// The disk is full, or the file has reached its size limit.
    DiskFull,
    /// The file, its folder or its file system is read-only.
    ReadOnly,
    /// The file is damaged.
    Corrupt,
    /// The file was written by a newer version of Workroom.
    NewerVersion,
    /// The file is not a store of Workroom.
    NotAStore,
    /// The file or its folder cannot be opened.
    CannotOpen,
    /// The file or its folder belongs to another user, or is a symbolic link.
    NotOurs,
    /// The file was deleted or moved away while this process had it open.
    Moved,
    /// Another file, or another state of the store, replaced it while this process had it open.
    Replaced,
    /// Reading or writing failed.
    Io,
}

impl StorageReason {
    /// The name of the reason on the wire, `data.reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Corrupt => "corrupt",
            Self::NewerVersion => "newer_version",
            Self::NotAStore => "not_a_store",
            Self::CannotOpen => "cannot_open",
            Self::NotOurs => "not_ours",
            Self::Moved => "moved",
            Self::Replaced => "replaced",
            Self::Io => "io",
        }
    }
}

const DAMAGED: &str = "the store is damaged; `workroom check` looks for what is left";

/// What the store returns.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    pub(super) fn storage(reason: StorageReason, message: impl Into<String>) -> Self {
        Self::Storage { reason, message: message.into() }
    }

    /// The error for a value in the store that this program could not have written.
    fn of_value(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows,
            SqlInputError, Utf8Error,
        };
        match error {
            // "No rows" counts as damage here: optional rows are queried as such, so this row must exist. An SQL error
            // does too: no SQL comes from a caller, so the tables must have changed.
            FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | QueryReturnedNoRows
            | SqlInputError { .. }
            | Utf8Error(..) => Self::damaged(&error),
            error => Self::Internal(error.to_string()),
        }
    }

    pub(super) fn damaged(error: &dyn std::error::Error) -> Self {
        tracing::warn!(%error, reason = StorageReason::Corrupt.name(), "storage");
        Self::storage(StorageReason::Corrupt, DAMAGED)
    }

    /// A copy of the error, for each of several jobs that failed together.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Busy => Self::Busy,
            Self::Unauthenticated(why) => Self::Unauthenticated(why),
            Self::Storage { reason, message } => Self::storage(*reason, message.clone()),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = match error.sqlite_error_code() {
            None | Some(ErrorCode::Unknown) => return Self::of_value(error),
            Some(code) => code,
        };
        let (reason, message) = match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => return Self::Busy,
            ErrorCode::DiskFull => (StorageReason::DiskFull, "the disk is full"),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                (StorageReason::ReadOnly, "the store is read-only")
            }
            ErrorCode::DatabaseCorrupt => (StorageReason::Corrupt, DAMAGED),
            ErrorCode::NotADatabase => (StorageReason::NotAStore, "the file is not a store of Workroom"),
            ErrorCode::CannotOpen => (StorageReason::CannotOpen, "the store cannot be opened"),
            ErrorCode::SystemIoFailure => (StorageReason::Io, "the store cannot be read or written"),
            _ => return Self::Internal(error.to_string()),
        };
        tracing::warn!(%error, reason = reason.name(), "storage");
        Self::storage(reason, message)
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::damaged(&error)
    }
}
