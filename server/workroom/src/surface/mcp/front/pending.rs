//! The unanswered requests of a host, under ids of our own.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{ClientCapabilities, ClientJsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage};
use serde_json::{Value, json};
use tokio::sync::Notify;
use workroom_protocol::ErrorKind;

use super::line::{Notification, Request};
use workroom_domain::shown;
use workroom_rpc::error::{self, ErrorObject};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
const INITIALIZE: &str = "initialize";

/// The requests that the library is processing and the host waits for.
#[derive(Default)]
pub(super) struct Pending {
    open: Mutex<Open>,
    /// Whether the library has started. Before that, it treats any notification as the end.
    begun: AtomicBool,
    changed: Notify,
}

#[derive(Default)]
struct Open {
    /// The host's id and the method, by our id.
    requests: HashMap<i64, (String, String)>,
    last: i64,
}

/// The id of a request, and its response.
type Refused = (String, ErrorObject);

/// A message to the host.
pub(super) struct Outgoing {
    pub(super) text: String,
    /// The request that it answers.
    pub(super) answers: Option<i64>,
}

impl Pending {
    /// Returns the request for the library, or the response to send instead, with its id.
    pub(super) fn begin(&self, request: Request) -> Result<ClientJsonRpcMessage, Box<Refused>> {
        let Request { id, method, params } = request;
        let meta = params.as_ref().and_then(|params| params.get("_meta"));
        if !self.begun.load(Ordering::Relaxed) && !matches!(&*method, INITIALIZE | "ping" | "server/discover")
        {
            if meta.and_then(|meta| meta.get(VERSION)).is_none() {
                let message = "send `initialize` first";
                return Err(Box::new((id, error::object(ErrorKind::InvalidRequest, message, []))));
            }
            if meta.is_some_and(begins) {
                self.begun.store(true, Ordering::Relaxed);
            }
        }
        let number = {
            let mut open = self.lock();
            open.last += 1;
            open.last
        };
        let mut message = json!({"jsonrpc": "2.0", "id": number, "method": method});
        if let Some(params) = params {
            message["params"] = params;
        }
        match serde_json::from_value(message) {
            Ok(message) => {
                self.lock().requests.insert(number, (id, method));
                Ok(message)
            }
            Err(failure) => Err(Box::new((id, error::object(ErrorKind::InvalidRequest, failure, [])))),
        }
    }

    /// Returns the notification for the library.
    pub(super) fn hear(&self, notification: Notification) -> Vec<ClientJsonRpcMessage> {
        if !self.begun.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let Notification { method, params, cancels } = notification;
        let mut params = params.unwrap_or_else(|| json!({}));
        let message = |params: &Value| {
            let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
            // A notification that cannot be parsed requests nothing.
            serde_json::from_value(message).ok()
        };
        if method != "notifications/cancelled" {
            return message(&params).into_iter().collect();
        }
        let Some(id) = cancels else { return Vec::new() };
        let cancelled: Vec<i64> = {
            let mut open = self.lock();
            let is_meant = |(known, method): &(String, String)| method != INITIALIZE && same(known, &id);
            let meant = open.requests.iter().filter(|(_, request)| is_meant(request));
            let numbers = meant.map(|(number, _)| *number).collect();
            // The host does not want a response to a request that it cancelled.
            open.requests.retain(|_, request| !is_meant(request));
            numbers
        };
        self.changed.notify_waiters();
        let each = cancelled.into_iter().filter_map(|number| {
            params["requestId"] = number.into();
            message(&params)
        });
        each.collect()
    }

    /// Returns a message of the library in the form for the host; `None` if the host has cancelled the request that it
    /// belongs to.
    pub(super) fn outgoing(&self, message: &ServerJsonRpcMessage) -> Option<Outgoing> {
        let mut value = serde_json::to_value(message).unwrap_or_default();
        // Here, where every message passes: much of what tools, resources, prompts and errors say was written by others,
        // and what a model reads and no person sees is how others would give it orders.
        make_visible(&mut value);
        if value.get("method").is_some() {
            if value["method"] == "notifications/progress" {
                for name in ["progress", "total"] {
                    make_whole(&mut value["params"], name);
                }
            }
            self.name_subscription(value.get_mut("params"))?;
            return Some(Outgoing { text: value.to_string(), answers: None });
        }
        let Some(number) = value.get("id").and_then(Value::as_i64) else {
            return Some(Outgoing { text: value.to_string(), answers: None });
        };
        self.name_subscription(value.get_mut("result"))?;
        let (id, method) = self.lock().requests.get(&number).cloned()?;
        let is_error = value.get("error").is_some();
        if method == INITIALIZE && !is_error {
            self.begun.store(true, Ordering::Relaxed);
        }
        let (name, said) = match value.as_object_mut().and_then(|members| members.remove("error")) {
            Some(error) => ("error", error),
            None => ("result", value["result"].take()),
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"{name}":{said}}}"#);
        Some(Outgoing { text, answers: Some(number) })
    }

    /// Replaces the subscription's id in a message by the host's id. Returns `None` if the subscription is over.
    fn name_subscription(&self, said: Option<&mut Value>) -> Option<()> {
        let Some(name) = said.and_then(|said| said.get_mut("_meta")?.get_mut(SUBSCRIPTION)) else {
            return Some(());
        };
        let number = name.as_i64().or_else(|| name.as_str()?.parse().ok())?;
        let id = self.lock().requests.get(&number)?.0.clone();
        *name = serde_json::from_str(&id).ok()?;
        Some(())
    }

    /// Records that a request was answered.
    pub(super) fn answered(&self, number: i64) {
        self.lock().requests.remove(&number);
        self.changed.notify_waiters();
    }

    /// Waits until every request is answered.
    pub(super) async fn settled(&self) {
        loop {
            // The notification is registered before the check, so that no change is missed.
            let changed = self.changed.notified();
            if self.lock().requests.is_empty() {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a request with this `_meta` starts a session without `initialize`, according to the library.
fn begins(meta: &Value) -> bool {
    let version = meta.get(VERSION).and_then(Value::as_str);
    let is_known = ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| Some(known.as_str()) == version);
    let capabilities = meta.get(CAPABILITIES).cloned().unwrap_or_default();
    is_known && serde_json::from_value::<ClientCapabilities>(capabilities).is_ok()
}

/// Whether two ids are equal, however they are written.
fn same(one: &str, other: &str) -> bool {
    let read = |id: &str| serde_json::from_str::<Value>(id).ok();
    one == other
        || match (read(one), read(other)) {
            (Some(Value::Number(one)), Some(Value::Number(other))) => {
                one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
            }
            (Some(one), Some(other)) => one == other,
            _ => false,
        }
}

/// Writes whole seconds as an integer: some hosts show the number unchanged.
fn make_whole(params: &mut Value, name: &str) {
    if let Some(number) = params.get_mut(name)
        && let Some(whole) = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15)
    {
        *number = (whole as i64).into();
    }
}

/// Writes out what cannot be seen, in every text.
fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(visible) = shown::visible(text) {
                *text = visible;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(members) => members.values_mut().for_each(make_visible),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
