//! The TypeScript declarations, generated from the JSON Schemas.

use std::fmt::Write as _;

use serde_json::Value;

use super::ORIGIN;
use super::definitions::{Definitions, MethodShape, NotificationShape};
use super::shape;
use crate::error::ERRORS;
use crate::event::EVENT_KINDS;
use crate::method::Direction;
use crate::server::PROTOCOL_VERSION;

/// The whole file.
pub(super) fn text(definitions: &Definitions) -> String {
    let mut out = format!("// {ORIGIN}\n");
    constant(&mut out, "The version of the protocol.", "PROTOCOL_VERSION", &PROTOCOL_VERSION.to_string());
    constant(&mut out, "The code of every kind of error.", "ERROR_CODES", &error_codes());
    constant(&mut out, "Every kind of event.", "EVENT_KINDS", &event_kinds(|_| true));
    let for_clients = event_kinds(|for_clients| for_clients);
    constant(&mut out, "The kinds of events that clients may append.", "CLIENT_EVENT_KINDS", &for_clients);
    methods(&mut out, &definitions.methods);
    for (direction, name, about) in [
        (Direction::ToServer, "ClientNotifications", "The notifications that the client sends, by name."),
        (Direction::ToClient, "ServerNotifications", "The notifications that the server sends, by name."),
    ] {
        let rows = definitions.notifications.iter().filter(|row| row.direction == direction);
        notifications(&mut out, name, about, rows);
    }
    for (name, schema) in &definitions.types {
        out.push('\n');
        declaration(&mut out, name, schema);
    }
    out
}

fn constant(out: &mut String, about: &str, name: &str, value: &str) {
    out.push('\n');
    comment(out, "", about);
    line(out, "", format_args!("export const {name} = {value};"));
}

fn error_codes() -> String {
    let mut out = "{\n".to_string();
    for (kind, code, _) in ERRORS {
        line(&mut out, "  ", format_args!("{}: {code},", key(kind.name())));
    }
    out + "} as const satisfies Record<ErrorKind, number>"
}

fn event_kinds(wanted: impl Fn(bool) -> bool) -> String {
    let mut out = "[\n".to_string();
    for (name, _) in EVENT_KINDS.iter().filter(|(_, for_clients)| wanted(*for_clients)) {
        line(&mut out, "  ", format_args!("{},", literal(name)));
    }
    out + "] as const satisfies readonly WorkroomEventKind[\"event\"][]"
}

fn methods(out: &mut String, rows: &[MethodShape]) {
    out.push('\n');
    comment(out, "", "The params and the result of every method, by name.");
    out.push_str("export interface Methods {\n");
    for MethodShape { name, doc, params, result, .. } in rows {
        comment(out, "  ", &doc.text);
        line(out, "  ", format_args!("{}: {{ params: {params}; result: {result} }};", literal(name)));
    }
    out.push_str("}\n");
}

fn notifications<'a>(
    out: &mut String,
    name: &str,
    about: &str,
    rows: impl Iterator<Item = &'a NotificationShape>,
) {
    out.push('\n');
    comment(out, "", about);
    line(out, "", format_args!("export interface {name} {{"));
    for row in rows {
        comment(out, "  ", &row.doc.text);
        line(out, "  ", format_args!("{}: {};", literal(row.name), row.params));
    }
    out.push_str("}\n");
}

/// The declaration of one named type.
fn declaration(out: &mut String, name: &str, schema: &Value) {
    comment(out, "", shape::description(schema));
    let members = shape::alternatives(schema);
    let is_object = !shape::fields(schema).is_empty();
    if is_object && members.is_empty() && shape::conjuncts(schema).is_empty() {
        line(out, "", format_args!("export interface {name} {}", object(schema, "")));
    } else if members.is_empty() || is_object {
        line(out, "", format_args!("export type {name} = {};", type_of(schema, "")));
    } else {
        line(out, "", format_args!("export type {name} ="));
        for (at, member) in members.iter().enumerate() {
            comment(out, "  ", shape::description(member));
            let end = if at + 1 == members.len() { ";" } else { "" };
            line(out, "  ", format_args!("| {}{end}", type_of(member, "    ")));
        }
    }
}

