//! Keeps the arguments of an approval exactly as they were sent. The MCP library parses JSON into values that round
//! numbers, so this module passes the arguments through the library as text.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use workroom_protocol::exact::ExactJson;

/// The only member of an object that holds JSON as text. Arguments from the host are always wrapped in such an object,
/// even if they look like one.
const HELD: &str = "$json";
const TOOL: &str = "request_approval";

#[derive(Deserialize)]
struct Call<'t> {
    #[serde(borrow)]
    name: Cow<'t, str>,
    #[serde(borrow)]
    arguments: Given<'t>,
}

#[derive(Deserialize)]
struct Given<'t> {
    #[serde(borrow)]
    arguments: &'t RawValue,
}

/// Returns the params of a call, with the arguments that must stay exact as text.
pub(super) fn hold(params: &str) -> Cow<'_, str> {
    if !params.contains(TOOL) {
        return Cow::Borrowed(params);
    }
    let Ok(Call { name, arguments }) = serde_json::from_str::<Call<'_>>(params) else {
        // The next reader of the params reports what is wrong with them.
        return Cow::Borrowed(params);
    };
    let raw = arguments.arguments.get();
    let has_numbers = raw.starts_with(|c: char| c == '{' || c == '[' || c == '-' || c.is_ascii_digit());
    if name != TOOL || !has_numbers {
        return Cow::Borrowed(params);
    }
    let start = raw.as_ptr() as usize - params.as_ptr() as usize;
    let text = Value::from(raw).to_string();
    Cow::Owned(format!("{}{{\"{HELD}\":{text}}}{}", &params[..start], &params[start + raw.len()..]))
}

/// Reads the arguments that [`hold`] has wrapped.
pub(super) fn release<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ExactJson>, D::Error> {
    let Some(given) = Option::<Value>::deserialize(deserializer)? else { return Ok(None) };
    let held = given.as_object().filter(|members| members.len() == 1).and_then(|members| members.get(HELD));
    let text = held.and_then(Value::as_str).map_or_else(|| Cow::Owned(given.to_string()), Cow::Borrowed);
    ExactJson::parse(&text).map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_through_values_to_the_letter() {
        #[derive(Deserialize)]
        struct Arguments {
            #[serde(default, deserialize_with = "release")]
            arguments: Option<ExactJson>,
        }
        for arguments in [
            r#"{"n":[123456789012345678901234567890,1e400,-0,1.0]}"#,
            "[1e400]",
            "1.0",
            r#"{"$json":"[1]"}"#,
            "\"text\"",
            "null",
        ] {
            let params = format!(r#"{{"name":"request_approval","arguments":{{"arguments":{arguments}}}}}"#);
            let mut value: Value = serde_json::from_str(&hold(&params)).unwrap();
            let read: Arguments = serde_json::from_value(value["arguments"].take()).unwrap();
            let read = read.arguments.map_or_else(|| "null".to_owned(), |exact| exact.text().to_owned());
            assert_eq!(read, arguments);
        }
        for other in ["{", "{}", r#"{"name":"x","arguments":{"arguments":{}}}"#] {
            assert_eq!(hold(other), other);
        }
    }
}
