//! Params that reject unknown fields.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::exact::Node;

/// A `T` inside params. Results may gain fields, so `T` itself ignores unknown fields. In params an unknown field is a
/// mistake, so it is rejected by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strict<T>(pub T);

// Objects with more fields than this are not searched for the invalid field. The search reads the object once per
// field, and no type of the protocol has that many fields.
const MAX_FIELDS_SEARCHED: usize = 32;

/// The tags of the protocol's unions. If both occur, `event` is the tag and `kind` is an ordinary field.
const TAGS: [&str; 2] = ["kind", "event"];

impl<'de, T: DeserializeOwned + Serialize> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The input is kept as text because a `Value` rounds numbers.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        // Serde would accept an array for a struct, with fields by position; the protocol has no positional fields.
        if text.starts_with('[') {
            return Err(D::Error::invalid_type(Unexpected::Seq, &"an object"));
        }
        let value = serde_json::from_str::<T>(text).map_err(|error| match serde_json::from_str(text) {
            Ok(given) => D::Error::custom(explain::<T>(&given, &error)),
            Err(_) => D::Error::custom(without_position(&error)),
        })?;
        let known = serde_json::to_string(&value).map_err(D::Error::custom)?;
        // If serializing the value returns the input, it has no unknown fields.
        if known == text {
            return Ok(Self(value));
        }
        let (Some(given), Some(known)) = (Node::read(text), Node::read(&known)) else {
            return Err(D::Error::custom("recursion limit exceeded"));
        };
        match misfit(&given, &known) {
            Some((field, wrong)) => Err(D::Error::custom(format_args!("field `{field}`{wrong}"))),
            None => Ok(Self(value)),
        }
    }
}

/// Returns the error without its position, which would be misleading: the client never saw the text as lines.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

const IS_NOT_KNOWN: &str = " is not known";
const IS_A_LIST: &str = ": invalid type: sequence, expected an object";

/// Returns the dotted path of the first field in `given` that is not in `known` or that is given by position, if any.
fn misfit(given: &Node<'_>, known: &Node<'_>) -> Option<(String, &'static str)> {
    let (Node::Object(given), Node::Object(known)) = (given, known) else { return None };
    given.iter().find_map(|(name, value)| match known.iter().find(|(known, _)| known == name) {
        Some((_, Node::Object(_))) if matches!(value, Node::List(_)) => {
            Some((name.clone().into_owned(), IS_A_LIST))
        }
        Some((_, known)) => misfit(value, known).map(|(field, wrong)| (format!("{name}.{field}"), wrong)),
        // An optional field that is given as `null` is absent when it is written again.
        None if *value == Node::Literal("null") => None,
        None => Some((name.clone().into_owned(), IS_NOT_KNOWN)),
    })
}

/// Names the field that caused `error`. Serde reads tagged unions through a buffer and loses the position. The search
/// removes one field at a time: without the invalid field, the error is different or absent.
fn explain<T: DeserializeOwned>(given: &Value, error: &serde_json::Error) -> String {
    let message = without_position(error);
    let Value::Object(fields) = given else { return message };
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let tracked = serde_path_to_error::deserialize::<_, T>(given).err().map(|error| error.path().to_string());
    if let Some(path) = tracked.filter(|path| path != ".") {
        return match missing {
            Some(field) => format!("field `{path}.{field}`: {message}"),
            None => format!("field `{path}`: {message}"),
        };
    }
    let names_it = missing.is_some() || message.starts_with("duplicate field `");
    if names_it || fields.len() > MAX_FIELDS_SEARCHED {
        return message;
    }
    // A union cannot be read without its tag, so the tag is tried last.
    let mut names: Vec<_> = fields.keys().collect();
    names.sort_by_key(|name| TAGS.iter().position(|tag| tag == name));
    let without: Vec<_> = names
        .into_iter()
        .map(|name| {
            let mut rest = fields.clone();
            rest.remove(name);
            (name, T::deserialize(&Value::Object(rest)).err().map(|other| other.to_string()))
        })
        .collect();
    let all_is_well = without.iter().find(|(_, other)| other.is_none());
    let culprit = all_is_well.or_else(|| without.iter().find(|(_, other)| other.as_ref() != Some(&message)));
    match culprit {
        Some((name, _)) => format!("field `{name}`: {message}"),
        None => message,
    }
}

impl<T: Serialize> Serialize for Strict<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Strict<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::WorkroomEventKind;
    use crate::workroom::WorkroomVisibility;

    fn refusal(json: &str) -> String {
        serde_json::from_str::<Strict<WorkroomEventKind>>(json).expect_err(json).to_string()
    }

    #[test]
    fn a_refusal_names_the_field() {
        assert_eq!(refusal(r#"{"event":"message","content":"x","colour":1}"#), "field `colour` is not known");
        assert_eq!(refusal(r#"{"event":"resumed","why":"x"}"#), "field `why` is not known");
        assert_eq!(refusal(r#"{"event":"message"}"#), "missing field `content`");
        assert!(refusal(r#"{"event":"message","content":5}"#).starts_with("field `content`: invalid type"));
        let two = r#"{"shared":{"allowed_tokens":[]},"colour":1}"#;
        let two = serde_json::from_str::<Strict<WorkroomVisibility>>(two).expect_err(two).to_string();
        assert!(two.starts_with("field `colour`: "), "{two}");
        let inside = |json: &str| {
            serde_json::from_str::<Strict<WorkroomVisibility>>(json).expect_err(json).to_string()
        };
        assert!(inside(r#"{"shared":{}}"#).starts_with("field `shared.allowed_tokens`: missing"));
        assert!(
            inside(r#"{"shared":{"allowed_tokens":[5]}}"#).starts_with("field `shared.allowed_tokens[0]`: ")
        );
        let steering = refusal(r#"{"event":"tool_result","tool_name":"a","success":"missing field `zzz`"}"#);
        assert!(steering.starts_with("field `success`: "), "{steering}");
        assert!(refusal(r#"{"event":"shout"}"#).starts_with("field `event`: unknown variant"));
        assert_eq!(refusal(r#"["resumed"]"#), "invalid type: sequence, expected an object");
    }

    #[test]
    fn optional_fields_may_be_null() {
        let json = r#"{"event":"tool_call","tool_name":"bash","summary":"ls","call_id":null}"#;
        serde_json::from_str::<Strict<WorkroomEventKind>>(json).expect("reads");
    }
}