/// Returns `schema` as a type. `indent` is the indentation of the line that the type starts on.
fn type_of(schema: &Value, indent: &str) -> String {
    let mut parts: Vec<String> = shape::reference(schema).map(str::to_string).into_iter().collect();
    parts.extend(shape::conjuncts(schema).iter().map(|part| operand(part, indent)));
    if !shape::fields(schema).is_empty() {
        parts.push(object(schema, indent));
    }
    let members: Vec<String> =
        shape::alternatives(schema).iter().map(|member| type_of(member, indent)).collect();
    match (parts.is_empty(), members.is_empty()) {
        (true, true) => plain(schema, indent),
        (true, false) => members.join(" | "),
        (false, true) => parts.join(" & "),
        (false, false) => format!("({}) & {}", members.join(" | "), parts.join(" & ")),
    }
}

/// Returns `schema` as part of a type that binds more tightly than a union.
fn operand(schema: &Value, indent: &str) -> String {
    let text = type_of(schema, indent);
    let is_compound = !shape::alternatives(schema).is_empty()
        || !shape::conjuncts(schema).is_empty()
        || shape::json_types(schema).len() > 1
        || schema.get("enum").is_some();
    if is_compound { format!("({text})") } else { text }
}

/// Returns a type without named types, unions or fields of its own.
fn plain(schema: &Value, indent: &str) -> String {
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    let names = shape::json_types(schema);
    if names.is_empty() {
        return "unknown".into();
    }
    names.iter().map(|name| json_type(name, schema, indent)).collect::<Vec<_>>().join(" | ")
}

fn json_type(name: &str, schema: &Value, indent: &str) -> String {
    match name {
        "integer" | "number" => "number".into(),
        "array" => {
            let items = schema.get("items").map_or_else(|| "unknown".into(), |items| operand(items, indent));
            format!("{items}[]")
        }
        "object" => match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => "Record<string, never>".into(),
            Some(values) => format!("Record<string, {}>", type_of(values, indent)),
            None => "Record<string, unknown>".into(),
        },
        other => other.into(),
    }
}

/// The fields of an object, in braces.
fn object(schema: &Value, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let mut out = "{\n".to_string();
    for field in shape::fields(schema) {
        comment(&mut out, &inner, shape::description(field.schema));
        let mark = if field.required { "" } else { "?" };
        let text = type_of(field.schema, &inner);
        line(&mut out, &inner, format_args!("{}{mark}: {text};", key(field.name)));
    }
    out + indent + "}"
}

/// Writes a documentation comment; nothing if the text is empty.
fn comment(out: &mut String, indent: &str, text: &str) {
    // An unescaped `*/` would end the comment, and the rest of the text would become code.
    let text = text.replace("*/", "*\\/");
    let lines: Vec<&str> = text.lines().collect();
    match lines[..] {
        [] => {}
        [only] => line(out, indent, format_args!("/** {only} */")),
        _ => {
            line(out, indent, format_args!("/**"));
            for text in lines {
                line(out, indent, format_args!("{}", format!(" * {text}").trim_end()));
            }
            line(out, indent, format_args!(" */"));
        }
    }
}

fn line(out: &mut String, indent: &str, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{indent}{text}");
}

