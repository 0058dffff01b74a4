//! Failures: trying again, and setting aside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::EventId;

/// A failure to try again after.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureRetryParams {
    /// The `failure` event: one that stands, and that no attempt is under way after.
    pub failure_event_id: EventId,
    /// What to do differently.
    pub note: Option<String>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// A failure to set aside.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureDismissParams {
    /// The `failure` event: one that stands.
    pub failure_event_id: EventId,
    /// Why.
    pub reason: Option<String>,
}
