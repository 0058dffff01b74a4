//! Classifies one line from a host.

use rmcp::model::{
    CallToolRequestParams, CompleteRequestParams, GetPromptRequestParams, InitializeRequestParams,
    PaginatedRequestParams, ReadResourceRequestParams, SubscribeRequestParams,
    SubscriptionsListenRequestParams, UnsubscribeRequestParams,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use workroom_protocol::ErrorKind;

use super::salvage;
use crate::surface::mcp::exact;
use workroom_rpc::envelope::{self, Malformed, Message};
use workroom_rpc::error::{self, ErrorObject};
use workroom_rpc::{params, repair};

/// What to do with a line.
pub(super) enum Line {
    /// Pass it to the library.
    Request(Request),
    /// Pass it to the library if the library expects it.
    Notification(Notification),
    /// Nothing: it needs no response.
    Nothing,
    /// Answer it with an error, with its id if one can be found.
    Refused { id: Option<String>, error: ErrorObject },
}

/// A request whose params are valid for its method according to the protocol.
pub(super) struct Request {
    /// Its id, exactly as written.
    pub(super) id: String,
    pub(super) method: String,
    pub(super) params: Option<Value>,
}

/// A notification.
pub(super) struct Notification {
    pub(super) method: String,
    pub(super) params: Option<Value>,
    /// The id of the request that it cancels, exactly as written.
    pub(super) cancels: Option<String>,
}

/// Parses one line.
pub(super) fn read(bytes: &[u8]) -> Line {
    let text = repair::text(bytes);
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    match envelope::parse_leniently(text) {
        Ok(Message::Request { id: "null", .. }) => {
            let reason = "`id` is null; it must be a string or a number";
            Line::Refused { id: None, error: error::object(ErrorKind::InvalidRequest, reason, []) }
        }
        Ok(Message::Request { id, method, params }) => {
            let id = id.to_owned();
            let held = params.filter(|_| method == "tools/call");
            let held = held.map(|params| exact::hold(&repair::surrogates(params)).into_owned());
            match read_params(held.as_deref().or(params)).and_then(|params| fits(&method, params)) {
                Ok(params) => Line::Request(Request { id, method: method.into_owned(), params }),
                Err(error) => Line::Refused { id: Some(id), error },
            }
        }
        Ok(Message::Notification { method, params }) => {
            let cancels = params.filter(|_| method == "notifications/cancelled").and_then(cancelled);
            match read_params(params) {
                Ok(params) => {
                    Line::Notification(Notification { method: method.into_owned(), params, cancels })
                }
                Err(_) => Line::Nothing,
            }
        }
        // This server sends no requests.
        Ok(Message::Response) => Line::Nothing,
        Err(Malformed::Syntax { column }) => {
            let message = format!("the input is not JSON at column {column}");
            let id = salvage::id(text).map(str::to_owned);
            Line::Refused { id, error: error::object(ErrorKind::ParseError, message, []) }
        }
        Err(Malformed::Request { id, reason }) => {
            let reason =
                if text.starts_with('[') { "send one request per line, not a batch" } else { reason };
            let id = id.or_else(|| salvage::id(text)).map(str::to_owned);
            Line::Refused { id, error: error::object(ErrorKind::InvalidRequest, reason, []) }
        }
    }
}

fn read_params(text: Option<&str>) -> Result<Option<Value>, ErrorObject> {
    let Some(text) = text else { return Ok(None) };
    if !text.starts_with('{') {
        return Err(params::invalid("params", "`params` is not an object"));
    }
    let text = repair::surrogates(text);
    if let Some(name) = exact::repeated(&text) {
        return Err(params::invalid(&name, &format!("`{name}` is given twice")));
    }
    let read = serde_json::from_str::<Value>(&text);
    let mut read = read.map_err(|failure| {
        // Positions inside the params mean nothing to the client, which wrote the whole line.
        let message = failure.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        params::invalid("params", &format!("`params` is not valid: {message}"))
    })?;
    if let Some(members) = read.as_object_mut() {
        // Some clients send null for absent params.
        members.retain(|_, value| !value.is_null());
    }
    Ok(Some(read))
}

/// Returns the id of the request that a notification cancels.
fn cancelled(params: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Target<'t> {
        #[serde(borrow, rename = "requestId")]
        id: &'t RawValue,
    }
    let target = params.starts_with('{').then(|| serde_json::from_str::<Target<'_>>(params).ok())?;
    Some(target?.id.get().to_owned())
}

/// The members of params that are objects in every method.
const OBJECTS: [&str; 8] =
    ["_meta", "arguments", "argument", "capabilities", "clientInfo", "context", "notifications", "ref"];

/// Rejects params that are not valid for a method of the protocol, and names the invalid one. The library would treat
/// such a request as one for an unknown method.
fn fits(method: &str, params: Option<Value>) -> Result<Option<Value>, ErrorObject> {
    let empty = Value::Object(serde_json::Map::new());
    let given = params.as_ref().unwrap_or(&empty);
    for name in OBJECTS {
        if given.get(name).is_some_and(|value| !value.is_object()) {
            return Err(params::invalid(name, &format!("`{name}` is not an object")));
        }
    }
    match method {
        "initialize" => typed::<InitializeRequestParams>(given),
        "tools/call" => typed::<CallToolRequestParams>(given),
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
            typed::<PaginatedRequestParams>(given)
        }
        "prompts/get" => typed::<GetPromptRequestParams>(given),
        "resources/read" => typed::<ReadResourceRequestParams>(given),
        "resources/subscribe" => typed::<SubscribeRequestParams>(given),
        "resources/unsubscribe" => typed::<UnsubscribeRequestParams>(given),
        "completion/complete" => typed::<CompleteRequestParams>(given),
        "subscriptions/listen" => typed::<SubscriptionsListenRequestParams>(given),
        _ => Ok(()),
    }?;
    Ok(params)
}

