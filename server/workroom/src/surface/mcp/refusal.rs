//! Why a tool, a prompt or a resource has no result.

use std::borrow::Cow;

use workroom_protocol::ErrorKind;
use workroom_rpc::peer::{CallError, Kind};

/// Why a tool, a prompt or a resource has no result.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    kind: Kind,
    message: Cow<'static, str>,
    /// What to do next, when it differs from the usual advice for the kind.
    next: Option<&'static str>,
}

impl Refusal {
    /// An error that the MCP surface itself finds.
    pub(super) fn of(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: kind.into(), message: message.into(), next: None }
    }

    /// Arguments that do not fit.
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(ErrorKind::InvalidParams, message)
    }

    /// A fault of this program.
    pub(super) const fn internal(message: &'static str) -> Self {
        Self { kind: Kind::Known(ErrorKind::Internal), message: Cow::Borrowed(message), next: None }
    }

    /// The same refusal, with what to do next.
    pub(super) fn advising(self, next: &'static str) -> Self {
        Self { next: Some(next), ..self }
    }

    /// The kind of the error, such as `not_found`.
    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether it is of this kind.
    pub(super) fn is(&self, kind: ErrorKind) -> bool {
        self.kind == kind
    }

    /// What it says.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What to do next, when it differs from the usual advice for the kind.
    pub(super) fn next(&self) -> Option<&'static str> {
        self.next
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        let message = match error {
            CallError::Refused(refused) => {
                let message = refused.message().to_owned().into();
                return Self { kind: refused.kind().clone(), message, next: None };
            }
            CallError::Closed => return Self::internal("the store's connection has ended"),
            CallError::Unreadable(_) => "the answer could not be read",
            CallError::Unwritable(_) => "the request could not be written",
        };
        tracing::error!(%error, "a call did not match its types");
        Self::internal(message)
    }
}
