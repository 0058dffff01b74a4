//! Identifies the agent in an MCP host.

use std::sync::Arc;

use rmcp::model::Implementation;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use workroom_protocol::actor::{ActorKind, AgentAttribution};
use workroom_protocol::id::SessionId;
use workroom_protocol::methods::Initialize;
use workroom_protocol::server::{InitializeParams, InitializeResponse};

use super::refusal::Refusal;
use workroom_api::{self as api, App, Naming};
use workroom_domain::{handle, text};
use workroom_rpc::peer::Peer;

/// What the server's configuration says about its agent.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The complete agent.
    pub agent: Option<AgentAttribution>,
    /// The agent's model, for hosts that do not report it.
    pub model: Option<String>,
    /// The key with which the server resumes its session after a restart, if it was given a name.
    pub session_key: Option<String>,
}

// MCP clients by the name that they report, with their provider and the name that users know.
const CLIENTS: &[(&str, &str, &str)] = &[
    ("claude", "anthropic", "claude-code"),
    ("codex", "openai", "codex"),
    ("gemini", "google", "gemini"),
    ("opencode", "opencode", "opencode"),
    ("cursor", "cursor", "cursor"),
    ("visual studio code", "microsoft", "vscode"),
    ("vscode", "microsoft", "vscode"),
    ("copilot", "github", "copilot"),
    ("github-copilot", "github", "copilot"),
    ("github copilot", "github", "copilot"),
    ("qwen", "alibaba", "qwen-code"),
];
const UNKNOWN: &str = "unknown";

/// Returns the agent of a client, as far as the client and its configuration identify it.
fn agent(client: Option<&Implementation>, named: &Named, told: Option<String>) -> AgentAttribution {
    if let Some(agent) = &named.agent {
        return agent.clone();
    }
    let name = client.map_or("", |client| &client.name).to_lowercase();
    let known = CLIENTS.iter().find(|(begins, ..)| name.starts_with(begins));
    let (provider, agent_id) = match known {
        Some((_, provider, id)) => ((*provider).to_owned(), (*id).to_owned()),
        None => (UNKNOWN.to_owned(), called(&name)),
    };
    let model = named.model.clone().or(told).unwrap_or_else(|| UNKNOWN.to_owned());
    AgentAttribution { provider, model, agent_id }
}

/// Converts a name to a handle.
fn called(name: &str) -> String {
    match handle::of_name(name.trim()).as_str() {
        "agent" => "mcp-agent".into(),
        handle => handle.into(),
    }
}

// A longer text is not the name of a model.
const MAX_MODEL_CHARS: usize = 200;

/// Returns the model, for hosts that report it in the `_meta` of a request: as `model`, alone or with a vendor prefix,
/// or inside an object.
pub(super) fn model_of(meta: &serde_json::Map<String, Value>) -> Option<String> {
    let is_model = |name: &str| name == "model" || name.ends_with("/model") || name.ends_with(".model");
    let text = |value: &Value| {
        let text = text::one_line(value.as_str()?).into_owned();
        (!text.is_empty() && text.chars().count() <= MAX_MODEL_CHARS).then_some(text)
    };
    let direct = meta.iter().filter(|(name, _)| is_model(name)).find_map(|(_, value)| text(value));
    let inner = || meta.values().filter_map(Value::as_object).find_map(|inner| text(inner.get("model")?));
    direct.or_else(inner)
}

/// The connection of a host's agent.
pub(super) struct Entered {
    pub(super) connection: Arc<Peer>,
    /// The agent's handle.
    pub(super) handle: Arc<str>,
    /// The session, and the agent's own name.
    pub(super) session: Arc<Own>,
    /// Whether the model is known.
    pub(super) model_known: bool,
}

/// The session of a host's agent.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) id: Option<SessionId>,
    pub(super) agent_id: String,
}

