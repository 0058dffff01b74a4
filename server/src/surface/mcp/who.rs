//! Who an agent in an MCP host is.

use std::sync::Arc;

use rmcp::model::Implementation;
use tokio_util::sync::CancellationToken;
use workroom_protocol::actor::{ActorKind, AgentAttribution};
use workroom_protocol::methods::Initialize;
use workroom_protocol::server::{ClientInfo, InitializeParams, InitializeResponse};
use workroom_protocol::strict::Strict;

use super::inside::{Inside, Refusal};
use crate::api::App;

/// What whoever configured the server says of its agent.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The agent, in full.
    pub agent: Option<AgentAttribution>,
    /// The model that it runs on; MCP clients do not say.
    pub model: Option<String>,
}

// MCP clients by how they call themselves: whose they are, and what their users call them.
const CLIENTS: &[(&str, &str, &str)] = &[
    ("claude", "anthropic", "claude-code"),
    ("codex", "openai", "codex"),
    ("gemini", "google", "gemini"),
    ("opencode", "opencode", "opencode"),
    ("cursor", "cursor", "cursor"),
    ("visual studio code", "microsoft", "vscode"),
    ("vscode", "microsoft", "vscode"),
];
const UNKNOWN: &str = "unknown";
const MAX_ID_CHARS: usize = 60;

/// The agent that a client is, as far as it and its configuration tell.
fn agent(client: Option<&Implementation>, named: &Named) -> AgentAttribution {
    if let Some(agent) = &named.agent {
        return agent.clone();
    }
    let name = client.map_or("", |client| &client.name).to_lowercase();
    let known = CLIENTS.iter().find(|(begins, ..)| name.starts_with(begins));
    let (provider, agent_id) = match known {
        Some((_, provider, id)) => ((*provider).to_owned(), (*id).to_owned()),
        None => (UNKNOWN.to_owned(), handle(&name)),
    };
    let model = named.model.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    AgentAttribution { provider, model, agent_id }
}

/// A name as a handle: letters, digits, `-`, `_` and `.`.
fn handle(name: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let handle: String = name.trim().chars().take(MAX_ID_CHARS).map(allowed).collect();
    let handle = handle.trim_matches(['-', '.']);
    if handle.is_empty() { "mcp-agent".into() } else { handle.into() }
}

/// The connection of a host's agent.
pub(super) struct Entered {
    pub(super) inside: Arc<Inside>,
    /// The handle that it has there.
    pub(super) handle: Arc<str>,
}

/// Connects as the agent that an MCP client is: always an agent, so that it decides no approvals, whatever token
/// there is. One with a token of its own has its token's handle.
pub(super) async fn enter(
    app: &Arc<App>,
    client: Option<Implementation>,
    named: &Named,
    stop: &CancellationToken,
) -> Result<Entered, Refusal> {
    let mut agent = agent(client.as_ref(), named);
    if app.bears_a_token() && named.agent.is_none() {
        let bearer = initialize(app, client.as_ref(), None, stop).await?.1.identity;
        agent.agent_id = match bearer.kind {
            ActorKind::Agent => bearer.handle,
            // Others may have agents of the same make, and no two people's agents share a handle.
            _ => format!("{}-{}", bearer.handle, agent.agent_id),
        };
    }
    let (inside, begun) = initialize(app, client.as_ref(), Some(agent), stop).await?;
    Ok(Entered { inside: Arc::new(inside), handle: begun.identity.handle.into() })
}

async fn initialize(
    app: &Arc<App>,
    client: Option<&Implementation>,
    agent: Option<AgentAttribution>,
    stop: &CancellationToken,
) -> Result<(Inside, InitializeResponse), Refusal> {
    let inside = Inside::connect(app, agent, stop.clone());
    let client_info = ClientInfo {
        name: client.map_or_else(|| "mcp".into(), |client| client.name.clone()),
        version: client.map_or_else(|| UNKNOWN.into(), |client| client.version.clone()),
        title: None,
    };
    let params = InitializeParams {
        client_info: Strict(client_info),
        protocol_version: None,
        token: None,
        agent: None,
        epoch: None,
        opt_out_notifications: None,
    };
    let begun = inside.call::<Initialize>(&params, &CancellationToken::new()).await?;
    Ok((inside, begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> [String; 3] {
        let client = Implementation::new(name, "1");
        let AgentAttribution { provider, model, agent_id } = agent(Some(&client), &Named::default());
        [provider, model, agent_id]
    }

    #[test]
    fn clients_are_agents_by_the_names_their_users_know() {
        for (name, [provider, id]) in [
            ("claude-code", ["anthropic", "claude-code"]),
            ("codex-mcp-client", ["openai", "codex"]),
            ("gemini-cli-mcp-client", ["google", "gemini"]),
            ("Visual Studio Code", ["microsoft", "vscode"]),
            ("My Agent (beta)", ["unknown", "my-agent--beta"]),
            ("../..", ["unknown", "mcp-agent"]),
            ("", ["unknown", "mcp-agent"]),
        ] {
            assert_eq!(of(name), [provider, "unknown", id].map(String::from), "{name}");
        }
    }

    #[test]
    fn whoever_configures_it_knows_better() {
        let agent_named = AgentAttribution { provider: "p".into(), model: "m".into(), agent_id: "a".into() };
        let named = Named { agent: Some(agent_named.clone()), model: None };
        assert_eq!(agent(None, &named), agent_named);
        let named = Named { agent: None, model: Some("large-2".into()) };
        assert_eq!(agent(None, &named).model, "large-2");
    }
}
