//! Converts arguments, as models write them, to the types in the tool's schema.

use rmcp::model::JsonObject;
use serde_json::{Number, Value};

use workroom_rpc::repair;

/// Arguments that contain free text, in which `null` may be meant literally.
const WORDS: [&str; 5] = ["question", "query", "summary", "text", "title"];

/// Converts `"10"` and `10.0` to 10 where the schema has an integer, and `"true"` to true where it has a boolean.
/// Removes optional arguments without a value: `null`, `""`, and `"null"` where that cannot be meant literally. Texts
/// stay unchanged.
pub(super) fn coerce(arguments: &mut JsonObject, schema: &JsonObject) {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.into_iter().flatten().any(|required| required == name);
    for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let Some(value) = arguments.get_mut(name) else { continue };
        if !is_required(name) && says_nothing(name, value) {
            arguments.remove(name);
            continue;
        }
        let meant = match schema["type"].as_str() {
            Some("integer") => integer(value),
            Some("boolean") => boolean(value),
            _ => None,
        };
        if let Some(meant) = meant {
            *value = meant;
        }
    }
}

fn says_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => {
            let text = text.trim();
            text.is_empty() || text.eq_ignore_ascii_case("null") && !WORDS.contains(&name)
        }
        _ => false,
    }
}

fn integer(value: &Value) -> Option<Value> {
    let written = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if number.is_f64() => number.to_string(),
        _ => return None,
    };
    let whole = repair::whole(&written).unwrap_or(written);
    // The parser of numbers would accept a leading sign.
    let is_json = whole.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let number = whole.parse::<u64>().map(Number::from).or_else(|_| whole.parse::<i64>().map(Number::from));
    number.ok().filter(|_| is_json).map(Value::Number)
}

fn boolean(value: &Value) -> Option<Value> {
    match value.as_str()?.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true.into()),
        "false" => Some(false.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn coerced(arguments: Value) -> Value {
        let schema = json!({
            "properties": {
                "limit": {"type": "integer"}, "active": {"type": "boolean"}, "cursor": {"type": "string"},
                "text": {"type": "string"}, "thread": {"type": "string"}, "arguments": {"type": "object"},
                "risk": {"type": "string"}, "upto_seq": {"type": "integer"},
            },
            "required": ["thread", "upto_seq"],
        });
        let (Value::Object(mut arguments), Value::Object(schema)) = (arguments, schema) else { panic!() };
        coerce(&mut arguments, &schema);
        arguments.into()
    }

    #[test]
    fn numbers_and_booleans_are_read_however_they_are_written() {
        for (written, meant) in [
            (json!({"limit": "10"}), json!({"limit": 10})),
            (json!({"limit": " 10 "}), json!({"limit": 10})),
            (json!({"limit": "10.0"}), json!({"limit": 10})),
            (json!({"limit": 10.0}), json!({"limit": 10})),
            (json!({"limit": 1e2}), json!({"limit": 100})),
            (json!({"limit": "1e2"}), json!({"limit": 100})),
            (
                json!({"upto_seq": "18446744073709551615"}),
                json!({"upto_seq": 18_446_744_073_709_551_615_u64}),
            ),
            (json!({"limit": "-3"}), json!({"limit": -3})),
            (json!({"active": "true"}), json!({"active": true})),
            (json!({"active": "False"}), json!({"active": false})),
        ] {
            assert_eq!(coerced(written.clone()), meant, "{written}");
        }
        for same in [
            json!({"limit": 10.5}),
            json!({"limit": "10.5"}),
            json!({"limit": "+10"}),
            json!({"limit": "ten"}),
            json!({"limit": 1e40}),
            json!({"limit": true}),
            json!({"active": "yes"}),
            json!({"active": 1}),
            json!({"text": "10"}),
            json!({"text": "null"}),
            json!({"thread": ""}),
            json!({"thread": "null"}),
            json!({"upto_seq": null}),
            json!({"arguments": {"limit": "10", "x": "", "y": 1.0}}),
            json!({"unknown": ""}),
        ] {
            assert_eq!(coerced(same.clone()), same);
        }
    }

    #[test]
    fn what_says_nothing_is_absent() {
        for written in [
            json!({"limit": null}),
            json!({"limit": ""}),
            json!({"limit": "null"}),
            json!({"active": ""}),
            json!({"active": null}),
            json!({"cursor": ""}),
            json!({"cursor": "null"}),
            json!({"risk": " "}),
            json!({"text": ""}),
            json!({"arguments": "null"}),
        ] {
            assert_eq!(coerced(written.clone()), json!({}), "{written}");
        }
    }
}