fn typed<T: DeserializeOwned>(given: &Value) -> Result<(), ErrorObject> {
    let Err(failure) = serde_path_to_error::deserialize::<_, T>(given) else { return Ok(()) };
    let path = failure.path().to_string();
    let path = if path == "." { String::new() } else { path };
    let message = failure.into_inner().to_string();
    let message = if path.is_empty() { message } else { format!("`{path}`: {message}") };
    Err(params::invalid(&path, &message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(line: &str) -> (Option<String>, i32, String) {
        match read(line.as_bytes()) {
            Line::Refused { id, error } => (id, error.code(), error.message().to_owned()),
            Line::Request(_) | Line::Notification(_) | Line::Nothing => panic!("{line} is not refused"),
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_under_its_id() {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        for (line, id, code, part) in [
            ("nonsense", None, -32700, "not JSON"),
            (r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":NaN}}"#, Some("7"), -32700, "not JSON"),
            ("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"p\ting\"}", Some("7"), -32700, "not JSON"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, None, -32600, "`id` is null"),
            (r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, None, -32600, "`id`"),
            (r#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"x"}"#, Some("7"), -32600, "twice"),
            (r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}"#, None, -32600, "twice"),
            (r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#, None, -32600, "batch"),
            (r#"{"id":7,"method":"ping"}"#, Some("7"), -32600, "jsonrpc"),
            (r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","params":[]}"#, Some("7"), -32602, "`params`"),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":[]}}"#,
                Some("7"),
                -32602,
                "`arguments`",
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"arguments":{}}}"#,
                Some("7"),
                -32602,
                "name",
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"x","capabilities":[],"clientInfo":{"name":"a","version":"1"}}}"#,
                Some("7"),
                -32602,
                "`capabilities`",
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"x","capabilities":{},"clientInfo":{"version":"1"}}}"#,
                Some("7"),
                -32602,
                "name",
            ),
            (
                &format!(r#"{{"jsonrpc":"2.0","id":"d","method":"ping","params":{{"a":{deep}}}}}"#),
                Some("\"d\""),
                -32602,
                "recursion",
            ),
        ] {
            let (found, number, message) = refused(line);
            assert_eq!((found.as_deref(), number), (id, code), "{line}: {message}");
            assert!(message.contains(part), "{line}: {message}");
        }
    }

    #[test]
    fn what_can_be_repaired_is_read() {
        let line = b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1.50,\"method\":\"tools/call\",\"params\":{\"name\":\"\\ud83d\xff\",\"_meta\":null}}";
        let Line::Request(request) = read(line) else { panic!("not read") };
        assert_eq!((&*request.id, &*request.method), ("1.50", "tools/call"));
        assert_eq!(request.params.unwrap(), serde_json::json!({"name": "\u{fffd}\u{fffd}"}));
        let Line::Request(request) = read(br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#)
        else {
            panic!("not read")
        };
        assert_eq!(request.params, None);
    }
}
