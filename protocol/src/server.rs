//! The connection: the client, the server, and their capabilities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{AgentAttribution, Identity};
use crate::strict::Strict;
use crate::time::Timestamp;

/// The protocol version that this crate describes.
pub const PROTOCOL_VERSION: u32 = 1;

/// Identifies the client. Optional: without it, the connection acts as the local owner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InitializeParams {
    /// The client program.
    pub client_info: Strict<ClientInfo>,
    /// The newest protocol version that the client supports. Default: 1.
    pub protocol_version: Option<u32>,
    /// An access token. The connection then has exactly the token's rights.
    pub token: Option<String>,
    /// The agent that this connection acts as from now on. It gets a session with a unique handle: its `agent_id`, or
    /// that with a number.
    pub agent: Option<Strict<AgentAttribution>>,
    /// A secret chosen by the client, with which it can resume the agent's session after a restart. The caller must use
    /// the same token; a session that was started without a token can be resumed by the owner. Without a key, each
    /// connection is a new session.
    pub session_key: Option<String>,
    /// The store that the client's positions belong to. If it is another store, the error is `cursor_expired`.
    pub epoch: Option<String>,
    /// The names of notifications that the client does not want.
    pub opt_out_notifications: Option<Vec<String>>,
}

impl InitializeParams {
    /// A client program with this name and version, and nothing else.
    pub fn of(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            client_info: Strict(ClientInfo { name: name.into(), version: version.into(), title: None }),
            protocol_version: None,
            token: None,
            agent: None,
            session_key: None,
            epoch: None,
            opt_out_notifications: None,
        }
    }
}

/// The client program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientInfo {
    /// Its name, for programs.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The server, and what the connection can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InitializeResponse {
    /// The protocol version of the connection.
    pub protocol_version: u32,
    /// The server.
    pub server_info: ServerInfo,
    /// The id of the store that positions in the log belong to.
    pub epoch: String,
    /// The last position of the log.
    pub head_seq: u64,
    /// The identity that the server gives to the connection.
    pub identity: Identity,
    /// What the connection can do.
    pub capabilities: Capabilities,
    /// The open store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<OpenedStore>,
}

/// The store that the server has opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedStore {
    /// The path of its file; absent for callers with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether this server created the store because there was none at this path. If so, links of other stores do not
    /// resolve in it.
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

/// The capabilities of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The methods that the client can call.
    pub methods: Vec<String>,
    /// The notifications that the client can send and receive.
    pub notifications: Vec<String>,
    /// The limits.
    pub limits: Limits,
}

/// The limits of a connection. If a request exceeds a limit, the error names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Bytes in one line or body of input.
    pub max_line_bytes: u64,
    /// Requests in one JSON-RPC batch.
    pub max_batch_requests: u64,
    /// Entries on one page.
    pub max_page: u32,
    /// Bytes of events on one page.
    pub max_page_bytes: u64,
    /// Events in one `event/appendBatch`.
    pub max_append_events: u32,
    /// Bytes in one event.
    pub max_event_bytes: u64,
    /// Characters in a title, label, handle or key.
    pub max_title_chars: u32,
}

/// An empty object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// The state of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerStatus {
    /// The server.
    pub server_info: ServerInfo,
    /// The protocol version that it supports.
    pub protocol_version: u32,
    /// Its process id.
    pub pid: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// The id of the store.
    pub epoch: String,
    /// The last position of the log.
    pub head_seq: u64,
    /// The number of subscriptions on this connection.
    pub subscriptions: u64,
    /// The store.
    pub store: StoreStatus,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreStatus {
    /// The path of its file; absent for callers with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The size of its file and its write-ahead log, in bytes.
    pub bytes: u64,
    /// The version of its database schema.
    pub schema_version: u32,
    /// What the response to a write guarantees.
    pub durability: Durability,
    /// Present and `true` if this server created the store because there was none at this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<bool>,
}

/// What the response to a write guarantees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The write survives a crash of the process and a power failure.
    #[default]
    Full,
    /// The write survives a crash of the process. A power failure may lose the last writes.
    Relaxed,
}

/// The request to cancel.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelParams {
    /// The id of the request, exactly as it was sent.
    #[schemars(extend("type" = ["string", "number", "null"]))]
    pub id: serde_json::Value,
}

/// An OpenRPC document, see <https://spec.open-rpc.org>.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct OpenRpcDocument(pub crate::json::Json<serde_json::Map<String, serde_json::Value>>);
