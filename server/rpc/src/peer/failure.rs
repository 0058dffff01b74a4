//! Why a call has no result.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use workroom_protocol::ErrorKind;
use workroom_protocol::error::ERRORS;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The other side answered with an error.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The connection ended before the answer came.
    #[error("the connection ended before the answer came")]
    Closed,
    /// The answer does not have the shape of the method's result.
    #[error("the answer could not be read: {0}")]
    Unreadable(serde_json::Error),
    /// The params are not JSON.
    #[error("the params could not be written: {0}")]
    Unwritable(serde_json::Error),
}

impl CallError {
    /// The kind of the error; `internal` when there is no error object.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(refused) => refused.kind.clone(),
            Self::Closed | Self::Unreadable(_) | Self::Unwritable(_) => ErrorKind::Internal.into(),
        }
    }
}

/// What went wrong on the other side.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Kind {
    /// A kind of the protocol.
    Known(ErrorKind),
    /// A kind that only a newer server knows.
    Unknown(Box<str>),
}

impl Kind {
    /// The name on the wire, such as `not_found`.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(kind) => kind.name(),
            Self::Unknown(name) => name,
        }
    }

    /// The kind, where this program knows it.
    pub fn known(&self) -> Option<ErrorKind> {
        match self {
            Self::Known(kind) => Some(*kind),
            Self::Unknown(_) => None,
        }
    }
}

impl From<ErrorKind> for Kind {
    fn from(kind: ErrorKind) -> Self {
        Self::Known(kind)
    }
}

impl PartialEq<ErrorKind> for Kind {
    fn eq(&self, other: &ErrorKind) -> bool {
        self.known() == Some(*other)
    }
}

/// The error object of an answer.
///
/// jsonrpsee's type would reject an object with an unknown member, and a newer server may add one.
#[derive(Debug, Clone)]
pub struct Refused {
    object: Box<RawValue>,
    kind: Kind,
    message: String,
}

impl Refused {
    /// The kind of the error: `data.kind`, or the kind of its code when that is missing.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What is wrong, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The whole error object, as it came.
    pub fn object(&self) -> &RawValue {
        &self.object
    }

    /// Its `data`, if it has the shape of `D`.
    pub fn data<D: DeserializeOwned>(&self) -> Option<D> {
        #[derive(Deserialize)]
        struct Object<D> {
            data: D,
        }
        serde_json::from_str::<Object<D>>(self.object.get()).ok().map(|object| object.data)
    }
}

impl From<Box<RawValue>> for Refused {
    fn from(object: Box<RawValue>) -> Self {
        #[derive(Deserialize)]
        struct Object {
            code: i64,
            message: String,
        }
        #[derive(Deserialize)]
        struct Data {
            kind: Kind,
        }
        let read = serde_json::from_str::<Object>(object.get());
        let (code, message) = match read {
            Ok(Object { code, message }) => (code, message),
            Err(_) => (ErrorKind::Internal.code().into(), object.get().to_owned()),
        };
        let of_code =
            || ERRORS.iter().find(|(_, known, _)| i64::from(*known) == code).map(|(kind, ..)| *kind);
        let mut refused = Self { object, kind: ErrorKind::Internal.into(), message };
        refused.kind = match refused.data::<Data>() {
            Some(Data { kind }) => kind,
            None => of_code().unwrap_or(ErrorKind::Internal).into(),
        };
        refused
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}