/// Returns `text` as a string literal: a JSON string is also a TypeScript string.
fn literal(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns `name` as the key of a field.
fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_identifier =
        name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty();
    if is_identifier { name.to_string() } else { literal(name) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::methods::METHODS;
    use crate::notifications::NOTIFICATIONS;
    use serde_json::json;

    fn check(schema: Value, expected: &str) {
        let mut out = String::new();
        declaration(&mut out, "T", &schema);
        assert_eq!(out.trim_end(), expected);
    }

    #[test]
    fn every_schema_has_its_type() {
        check(json!({ "type": "string" }), "export type T = string;");
        check(json!(true), "export type T = unknown;");
        check(json!({ "type": ["integer", "null"] }), "export type T = number | null;");
        check(json!({ "enum": ["a", "b"] }), r#"export type T = "a" | "b";"#);
        check(json!({ "type": "array", "items": { "$ref": "#/$defs/X" } }), "export type T = X[];");
        check(
            json!({ "type": "array", "items": { "type": ["string", "null"] } }),
            "export type T = (string | null)[];",
        );
        check(
            json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
            "export type T = Record<string, number>;",
        );
        check(
            json!({ "type": "object", "additionalProperties": false }),
            "export type T = Record<string, never>;",
        );
        check(
            json!({ "oneOf": [{ "const": "a", "description": "First." }, { "const": "b" }] }),
            "export type T =\n  /** First. */\n  | \"a\"\n  | \"b\";",
        );
        check(
            json!({
                "type": "object",
                "properties": { "a": { "anyOf": [{ "$ref": "#/$defs/X" }, { "type": "null" }] }, "b-c": {} },
                "required": ["b-c"],
            }),
            "export interface T {\n  a?: X | null;\n  \"b-c\": unknown;\n}",
        );
        check(
            json!({ "allOf": [{ "$ref": "#/$defs/X" }], "properties": { "a": { "type": ["string", "null"] } } }),
            "export type T = X & {\n  a?: string | null;\n};",
        );
        check(
            json!({ "allOf": [{ "oneOf": [{ "const": 1 }, { "const": 2 }] }], "properties": { "a": {} } }),
            "export type T = (1 | 2) & {\n  a?: unknown;\n};",
        );
        check(
            json!({ "type": "array", "items": { "anyOf": [{ "properties": { "a": {} } }, { "type": "null" }] } }),
            "export type T = ({\n  a?: unknown;\n} | null)[];",
        );
    }

    #[test]
    fn no_text_breaks_out_of_its_comment() {
        check(
            json!({ "type": "string", "description": "a */ alert() /* b" }),
            "/** a *\\/ alert() /* b */\nexport type T = string;",
        );
        check(
            json!({ "type": "string", "description": "a\n\n*/ b" }),
            "/**\n * a\n *\n * *\\/ b\n */\nexport type T = string;",
        );
    }

    #[test]
    fn every_row_every_type_and_every_error_is_there_once() {
        let text = super::super::typescript();
        for row in METHODS {
            assert_eq!(text.matches(&format!("  \"{}\": {{ params:", row.name)).count(), 1, "{}", row.name);
        }
        for row in NOTIFICATIONS {
            assert_eq!(text.matches(&format!("  \"{}\": ", row.name)).count(), 1, "{}", row.name);
        }
        for (kind, code, _) in ERRORS {
            assert_eq!(text.matches(&format!("  {}: {code},", kind.name())).count(), 1, "{}", kind.name());
        }
        let mut seen = BTreeSet::new();
        for declared in text.lines().filter_map(|line| line.strip_prefix("export ")) {
            let name = declared.split([' ', ':']).nth(1).expect("a name");
            assert!(seen.insert(name), "{name} is declared twice");
        }
        for name in Definitions::collect().types.keys() {
            assert!(seen.contains(&**name), "{name}");
        }
    }

    #[test]
    fn ids_and_times_keep_their_names() {
        let text = super::super::typescript();
        for expected in [
            "export type WorkroomId = string;",
            "export type Timestamp = string;",
            "  workroom_id: WorkroomId;",
            "  timestamp: Timestamp;",
        ] {
            assert!(text.contains(expected), "{expected}");
        }
        assert!(text.contains("export type AttachedRef = ExternalThreadRef & {"));
    }
}
