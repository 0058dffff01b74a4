//! The OpenRPC document, see <https://spec.open-rpc.org>.

use serde_json::{Map, Value, json};

use super::ORIGIN;
use super::definitions::{Definitions, Doc, MethodShape, NotificationShape};
use super::shape::{self, DEFS};
use crate::error::ERRORS;
use crate::server::PROTOCOL_VERSION;

// JSON-RPC reserves the codes from -32768 to this one; they mean the same for every method of every server.
const FIRST_APPLICATION_CODE: i32 = -32000;

const INTRODUCTION: &str = "Messages are JSON-RPC 2.0, one per line or with `Content-Length` headers. \
    Every error has its kind in `data.kind`, see `components.errors`. \
    The notifications that the server and the client send are listed under `x-notifications`.";

/// The whole document.
pub(super) fn document(definitions: &Definitions) -> Value {
    json!({
        "openrpc": "1.3.2",
        "x-generated": ORIGIN,
        "info": {
            "title": "Workroom",
            "version": PROTOCOL_VERSION.to_string(),
            "description": INTRODUCTION,
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "methods": definitions.methods.iter().map(|row| method(definitions, row)).collect::<Value>(),
        "x-notifications":
            definitions.notifications.iter().map(|row| notification(definitions, row)).collect::<Value>(),
        "components": {
            "schemas": definitions.types.iter().map(|(name, schema)| (name.clone(), moved(schema))).collect::<Value>(),
            "errors": ERRORS.iter().map(|(kind, code, meaning)| (kind.name(), error(*code, meaning))).collect::<Value>(),
        },
    })
}

fn method(definitions: &Definitions, row: &MethodShape) -> Value {
    let mut method = described(row.name, &row.doc);
    method.insert("paramStructure".into(), "by-name".into());
    method.insert("params".into(), params(definitions.schema(&row.params)));
    method.insert("result".into(), json!({ "name": row.result, "schema": component(&row.result) }));
    method.insert("x-scope".into(), json!(row.needs.scope));
    method.insert("x-role".into(), json!(row.needs.role));
    let application = ERRORS.iter().filter(|(_, code, _)| *code >= FIRST_APPLICATION_CODE);
    let errors =
        application.map(|(kind, ..)| json!({ "$ref": format!("#/components/errors/{}", kind.name()) }));
    method.insert("errors".into(), errors.collect());
    method.into()
}

fn notification(definitions: &Definitions, row: &NotificationShape) -> Value {
    let mut notification = described(row.name, &row.doc);
    notification.insert("direction".into(), json!(row.direction));
    notification.insert("paramStructure".into(), "by-name".into());
    notification.insert("params".into(), params(definitions.schema(&row.params)));
    notification.into()
}

fn described(name: &str, doc: &Doc) -> Map<String, Value> {
    let mut described = Map::new();
    described.insert("name".into(), name.into());
    described.insert("summary".into(), (&*doc.summary).into());
    if doc.text != doc.summary {
        described.insert("description".into(), (&*doc.text).into());
    }
    described
}

/// One content descriptor per field. Required ones come first, as OpenRPC demands.
fn params(schema: &Value) -> Value {
    let mut fields = shape::fields(schema);
    fields.sort_by_key(|field| !field.required);
    let descriptor = |field: &shape::Field<'_>| {
        let mut inner = moved(field.schema);
        let mut descriptor = json!({ "name": field.name, "required": field.required });
        if let Some(description) = inner.as_object_mut().and_then(|map| map.shift_remove("description")) {
            descriptor["description"] = description;
        }
        descriptor["schema"] = inner;
        descriptor
    };
    fields.iter().map(descriptor).collect()
}

fn error(code: i32, meaning: &str) -> Value {
    json!({ "code": code, "message": meaning.trim() })
}

fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns `schema` with its references changed to where an OpenRPC document keeps types.
fn moved(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => map
            .iter()
            .map(|(key, inner)| match inner.as_str().and_then(|text| text.strip_prefix(DEFS)) {
                Some(name) if key == "$ref" => (key.clone(), format!("#/components/schemas/{name}").into()),
                _ => (key.clone(), moved(inner)),
            })
            .collect(),
        Value::Array(list) => list.iter().map(moved).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::METHODS;
    use crate::notifications::NOTIFICATIONS;

    fn names(list: &Value) -> Vec<&str> {
        list.as_array().expect("a list").iter().map(|row| row["name"].as_str().expect("a name")).collect()
    }

    #[test]
    fn every_row_is_in_the_document_in_the_order_of_the_table() {
        let document = document(&Definitions::collect());
        assert_eq!(names(&document["methods"]), METHODS.iter().map(|row| row.name).collect::<Vec<_>>());
        let notifications: Vec<_> = NOTIFICATIONS.iter().map(|row| row.name).collect();
        assert_eq!(names(&document["x-notifications"]), notifications);
        for row in document["x-notifications"].as_array().expect("a list") {
            assert!(["to_server", "to_client"].contains(&row["direction"].as_str().expect("a direction")));
        }
    }

    #[test]
    fn every_reference_resolves_inside_the_document() {
        let document = document(&Definitions::collect());
        shape::walk(&document, &mut |inner| {
            if let Some(target) = inner.get("$ref").and_then(Value::as_str) {
                let pointer = target.strip_prefix('#').expect(target);
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
        });
    }

    #[test]
    fn params_are_the_fields_of_their_type_with_the_required_first() {
        let document = document(&Definitions::collect());
        let append = document["methods"].as_array().expect("a list");
        let append = append.iter().find(|row| row["name"] == "event/append").expect("a row");
        let required: Vec<_> = append["params"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|param| param["required"] == true)
            .collect();
        assert_eq!(names(&append["params"]), ["thread_id", "kind", "reply_to", "idempotency_key"]);
        assert_eq!(required, [true, true, false, false]);
        assert_eq!(append["params"][1]["schema"]["$ref"], "#/components/schemas/WorkroomEventKind");
        assert_eq!(append["result"]["schema"]["$ref"], "#/components/schemas/EventResponse");
    }

    #[test]
    fn every_method_names_the_application_errors_only() {
        let document = document(&Definitions::collect());
        let errors = &document["components"]["errors"];
        assert_eq!(errors.as_object().map(Map::len), Some(ERRORS.len()));
        for method in document["methods"].as_array().expect("a list") {
            let codes: Vec<_> = method["errors"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|error| error["$ref"].as_str().expect("a reference"))
                .map(|target| document.pointer(&target[1..]).expect(target)["code"].as_i64().expect("a code"))
                .collect();
            assert_eq!(codes, (1001..=1011).collect::<Vec<_>>(), "{}", method["name"]);
        }
    }

    #[test]
    fn the_answer_of_discovery_fits_on_one_line() {
        assert!(!super::super::openrpc().contains('\n'));
    }
}
