//! What clients send loses its secrets here, before any handler sees it; and what they are told of errors, after.
//!
//! The store goes over every event once more: some texts, such as the name of a branch, are not a client's.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;
use workroom_protocol::Method;
use workroom_protocol::actor::AgentAttribution;
use workroom_protocol::methods::Initialize;

use crate::redact;
use crate::rpc::error::ErrorObjectOwned;
use crate::rpc::router::Filters;

/// What goes over all that comes from clients, and over the errors that go to them.
pub const FILTERS: Filters = Filters { params, error };

fn params<'t>(method: &str, params: &'t str) -> Cow<'t, str> {
    // Its token is a secret that is meant to be one; the handler cleans what it keeps of the rest.
    if method == Initialize::NAME { Cow::Borrowed(params) } else { redact::process().json(params) }
}

fn error(error: ErrorObjectOwned) -> ErrorObjectOwned {
    let redactor = redact::process();
    let message = redactor.text(error.message());
    let data = error.data().map(RawValue::get).map(|data| redactor.json(data));
    if matches!((&message, &data), (Cow::Borrowed(_), None | Some(Cow::Borrowed(_)))) {
        return error;
    }
    let data = data.and_then(|data| serde_json::from_str::<Value>(&data).ok());
    ErrorObjectOwned::owned(error.code(), message.into_owned(), data)
}

/// An agent without secrets in its names.
pub fn agent(agent: AgentAttribution) -> AgentAttribution {
    let clean = |text: String| redact::process().text(&text).into_owned();
    AgentAttribution {
        provider: clean(agent.provider),
        model: clean(agent.model),
        agent_id: clean(agent.agent_id),
    }
}
