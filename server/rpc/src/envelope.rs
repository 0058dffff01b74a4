//! Parses one JSON-RPC message.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::repair;

/// One message, which borrows from its text.
#[derive(Debug)]
pub enum Message<'a> {
    /// A request, which expects a response with `id`.
    Request { id: &'a str, method: Cow<'a, str>, params: Option<&'a str> },
    /// A notification, which expects no response.
    Notification { method: Cow<'a, str>, params: Option<&'a str> },
    /// A response to a request. This side sends no requests, so it is ignored.
    Response,
}

/// Why a text is not a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Malformed<'a> {
    /// The text is not JSON. The column is counted in bytes from 1.
    Syntax { column: usize },
    /// The text is JSON but not a request. `id` is the id for the response, if the text has a usable one.
    Request { id: Option<&'a str>, reason: &'static str },
}

/// Returns `Some` for a member that is present, whatever its value: `"id":null` differs from a missing id.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// Parses one message that is not a batch. `text` has no surrounding white space.
///
/// Members are parsed only once and not copied. Members that JSON-RPC does not define are ignored.
pub fn parse(text: &str) -> Result<Message<'_>, Malformed<'_>> {
    read(text, false)
}

/// Parses one message from a client that may write `"params":null` instead of omitting them.
pub fn parse_leniently(text: &str) -> Result<Message<'_>, Malformed<'_>> {
    read(text, true)
}

fn read(text: &str, null_is_absent: bool) -> Result<Message<'_>, Malformed<'_>> {
    let invalid = |id, reason| Err(Malformed::Request { id, reason });
    // Serde would read an array as the members in order.
    if !text.starts_with('{') {
        check_syntax(text)?;
        return invalid(None, "a request is an object");
    }
    let members: Members = match serde_json::from_str(text) {
        Ok(members) => members,
        Err(error) if error.classify() != Category::Data => {
            return Err(Malformed::Syntax { column: error.column() });
        }
        Err(_) => {
            // Parsing stopped at the second of two equal members, so the rest may not be JSON.
            check_syntax(text)?;
            return invalid(None, "a member of the request occurs twice");
        }
    };

    let id = members.id.map(RawValue::get);
    // The response to an invalid request has the request's id if that is valid, so that the caller knows which
    // request was refused.
    let usable_id = id.filter(|id| is_id(id));
    if id.is_some() && usable_id.is_none() {
        return invalid(None, "`id` is not a string, a number or null");
    }
    if members.jsonrpc.and_then(|version| string(version.get())).as_deref() != Some("2.0") {
        return invalid(usable_id, "`jsonrpc` is not \"2.0\"");
    }
    let Some(method) = members.method else {
        if members.result.is_some() || members.error.is_some() {
            return Ok(Message::Response);
        }
        return invalid(usable_id, "`method` is missing");
    };
    let Some(method) = string(method.get()) else {
        return invalid(usable_id, "`method` is not a string");
    };
    let params = members.params.map(RawValue::get).filter(|params| !(null_is_absent && *params == "null"));
    if params.is_some_and(|params| !params.starts_with(['{', '['])) {
        return invalid(usable_id, "`params` is not an object or an array");
    }
    Ok(match usable_id {
        Some(id) => Message::Request { id, method, params },
        None => Message::Notification { method, params },
    })
}

/// Checks that `text` is JSON, regardless of its content.
fn check_syntax(text: &str) -> Result<(), Malformed<'_>> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Malformed::Syntax { column: error.column() }),
    }
}

/// Whether the JSON `value` is a possible id: a string, a number or null.
fn is_id(value: &str) -> bool {
    matches!(value.as_bytes().first(), Some(b'"' | b'-' | b'0'..=b'9' | b'n'))
}

/// The content of the JSON `value` if it is a string.
fn string(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(&repair::surrogates(value)).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_as_written() {
        for id in
            ["1", "-1", "1.50", "1e3", "123456789012345678901234567890", "null", r#""a\u0062""#, r#""""#]
        {
            let text = format!(r#"{{"jsonrpc":"2.0","id": {id} ,"method":"m"}}"#);
            match parse(&text) {
                Ok(Message::Request { id: kept, method, params: None }) => {
                    assert_eq!(kept, id);
                    assert_eq!(method, "m");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn invalid_requests_are_refused_with_their_reason() {
        let check = |text: &str, id: Option<&str>, needle: &str| match parse(text) {
            Err(Malformed::Request { id: kept, reason }) => {
                assert_eq!(kept, id, "{text}");
                assert!(reason.contains(needle), "{text}: {reason}");
            }
            other => panic!("{text}: {other:?}"),
        };
        check("1", None, "an object");
        check("null", None, "an object");
        check("[]", None, "an object");
        check(r#"["2.0",1,"m",null,null,null]"#, None, "an object");
        check("{}", None, "jsonrpc");
        check(r#"{"jsonrpc":"2.0"}"#, None, "method");
        check(r#"{"jsonrpc":"2.0","id":7}"#, Some("7"), "method");
        check(r#"{"jsonrpc":"1.0","id":7,"method":"m"}"#, Some("7"), "jsonrpc");
        check(r#"{"jsonrpc":2.0,"id":7,"method":"m"}"#, Some("7"), "jsonrpc");
        check(r#"{"jsonrpc":"2.0","id":7,"method":1}"#, Some("7"), "method");
        check(r#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, None, "id");
        check(r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, None, "id");
        check(r#"{"jsonrpc":"2.0","id":7,"method":"m","params":"x"}"#, Some("7"), "params");
        check(r#"{"jsonrpc":"2.0","id":7,"method":"m","params":null}"#, Some("7"), "params");
        check(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, None, "twice");
    }

    #[test]
    fn a_response_is_not_a_request() {
        assert!(matches!(parse(r#"{"jsonrpc":"2.0","id":1,"result":null}"#), Ok(Message::Response)));
        assert!(matches!(parse(r#"{"jsonrpc":"2.0","id":1,"error":{}}"#), Ok(Message::Response)));
    }

    #[test]
    fn what_is_not_json_is_a_syntax_error() {
        for text in
            ["{", "{}}", "\u{feff}{}", "{\"a\":\u{0}}", "nul", "{'a':1}", r#"{"jsonrpc":"2.0","id":01}"#]
        {
            assert!(matches!(parse(text), Err(Malformed::Syntax { .. })), "{text}");
        }
        for text in ["", "1 2", "1x", r#""a"b"#, "null,", r#"{"id":1,"id":2,"#, r#"{"id":1,"id":2} x"#] {
            assert!(matches!(parse(text), Err(Malformed::Syntax { .. })), "{text}");
        }
        // Numbers outside the range of floats are still JSON.
        assert!(matches!(parse("1e999"), Err(Malformed::Request { .. })));
    }
}
