//! The approver secret, which the local owner knows and their agents do not.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The approver secret, as sent to the server. It is never written to the store, the log or an error.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ApproverSecret(String);

impl ApproverSecret {
    /// Wraps a secret that a person has typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the secret as text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApproverSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApproverSecret(…)")
    }
}

/// Whether decisions of the local owner need the approver secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApproverStatus {
    /// Whether a secret is set.
    pub set: bool,
    /// When it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_at: Option<Timestamp>,
    /// Whether this connection can decide without giving the secret again.
    pub unlocked: bool,
    /// When the next attempt is allowed after wrong attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

/// A new approver secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproverSetParams {
    /// The new secret, 8 to 1,024 bytes long.
    pub secret: ApproverSecret,
    /// The current secret. Required when one is set.
    pub current: Option<ApproverSecret>,
}

/// The approver secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproverSecretParams {
    /// The secret.
    pub secret: ApproverSecret,
}
