//! Failures: retrying and dismissing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::EventId;

/// A failure to retry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureRetryParams {
    /// The `failure` event. It must be open, with no retry in progress.
    pub failure_event_id: EventId,
    /// What to do differently.
    pub note: Option<String>,
    /// A retry with the same key and the same body returns the first result.
    pub idempotency_key: Option<String>,
}

/// A failure to dismiss.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureDismissParams {
    /// The `failure` event. It must be open.
    pub failure_event_id: EventId,
    /// The reason.
    pub reason: Option<String>,
}
