//! The owner of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose store it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// What the owner is called.
    pub handle: String,
}

/// Another handle for the owner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerSetParams {
    /// What the owner is called from now on. A handle that anybody else has, or had, is a `conflict`.
    pub handle: String,
}
