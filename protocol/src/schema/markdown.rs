//! The method reference for people, as Markdown.

use std::fmt::Write as _;

use serde_json::Value;

use super::ORIGIN;
use super::definitions::{Definitions, MethodShape};
use super::shape::{self, Field};
use crate::error::ERRORS;
use crate::event::EVENT_KINDS;
use crate::method::Direction;
use crate::server::PROTOCOL_VERSION;

/// The whole page.
pub(super) fn text(definitions: &Definitions) -> String {
    let mut out = format!("<!-- {ORIGIN} -->\n\n# Methods\n\n");
    line(
        &mut out,
        &format!("Every method, notification, type and error of version {PROTOCOL_VERSION} of the protocol."),
    );
    let mut nouns: Vec<&str> = Vec::new();
    for row in &definitions.methods {
        if !nouns.contains(&noun(row)) {
            nouns.push(noun(row));
        }
    }
    for wanted in nouns {
        section(&mut out, "##", wanted);
        for row in definitions.methods.iter().filter(|row| noun(row) == wanted) {
            section(&mut out, "###", &format!("`{}`", row.name));
            line(&mut out, &row.doc.text);
            params(&mut out, definitions, &row.params);
            line(&mut out, &format!("\nResult: {}.", link(&row.result)));
        }
    }
    section(&mut out, "##", "notifications");
    line(&mut out, "A notification has no answer.");
    for row in &definitions.notifications {
        section(&mut out, "###", &format!("`{}`", row.name));
        line(
            &mut out,
            match row.direction {
                Direction::ToServer => "From the client to the server.",
                Direction::ToClient => "From the server to the client.",
            },
        );
        line(&mut out, &row.doc.text);
        params(&mut out, definitions, &row.params);
    }
    section(&mut out, "##", "events");
    line(&mut out, &format!("The kinds of events, see {}.\n", link("WorkroomEventKind")));
    line(&mut out, "| Kind | Clients may append it |\n|---|---|");
    for (name, for_clients) in EVENT_KINDS {
        line(&mut out, &format!("| `{name}` | {} |", if *for_clients { "yes" } else { "no" }));
    }
    section(&mut out, "##", "types");
    for (name, schema) in &definitions.types {
        section(&mut out, "###", name);
        declaration(&mut out, schema);
    }
    section(&mut out, "##", "errors");
    line(&mut out, "An error has a code, and its kind as `data.kind`.\n");
    line(&mut out, "| Code | Kind | Meaning |\n|---|---|---|");
    for (kind, code, meaning) in ERRORS {
        line(&mut out, &format!("| {code} | `{}` | {} |", kind.name(), cell(meaning)));
    }
    out
}

/// What a method is about. Methods without a noun are about the connection, as those of the server are.
fn noun(row: &MethodShape) -> &'static str {
    match row.name.split_once('/') {
        None | Some(("server", _)) => "connection",
        Some((noun, _)) => noun,
    }
}

fn section(out: &mut String, level: &str, title: &str) {
    let mut letters = title.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    line(out, &format!("\n{level} {}{}\n", first.map(String::from).unwrap_or_default(), letters.as_str()));
}

/// The fields of a row's params.
fn params(out: &mut String, definitions: &Definitions, name: &str) {
    let fields = shape::fields(definitions.schema(name));
    if fields.is_empty() {
        line(out, "\nNo params.");
    } else {
        line(out, &format!("\nParams: {}.\n", link(name)));
        table(out, &fields);
    }
}

