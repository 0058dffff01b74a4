//! The schemas of a tool's arguments and results, as short as they can be: every agent pays for them in tokens.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The member of every result that has what its text ends with.
pub(super) const NOTE: &str = "note";

/// The schema of arguments, with what each is for.
pub(super) fn input<T: JsonSchema>() -> Arc<JsonObject> {
    Arc::new(schema::<T>(true))
}

/// The schema of a result, whose names say enough.
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

/// Takes away what says nothing to a model.
fn shorten(schema: &mut Value, described: bool) {
    let Some(members) = schema.as_object_mut() else { return };
    // What is unknown is refused, and said so, without being told beforehand.
    for name in ["$schema", "title", "format", "minimum", "default", "additionalProperties"] {
        members.remove(name);
    }
    if !described {
        members.remove("description");
        members.remove("pattern");
    }
    // Variants whose docs stand in a schema of their own, each with one name.
    if let Some(Value::Array(variants)) = members.get("oneOf")
        && let Some(names) = variants.iter().map(|v| v.get("const").cloned()).collect::<Option<Vec<_>>>()
    {
        members.remove("oneOf");
        members.insert("enum".into(), names.into());
        members.insert("type".into(), "string".into());
    }
    // What may be absent may also be null, which goes without saying.
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
