//! Reads a JSON Schema: the few queries that every generator needs.

use serde_json::Value;

/// Where a schema keeps the named types that it refers to.
pub(super) const DEFS: &str = "#/$defs/";

/// A field of an object.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) required: bool,
    pub(super) schema: &'a Value,
}

/// Returns the named type that `schema` refers to.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(DEFS)
}

/// Returns the description of `schema`; empty if it has none.
pub(super) fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// Returns the fields of an object, in the order of declaration.
pub(super) fn fields(schema: &Value) -> Vec<Field<'_>> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field { name, required: is_required(name), schema })
        .collect()
}

/// Returns the alternatives of a union; empty if `schema` is not a union.
pub(super) fn alternatives(schema: &Value) -> &[Value] {
    let members = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    members.map(Vec::as_slice).unwrap_or_default()
}

/// Returns the schemas that must hold together with the rest of `schema`.
pub(super) fn conjuncts(schema: &Value) -> &[Value] {
    schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Returns the JSON types that `schema` allows; empty if it does not specify any.
pub(super) fn json_types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Calls `visit` for `schema` and every schema in it, outermost first.
pub(super) fn walk<'a>(schema: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(schema);
    match schema {
        Value::Object(map) => map.values().for_each(|inner| walk(inner, visit)),
        Value::Array(list) => list.iter().for_each(|inner| walk(inner, visit)),
        _ => {}
    }
}
