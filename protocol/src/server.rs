//! The connection itself: who is at its ends, and what they can do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{AgentAttribution, Identity};
use crate::strict::Strict;
use crate::time::Timestamp;

/// The version of the protocol that this crate describes.
pub const PROTOCOL_VERSION: u32 = 1;

/// Who connects. Optional: without it the connection is the local owner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InitializeParams {
    /// The program that connects.
    pub client_info: Strict<ClientInfo>,
    /// The newest version of the protocol that the client speaks. Default: 1.
    pub protocol_version: Option<u32>,
    /// An access token; the connection then has its rights and no more.
    pub token: Option<String>,
    /// The agent that this connection acts as from now on. It gets a session, and a handle that no other session has:
    /// its `agent_id`, or that with a number.
    pub agent: Option<Strict<AgentAttribution>>,
    /// A secret of the client's choice, by which it resumes the agent's session after a restart. Only whoever comes
    /// with the same token, or is the owner's as well, resumes it. Without one each connection is a new session.
    pub session_key: Option<String>,
    /// The store that the client's positions belong to; another one answers `cursor_expired`.
    pub epoch: Option<String>,
    /// Names of notifications that the client does not want.
    pub opt_out_notifications: Option<Vec<String>>,
}

/// The program that connects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientInfo {
    /// Its name, for machines.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Who answers, and what the connection can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InitializeResponse {
    /// The version of the protocol that the connection speaks.
    pub protocol_version: u32,
    /// The server.
    pub server_info: ServerInfo,
    /// Names the store: positions in the log belong to it.
    pub epoch: String,
    /// The last position of the log.
    pub head_seq: u64,
    /// Whom the server takes the connection for.
    pub identity: Identity,
    /// What the connection can do.
    pub capabilities: Capabilities,
    /// The store that was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<OpenedStore>,
}

/// The store that a server has opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedStore {
    /// The path of its file; absent for whoever comes with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether this server has created it: there was none at its place, so links of other stores lead nowhere in it.
    pub created: bool,
}

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a connection can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The methods that can be called.
    pub methods: Vec<String>,
    /// The notifications that can be sent and received.
    pub notifications: Vec<String>,
    /// How large things may be.
    pub limits: Limits,
}

/// How large things may be. Past them a request is answered with an error that names the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Bytes of one line or body of input.
    pub max_line_bytes: u64,
    /// Requests in one JSON-RPC batch.
    pub max_batch_requests: u64,
    /// Entries of one page.
    pub max_page: u32,
    /// Bytes of events in one page.
    pub max_page_bytes: u64,
    /// Events in one `event/appendBatch`.
    pub max_append_events: u32,
    /// Bytes of one event.
    pub max_event_bytes: u64,
    /// Characters of a title, label, handle or key.
    pub max_title_chars: u32,
}

/// Nothing to be said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerStatus {
    /// The server.
    pub server_info: ServerInfo,
    /// The version of the protocol that it speaks.
    pub protocol_version: u32,
    /// Its process id.
    pub pid: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// Names the store.
    pub epoch: String,
    /// The last position of the log.
    pub head_seq: u64,
    /// How many subscriptions this connection has.
    pub subscriptions: u64,
    /// The store.
    pub store: StoreStatus,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreStatus {
    /// The path of its file; absent for whoever comes with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The size of its file and of its write-ahead log, in bytes.
    pub bytes: u64,
    /// The version of its schema.
    pub schema_version: u32,
    /// What an answer to a write promises.
    pub durability: Durability,
    /// Present and true when this server has created the store: there was none at its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<bool>,
}

/// What an answer to a write promises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The write survives the end of the process and the loss of power.
    #[default]
    Full,
    /// The write survives the end of the process; a loss of power may take the last ones.
    Relaxed,
}

/// The request to cancel.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelParams {
    /// Its id, exactly as it was sent.
    #[schemars(extend("type" = ["string", "number", "null"]))]
    pub id: serde_json::Value,
}

/// An OpenRPC document, see <https://spec.open-rpc.org>.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct OpenRpcDocument(pub crate::json::Json<serde_json::Map<String, serde_json::Value>>);
