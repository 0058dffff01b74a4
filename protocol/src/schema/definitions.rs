//! The rows of the two tables, and the JSON Schema of every type that they use.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::shape::{self, DEFS};
use crate::error::ErrorKind;
use crate::method::{Direction, Needs};
use crate::methods::METHODS;
use crate::notifications::NOTIFICATIONS;

/// A method, with the names of its types.
pub(super) struct MethodShape {
    pub(super) name: &'static str,
    pub(super) doc: Doc,
    pub(super) needs: Needs,
    pub(super) params: String,
    pub(super) result: String,
}

/// A notification, with the name of its type.
pub(super) struct NotificationShape {
    pub(super) name: &'static str,
    pub(super) doc: Doc,
    pub(super) direction: Direction,
    pub(super) params: String,
}

/// The documentation of a row.
pub(super) struct Doc {
    /// The first line, which is the summary.
    pub(super) summary: String,
    /// The whole text.
    pub(super) text: String,
}

impl Doc {
    fn of(doc: &str) -> Self {
        let text = doc.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_string();
        Self { summary: text.lines().next().unwrap_or_default().to_string(), text }
    }
}

/// Everything that the generators need.
pub(super) struct Definitions {
    pub(super) methods: Vec<MethodShape>,
    pub(super) notifications: Vec<NotificationShape>,
    /// The schema of every named type. They refer to each other as `#/$defs/Name`.
    pub(super) types: BTreeMap<String, Value>,
}

impl Definitions {
    /// Reads the two tables.
    pub(super) fn collect() -> Self {
        let Tables { methods, notifications, read, written } = Tables::read();
        Self { methods, notifications, types: merge(read, written) }
    }

    /// Returns the names of the types that `name` refers to, directly or through others.
    pub(super) fn reachable(&self, name: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = vec![name];
        while let Some(schema) = open.pop().and_then(|name| self.types.get(name)) {
            shape::walk(schema, &mut |inner| {
                if let Some(other) = shape::reference(inner)
                    && found.insert(other)
                {
                    open.push(other);
                }
            });
        }
        found
    }

    /// Returns the schema of the type `name`.
    pub(super) fn schema(&self, name: &str) -> &Value {
        self.types.get(name).unwrap_or(&Value::Null)
    }
}

/// The rows, and the derived schemas of their types.
struct Tables {
    methods: Vec<MethodShape>,
    notifications: Vec<NotificationShape>,
    /// The types that the server reads.
    read: Map<String, Value>,
    /// The types that the server writes.
    written: Map<String, Value>,
}

impl Tables {
    fn read() -> Self {
        let settings = SchemaSettings::draft2020_12();
        let mut read = settings.clone().for_deserialize().into_generator();
        let mut written = settings.for_serialize().into_generator();
        let methods = METHODS
            .iter()
            .map(|row| MethodShape {
                name: row.name,
                doc: Doc::of(row.doc),
                needs: row.needs,
                params: type_name(row.params, &mut read),
                result: type_name(row.result, &mut written),
            })
            .collect();
        let notifications = NOTIFICATIONS
            .iter()
            .map(|row| NotificationShape {
                name: row.name,
                doc: Doc::of(row.doc),
                direction: row.direction,
                params: match row.direction {
                    Direction::ToServer => type_name(row.params, &mut read),
                    Direction::ToClient => type_name(row.params, &mut written),
                },
            })
            .collect();
        written.subschema_for::<ErrorKind>();
        Self {
            methods,
            notifications,
            read: read.take_definitions(true),
            written: written.take_definitions(true),
        }
    }
}

/// Returns the name of a row's type. Rows have only named types, which a test checks; others have an empty name.
fn type_name(row: fn(&mut SchemaGenerator) -> Schema, generator: &mut SchemaGenerator) -> String {
    shape::reference(row(generator).as_value()).unwrap_or_default().to_string()
}

/// Combines the types that the server reads and those that it writes.
fn merge(mut read: Map<String, Value>, mut written: Map<String, Value>) -> BTreeMap<String, Value> {
    fold(&mut read);
    fold(&mut written);
    let mut types: BTreeMap<String, Value> = read.into_iter().collect();
    for (name, mut schema) in written {
        types.entry(name).or_insert_with(|| {
            settle(&mut schema);
            schema
        });
    }
    types.values_mut().for_each(tidy);
    types
}

/// Changes the schema of a type that is only written, so that it shows what a reader can rely on: no field has a
/// default, and an optional field is absent rather than `null`. (A [`crate::patch::Patch`] can be both, but occurs only
/// in types that are also read, which stay unchanged.)
fn settle(schema: &mut Value) {
    let optional: Vec<String> =
        shape::fields(schema).iter().filter(|field| !field.required).map(|field| field.name.into()).collect();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            if let Some(property) = property.as_object_mut() {
                property.shift_remove("default");
                if optional.contains(name) {
                    remove_null(property);
                }
            }
        }
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(settle);
    }
}

