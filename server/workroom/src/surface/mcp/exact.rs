//! Keeps the arguments of an approval exactly as they were sent. The MCP library parses JSON into values that round
//! numbers, so this module passes the arguments through the library as text.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
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
    let Ok(Call { name, arguments }) = serde_json::from_str::<Call<'_>>(params) else {
        // The next reader of the params reports what is wrong with them, as `repeated` does for a repeated name.
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

/// The path of a member that occurs twice in an object of this JSON. Parsers would silently take one of the two. Text
/// that is not JSON has none.
pub(super) fn repeated(json: &str) -> Option<String> {
    let mut found = None;
    let walk = Walk { path: &mut Vec::new(), found: &mut found };
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_str(json));
    found
}

/// Searches JSON for a repeated member.
struct Walk<'w> {
    path: &'w mut Vec<String>,
    found: &'w mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { path, found } = self;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            path.push(name.clone());
            if !names.insert(name) {
                *found = Some(path.join("."));
                return Err(A::Error::custom("a member twice"));
            }
            map.next_value_seed(Walk { path: &mut *path, found: &mut *found })?;
            path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { path, found } = self;
        while items.next_element_seed(Walk { path: &mut *path, found: &mut *found })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
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
        let escaped = r#"{"name":"request\u005fapproval","\u0061rguments":{"argument\u0073":{"n":1e400}}}"#;
        assert_eq!(
            hold(escaped),
            r#"{"name":"request\u005fapproval","\u0061rguments":{"argument\u0073":{"$json":"{\"n\":1e400}"}}}"#
        );
    }

    #[test]
    fn a_member_that_comes_twice_is_found() {
        for (json, path) in [
            (r#"{"a":1,"b":{"a":1}}"#, None),
            (r#"{"a":1,"\u0061":2}"#, Some("a")),
            (r#"{"a":[{"b":{"c":1,"d":null,"c":1e5}}]}"#, Some("a.b.c")),
            ("[1,-2,\"x\",true,{}]", None),
            ("{", None),
        ] {
            assert_eq!(repeated(json).as_deref(), path, "{json}");
        }
    }
}