/// Connects as the agent of an MCP client. It is always an agent, so it cannot decide approvals, whatever token is
/// used. With a token of its own, it has the token's handle.
pub(super) async fn enter(
    app: &Arc<App>,
    client: Option<Implementation>,
    named: &Named,
    model: Option<String>,
    stop: &CancellationToken,
) -> Result<Entered, Refusal> {
    let mut agent = agent(client.as_ref(), named, model);
    if app.bears_a_token() && named.agent.is_none() {
        let bearer = initialize(app, client.as_ref(), None, stop).await?.1.identity;
        agent.agent_id = match bearer.kind {
            ActorKind::Agent => bearer.handle,
            // Other users may have agents of the same kind, and agents of two users never share a handle.
            _ => format!("{}-{}", bearer.handle, agent.agent_id),
        };
    }
    let agent_id = agent.agent_id.clone();
    let model_known = agent.model != UNKNOWN;
    let naming = Naming { agent, session_key: named.session_key.clone() };
    let (peer, begun) = initialize(app, client.as_ref(), Some(naming), stop).await?;
    let session = Arc::new(Own { id: begun.identity.session_id, agent_id });
    let handle = begun.identity.handle.into();
    Ok(Entered { connection: Arc::new(peer), handle, session, model_known })
}

async fn initialize(
    app: &Arc<App>,
    client: Option<&Implementation>,
    agent: Option<Naming>,
    stop: &CancellationToken,
) -> Result<(Peer, InitializeResponse), Refusal> {
    let peer = api::peer(app, agent, stop.clone());
    let name = client.map_or("mcp", |client| &client.name);
    let version = client.map_or(UNKNOWN, |client| &client.version);
    let params = InitializeParams::of(name, version);
    let begun = peer.call::<Initialize>(&params).await?;
    Ok((peer, begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> [String; 3] {
        let client = Implementation::new(name, "1");
        let AgentAttribution { provider, model, agent_id } = agent(Some(&client), &Named::default(), None);
        [provider, model, agent_id]
    }

    #[test]
    fn clients_are_agents_by_the_names_their_users_know() {
        for (name, [provider, id]) in [
            ("claude-code", ["anthropic", "claude-code"]),
            ("codex-mcp-client", ["openai", "codex"]),
            ("gemini-cli-mcp-client", ["google", "gemini"]),
            ("Visual Studio Code", ["microsoft", "vscode"]),
            ("github-copilot-developer", ["github", "copilot"]),
            ("copilot-cli", ["github", "copilot"]),
            ("qwen-code-mcp-client", ["alibaba", "qwen-code"]),
            ("a\u{3164}da", ["unknown", "ada"]),
            ("My Agent (beta)", ["unknown", "my-agent--beta"]),
            ("../..", ["unknown", "mcp-agent"]),
            ("", ["unknown", "mcp-agent"]),
        ] {
            assert_eq!(of(name), [provider, "unknown", id].map(String::from), "{name}");
        }
    }

    #[test]
    fn the_configuration_takes_precedence() {
        let agent_named = AgentAttribution { provider: "p".into(), model: "m".into(), agent_id: "a".into() };
        let named = Named { agent: Some(agent_named.clone()), ..Named::default() };
        assert_eq!(agent(None, &named, None), agent_named);
        let named = Named { model: Some("large-2".into()), ..Named::default() };
        assert_eq!(agent(None, &named, Some("small-1".into())).model, "large-2");
        assert_eq!(agent(None, &Named::default(), Some("small-1".into())).model, "small-1");
    }

    #[test]
    fn a_model_is_found_where_hosts_tell_it() {
        for (meta, model) in [
            (serde_json::json!({"model": "m-1"}), Some("m-1")),
            (serde_json::json!({"progressToken": 1, "example.com/model": "m-2"}), Some("m-2")),
            (serde_json::json!({"x-codex-turn-metadata": {"turn_id": "t", "model": "m-3"}}), Some("m-3")),
            (serde_json::json!({"progressToken": 1, "model": 5, "other": {"a": "b"}}), None),
        ] {
            assert_eq!(model_of(meta.as_object().expect("an object")).as_deref(), model, "{meta}");
        }
    }
}