/// Removes `null` from the types that `property` allows.
fn remove_null(property: &mut Map<String, Value>) {
    if let Some(Value::Array(names)) = property.get_mut("type") {
        names.retain(|name| name != "null");
        if let [name] = &names[..] {
            let name = name.clone();
            property.insert("type".into(), name);
        }
    }
    if let Some(Value::Array(members)) = property.get_mut("anyOf") {
        members.retain(|member| member.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(member)] = &members[..] {
            let member = member.clone();
            property.shift_remove("anyOf");
            for (key, value) in member {
                property.entry(key).or_insert(value);
            }
        }
    }
}

/// Replaces the description by one that needs no Rust, and replaces formats that only Rust knows by bounds that every
/// validator knows.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(map) => {
            if let Some(Value::String(format)) = map.get("format")
                && (format.starts_with("uint") || format.starts_with("int"))
            {
                if format == "uint32" {
                    map.insert("maximum".into(), u32::MAX.into());
                }
                map.shift_remove("format");
            }
            // The description of a field named `description` is an object, which stays unchanged.
            if let Some(Value::String(text)) = map.get("description") {
                let text = without_doc_links(text);
                map.shift_remove("description");
                map.shift_insert(0, "description".into(), text.into());
            }
            map.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

/// Returns `text` with ``[`Name`]``, a link in Rust's documentation, as plain `` `Name` ``.
fn without_doc_links(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

/// A union that is flattened into a struct arrives as a copy; this replaces the copy by a reference to the union.
fn fold(types: &mut Map<String, Value>) {
    let unions: Vec<(String, Value)> = types
        .iter()
        .filter(|(_, schema)| schema.get("properties").is_none())
        .filter_map(|(name, schema)| Some((name.clone(), schema.get("oneOf")?.clone())))
        .collect();
    for schema in types.values_mut().filter(|schema| schema.get("properties").is_some()) {
        let union = unions.iter().find(|(_, members)| schema.get("oneOf") == Some(members));
        if let (Some((name, _)), Some(map)) = (union, schema.as_object_mut()) {
            map.shift_remove("oneOf");
            map.insert("allOf".into(), json!([{ "$ref": format!("{DEFS}{name}") }]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_the_same_where_it_is_read_and_where_it_is_written() {
        let Tables { read, written, .. } = Tables::read();
        for (name, schema) in &read {
            let other = written.get(name).unwrap_or(schema);
            assert_eq!(schema, other, "{name} needs two names, or attributes that mean the same both ways");
        }
    }

    #[test]
    fn every_row_has_named_types() {
        let definitions = Definitions::collect();
        for method in &definitions.methods {
            assert!(definitions.types.contains_key(&method.params), "the params of {}", method.name);
            assert!(definitions.types.contains_key(&method.result), "the result of {}", method.name);
        }
        for notification in &definitions.notifications {
            assert!(definitions.types.contains_key(&notification.params), "{}", notification.name);
        }
    }

    #[test]
    fn no_two_types_share_a_name() {
        // Two types of one name come out as `Name` and `Name2`.
        let definitions = Definitions::collect();
        for name in definitions.types.keys() {
            let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
            assert!(stem == name || !definitions.types.contains_key(stem), "{name}");
        }
    }

    #[test]
    fn every_reference_resolves() {
        let definitions = Definitions::collect();
        for (name, schema) in &definitions.types {
            shape::walk(schema, &mut |inner| {
                if let Some(target) = inner.get("$ref").filter(|target| target.is_string()) {
                    let known = shape::reference(inner).is_some_and(|t| definitions.types.contains_key(t));
                    assert!(known, "{name} refers to {target}");
                }
            });
        }
    }

    #[test]
    fn everything_is_described() {
        let definitions = Definitions::collect();
        for (name, schema) in &definitions.types {
            assert!(!shape::description(schema).is_empty(), "{name}");
            for field in shape::fields(schema) {
                assert!(!shape::description(field.schema).is_empty(), "{name}.{}", field.name);
            }
            for member in shape::alternatives(schema).iter().filter(|member| member.get("$ref").is_none()) {
                assert!(!shape::description(member).is_empty(), "{name}: {member}");
            }
        }
    }

    #[test]
    fn an_optional_field_of_an_answer_is_absent_and_never_null() {
        let definitions = Definitions::collect();
        let field = &definitions.schema("WorkroomListResponse")["properties"]["next_cursor"];
        assert_eq!(field["type"], "string");
        let agent = &definitions.schema("WorkroomEvent")["properties"]["agent"];
        assert_eq!(shape::reference(agent), Some("AgentAttribution"));
        let kept = &definitions.schema("Resolved")["properties"]["thread_title"];
        assert_eq!(kept["type"], json!(["string", "null"]));
        let cleared = &definitions.schema("WorkroomChange")["properties"]["branch"];
        assert_eq!(cleared["type"], json!(["string", "null"]));
    }

    #[test]
    fn a_flattened_union_is_referred_to() {
        let definitions = Definitions::collect();
        let attached = definitions.schema("AttachedRef");
        assert_eq!(attached["allOf"], json!([{ "$ref": "#/$defs/ExternalThreadRef" }]));
        assert!(attached.get("oneOf").is_none());
    }
}
