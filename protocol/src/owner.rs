//! The owner of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The owner of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// The owner's handle.
    pub handle: String,
}

/// A new handle for the owner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerSetParams {
    /// The owner's new handle. If anybody else has or had it, the error is `conflict`.
    pub handle: String,
}