fn table(out: &mut String, fields: &[Field<'_>]) {
    line(out, "| Field | Type | Required | Description |\n|---|---|---|---|");
    for field in fields {
        let required = if field.required { "yes" } else { "no" };
        let description = cell(shape::description(field.schema));
        line(
            out,
            &format!("| `{}` | {} | {required} | {description} |", field.name, cell(&type_of(field.schema))),
        );
    }
}

/// What a type is made of.
fn declaration(out: &mut String, schema: &Value) {
    line(out, shape::description(schema));
    let fields = shape::fields(schema);
    let members = shape::alternatives(schema);
    let parts: Vec<String> = shape::conjuncts(schema).iter().map(type_of).collect();
    if !parts.is_empty() {
        line(out, &format!("\nThe fields of {}, and:", parts.join(" and of ")));
    }
    if !fields.is_empty() {
        out.push('\n');
        table(out, &fields);
    }
    if !members.is_empty() {
        line(out, "\nOne of:\n");
        members.iter().for_each(|member| alternative(out, member));
    } else if fields.is_empty() {
        line(out, &format!("\nJSON: {}.", type_of(schema)));
    }
}

/// A member of a union, and its fields.
fn alternative(out: &mut String, member: &Value) {
    let fields = shape::fields(member);
    let tags: Vec<String> = fields
        .iter()
        .filter_map(|field| Some(format!("`\"{}\": {}`", field.name, field.schema.get("const")?)))
        .collect();
    let title = match &tags[..] {
        [] if fields.is_empty() => type_of(member),
        [] => "an object".into(),
        tags => tags.join(", "),
    };
    line(out, &format!("- {title}: {}", one_line(shape::description(member))));
    listing(out, &fields, "  ");
}

/// Fields, as a list below the item they belong to.
fn listing(out: &mut String, fields: &[Field<'_>], indent: &str) {
    for field in fields.iter().filter(|field| field.schema.get("const").is_none()) {
        let optional = if field.required { "" } else { ", optional" };
        let about = one_line(shape::description(field.schema));
        let colon = if about.is_empty() { "" } else { ": " };
        let head = format!("{indent}- `{}` ({}{optional})", field.name, type_of(field.schema));
        line(out, &format!("{head}{colon}{about}"));
        listing(out, &shape::fields(field.schema), &format!("{indent}  "));
    }
}

/// `schema` in words.
fn type_of(schema: &Value) -> String {
    if let Some(name) = shape::reference(schema) {
        return link(name);
    }
    let members = shape::alternatives(schema);
    if !members.is_empty() {
        return members.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    let names = shape::json_types(schema);
    if names.is_empty() {
        return "any JSON".into();
    }
    names.iter().map(|name| json_type(name, schema)).collect::<Vec<_>>().join(" or ")
}

fn json_type(name: &str, schema: &Value) -> String {
    match (name, schema.get("items"), schema.get("additionalProperties")) {
        ("array", Some(items), _) => format!("list of {}", type_of(items)),
        ("object", _, Some(values)) if values.is_object() => format!("object of {}", type_of(values)),
        ("object", _, Some(Value::Bool(false))) if shape::fields(schema).is_empty() => "`{}`".into(),
        _ => name.into(),
    }
}

fn link(name: &str) -> String {
    format!("[`{name}`](#{})", name.to_lowercase())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` in a cell of a table.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::methods::METHODS;
    use crate::notifications::NOTIFICATIONS;

    #[test]
    fn every_row_and_every_error_has_its_place() {
        let text = super::super::markdown();
        for name in METHODS.iter().map(|row| row.name).chain(NOTIFICATIONS.iter().map(|row| row.name)) {
            // Headings begin with a capital letter only outside code.
            assert_eq!(text.matches(&format!("\n### `{name}`\n")).count(), 1, "{name}");
        }
        for (kind, code, _) in ERRORS {
            assert!(text.contains(&format!("| {code} | `{}` |", kind.name())), "{}", kind.name());
        }
    }

    #[test]
    fn every_link_leads_to_a_heading_and_no_two_types_share_one() {
        let text = super::super::markdown();
        let headings: Vec<String> =
            text.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_lowercase).collect();
        let distinct: BTreeSet<&String> = headings.iter().collect();
        assert_eq!(distinct.len(), headings.len());
        for target in text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(headings.iter().any(|heading| heading == target), "{target}");
        }
    }

    #[test]
    fn a_bar_or_a_line_end_stays_inside_its_cell() {
        assert_eq!(cell("a | b\n  c"), "a \\| b c");
    }
}
