//! One self-contained JSON Schema per named type.

use serde_json::{Map, Value};

use super::ORIGIN;
use super::definitions::Definitions;

/// The name and the text of the schema of every type.
pub(super) fn texts(definitions: &Definitions) -> Vec<(String, String)> {
    definitions.types.keys().map(|name| (name.clone(), pretty(&document(definitions, name)))).collect()
}

/// Formats `value` as indented JSON with a final newline.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The schema of one type, with all types that it refers to.
fn document(definitions: &Definitions, name: &str) -> Value {
    let mut document = Map::new();
    document.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    document.insert("$comment".into(), ORIGIN.into());
    document.insert("title".into(), name.into());
    if let Value::Object(schema) = definitions.schema(name) {
        document.extend(schema.clone());
    }
    let others: Map<String, Value> = definitions
        .reachable(name)
        .into_iter()
        .map(|other| (other.to_string(), definitions.schema(other).clone()))
        .collect();
    if !others.is_empty() {
        document.insert("$defs".into(), others.into());
    }
    document.into()
}

#[cfg(test)]
mod tests {
    use super::super::shape;
    use super::*;

    #[test]
    fn every_schema_has_what_it_refers_to_and_nothing_else() {
        let definitions = Definitions::collect();
        for (name, text) in texts(&definitions) {
            let document: Value = serde_json::from_str(&text).expect("JSON");
            let mut used = std::collections::BTreeSet::new();
            shape::walk(&document, &mut |inner| used.extend(shape::reference(inner)));
            let defined: std::collections::BTreeSet<&str> = document
                .get("$defs")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(k, _)| &**k)
                .collect();
            assert_eq!(used, defined, "{name}");
        }
    }
}
