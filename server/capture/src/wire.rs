//! What hooks and their companion say to each other, over the companion's socket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::Method;
use workroom_protocol::exact::ExactJson;
use workroom_protocol::method::Needs;
use workroom_protocol::server::Empty;

use super::answer::Answer;

/// Reports that a line was appended to the spool, and asks for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report;

impl Method for Report {
    const NAME: &'static str = "hook/report";
    const DOC: &'static str = "Reports a line of the spool, and returns the answer for the agent.";
    const NEEDS: Needs = Needs { scope: None, role: None };
    type Params = ReportParams;
    type Result = Answer;
}

/// Confirms that texts were given to the agent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took;

impl Method for Took {
    const NAME: &'static str = "hook/took";
    const DOC: &'static str =
        "Confirms that the agent has received texts, so that no other hook prints them.";
    const NEEDS: Needs = Needs { scope: None, role: None };
    type Params = TookParams;
    type Result = Empty;
}

/// The texts that the agent has received.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TookParams {
    /// Up to this one.
    pub(crate) texts_upto: u64,
}

/// The line, and what its hook waits for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReportParams {
    /// The position in the spool after the line.
    pub(crate) position: u64,
    /// A request for permission. The hook waits until it is answered somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ask: Option<Asked>,
    /// Whether the agent accepts a text for its context from this hook.
    pub(crate) takes_context: bool,
    /// Whether the hook waits for a text that is made of this line.
    pub(crate) waits: bool,
}

/// A request for permission, complete. The line in the spool has it redacted and shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Asked {
    /// The id that the hook gave it.
    pub(crate) ask: String,
    /// The tool.
    pub(crate) tool: String,
    /// Its arguments.
    pub(crate) input: ExactJson,
    /// The agent's own id of the request, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<String>,
}
