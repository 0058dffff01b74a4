//! The schemas of a tool's arguments and results. They are as short as possible, because every agent pays for them in
//! tokens.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The member of every result that repeats the note at the end of the text.
pub(super) const NOTE: &str = "note";

/// Returns the schema of arguments, with descriptions.
pub(super) fn input<T: JsonSchema>() -> Arc<JsonObject> {
    Arc::new(schema::<T>(true))
}

/// Returns the schema of a result, whose names need no descriptions.
pub(super) fn output<T: JsonSchema>() -> Arc<JsonObject> {
    let mut schema = schema::<T>(false);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert(NOTE.into(), serde_json::json!({"type": "string"}));
    }
    Arc::new(schema)
}

fn schema<T: JsonSchema>(described: bool) -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = Value::from(settings.into_generator().into_root_schema_for::<T>());
    shorten(&mut schema, described);
    if let Some(members) = schema.as_object_mut() {
        members.remove("description");
    }
    match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    }
}

/// Removes what a model does not need.
fn shorten(schema: &mut Value, described: bool) {
    let Some(members) = schema.as_object_mut() else { return };
    // Unknown arguments are rejected with a clear error, so the schema does not need to mention that.
    for name in ["$schema", "title", "format", "minimum", "default", "additionalProperties"] {
        members.remove(name);
    }
    if !described {
        members.remove("description");
        members.remove("pattern");
    }
    // Each variant with documentation has its own schema with one name.
    if let Some(Value::Array(variants)) = members.get("oneOf")
        && let Some(names) = variants.iter().map(|v| v.get("const").cloned()).collect::<Option<Vec<_>>>()
    {
        members.remove("oneOf");
        members.insert("enum".into(), names.into());
        members.insert("type".into(), "string".into());
    }
    // It is implied that an optional value can be null.
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            members.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(variants)) = members.get_mut("anyOf") {
        variants.retain(|variant| variant.get("type").and_then(Value::as_str) != Some("null"));
        if let [Value::Object(only)] = &mut variants[..] {
            let only = std::mem::take(only);
            members.remove("anyOf");
            members.extend(only);
            return shorten(schema, described);
        }
    }
    if let Some(Value::Array(names)) = members.get_mut("enum") {
        names.retain(|name| !name.is_null());
    }
    if !described {
        members.remove("enum");
    }
    if let Some(items) = members.get_mut("items") {
        shorten(items, described);
        if let Some(items) = items.as_object_mut().filter(|_| !described) {
            items.remove("required");
        }
    }
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(|schema| shorten(schema, described));
    }
}
