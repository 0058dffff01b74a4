//! Methods about the connection and the process.

use workroom_protocol::json::Json;
use workroom_protocol::methods::METHODS;
use workroom_protocol::notifications::NOTIFICATIONS;
use workroom_protocol::schema;
use workroom_protocol::server::{
    Capabilities, Empty, InitializeParams, InitializeResponse, OpenRpcDocument, OpenedStore,
    PROTOCOL_VERSION, ServerInfo, ServerStatus,
};

use super::client::{Caller, Naming};
use super::error::{Error, Result};
use super::{Cx, clean, limits};
use workroom_domain::secret::Secret;
use workroom_domain::text;
use workroom_store::{Read, StoreError};

fn server_info() -> ServerInfo {
    ServerInfo { name: "workroom".into(), version: env!("CARGO_PKG_VERSION").into() }
}

/// Handles [`Initialize`].
pub async fn initialize(cx: Cx, params: InitializeParams) -> Result<InitializeResponse> {
    if params.token.is_none() && params.agent.is_none() {
        cx.call.client.is_clear();
    }
    limits::short("client_info.name", &params.client_info.0.name)?;
    limits::short("client_info.version", &params.client_info.0.version)?;
    if params.protocol_version == Some(0) {
        return Err(Error::invalid("protocol_version", "`protocol_version` must be at least 1"));
    }
    let opted_out = params.opt_out_notifications.unwrap_or_default();
    for (index, name) in opted_out.iter().enumerate() {
        if !NOTIFICATIONS.iter().any(|row| row.name == name) {
            let path = format!("opt_out_notifications[{index}]");
            return Err(Error::invalid(path, format!("there is no notification `{name}`")));
        }
    }
    let agent = params.agent.map(|agent| limits::agent_named("agent", clean::agent(agent.0))).transpose()?;
    let session_key = params.session_key;
    if let Some(key) = &session_key {
        limits::key("session_key", key)?;
        if agent.is_none() {
            return Err(Error::invalid("session_key", "`session_key` requires an `agent`"));
        }
    }
    let agent = agent.map(|agent| Naming { agent, session_key });
    let store = cx.store()?;
    if params.epoch.is_some_and(|epoch| epoch != store.epoch()) {
        let message = format!("this is a different store; its epoch is {}", store.epoch());
        return Err(StoreError::CursorExpired(message).into());
    }
    let head_seq = store.read(Read::LATEST, |view| view.head_seq())?;
    let caller = caller(&cx, params.token.map(Secret::presented), agent)?;
    let client = text::one_line(&params.client_info.0.name).into_owned();
    cx.call.client.initialized(caller, client, opted_out);
    Ok(InitializeResponse {
        protocol_version: PROTOCOL_VERSION,
        server_info: server_info(),
        epoch: store.epoch().into(),
        head_seq,
        identity: cx.caller().identity(),
        capabilities: Capabilities {
            methods: METHODS.iter().map(|row| row.name.into()).collect(),
            notifications: NOTIFICATIONS.iter().map(|row| row.name.into()).collect(),
            limits: limits::limits(cx.app.config.max_line_bytes),
        },
        store: Some(OpenedStore {
            // The path is of no use to callers who may not open the file.
            path: cx.caller().principal.token().is_none().then(|| store.path().display().to_string()),
            created: store.is_new(),
        }),
    })
}

/// The caller that a client claims to be. After presenting an invalid token, a client may call nothing, even if it
/// continues without the token.
fn caller(cx: &Cx, token: Option<Secret>, agent: Option<Naming>) -> Result<Caller> {
    let client = &cx.call.client;
    if let Some(secret) = token {
        let caller = Caller::of_secret(&cx.app, &secret, agent);
        match &caller {
            Ok(caller) => cx.app.connected(caller),
            Err(Error::Store(StoreError::Unauthenticated(why))) => client.refuse(why),
            Err(_) => client.refuse(NOT_LET_IN),
        }
        return caller;
    }
    match client.known() {
        Some(caller) => caller.perhaps_naming(&cx.app, agent),
        None => Err(StoreError::Unauthenticated(NOT_LET_IN).into()),
    }
}

// The error for a token that could not be looked up, or that belongs to somebody else.
const NOT_LET_IN: &str = "this connection presented a token that was not accepted";

/// Handles `rpc.discover`.
pub async fn discover(_: Cx, _: Empty) -> Result<OpenRpcDocument> {
    let document = Json::from_text(schema::openrpc()).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(OpenRpcDocument(document))
}

/// Handles `server/status`.
pub async fn status(cx: Cx, _: Empty) -> Result<ServerStatus> {
    let store = cx.store()?;
    let mut status = store.status();
    if cx.caller().principal.token().is_some() {
        // The path is of no use to callers who may not open the file.
        status.path = None;
    }
    Ok(ServerStatus {
        server_info: server_info(),
        protocol_version: PROTOCOL_VERSION,
        pid: std::process::id(),
        started_at: cx.app.started_at,
        epoch: store.epoch().into(),
        head_seq: cx.read(|view| view.head_seq()).await?,
        subscriptions: cx.follows().len() as u64,
        store: status,
    })
}

/// Handles `shutdown`.
pub async fn shutdown(cx: Cx, _: Empty) -> Result<Empty> {
    cx.call.client.stop.cancel();
    Ok(Empty {})
}
