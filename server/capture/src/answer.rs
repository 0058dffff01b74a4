//! What a hook answers to its agent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::exact::ExactJson;

/// The answer of a hook. One without a field leaves everything to the agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The decision about a request for permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// A text for the agent's context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Identifies the texts in `context`. The hook confirms them once it has printed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts_upto: Option<u64>,
}

/// A decision about a request for permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Whether the agent may do it.
    pub allow: bool,
    /// Why not, in the decider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The input that the agent uses instead of its own. It holds the answers to a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<ExactJson>,
}
