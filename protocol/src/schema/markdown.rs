//! The method reference, as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::ORIGIN;
use super::definitions::{Definitions, MethodShape};
use super::shape::{self, Field};
use crate::error::ERRORS;
use crate::event::EVENT_KINDS;
use crate::method::{Direction, Needs};
use crate::server::PROTOCOL_VERSION;

/// The whole page.
pub(super) fn text(definitions: &Definitions) -> String {
    let mut out = format!("<!-- {ORIGIN} -->\n");
    block(&mut out, "# Methods");
    block(
        &mut out,
        &format!("Every method, notification, type and error of version {PROTOCOL_VERSION} of the protocol."),
    );
    methods(&mut out, definitions);
    notifications(&mut out, definitions);
    events(&mut out);
    types(&mut out, definitions);
    errors(&mut out);
    out
}

fn methods(out: &mut String, definitions: &Definitions) {
    let mut nouns: Vec<&str> = Vec::new();
    for row in &definitions.methods {
        if !nouns.contains(&noun(row)) {
            nouns.push(noun(row));
        }
    }
    for wanted in nouns {
        block(out, &format!("## {}", capitalised(wanted)));
        for row in definitions.methods.iter().filter(|row| noun(row) == wanted) {
            block(out, &format!("### `{}`", row.name));
            block(out, &row.doc.text);
            block(out, &needs(row.needs));
            params(out, definitions, &row.params);
            block(out, &format!("Result: {}.", link(&row.result)));
        }
    }
}

fn needs(needs: Needs) -> String {
    let scope = needs.scope.map(|scope| format!("the scope `{}`", scope.name()));
    let role = needs.role.map(|role| format!("the role `{}`", role.name()));
    match (scope, role) {
        (None, _) => "Needs no scope.".into(),
        (Some(scope), None) => format!("Needs {scope}."),
        (Some(scope), Some(role)) => format!("Needs {scope} and {role}."),
    }
}

fn notifications(out: &mut String, definitions: &Definitions) {
    block(out, "## Notifications");
    block(out, "A notification has no answer.");
    for row in &definitions.notifications {
        block(out, &format!("### `{}`", row.name));
        block(out, &row.doc.text);
        block(
            out,
            match row.direction {
                Direction::ToServer => "From the client to the server.",
                Direction::ToClient => "From the server to the client.",
            },
        );
        params(out, definitions, &row.params);
    }
}

fn events(out: &mut String) {
    block(out, "## Events");
    block(out, &format!("The kinds of events, see {}.", link("WorkroomEventKind")));
    block(out, "| Kind | Clients may append it |\n|---|---|");
    for (name, for_clients) in EVENT_KINDS {
        line(out, &format!("| `{name}` | {} |", yes_or_no(*for_clients)));
    }
}

/// Returns every type except those that are only the params of a row, which are shown with their row.
fn types(out: &mut String, definitions: &Definitions) {
    let mut named: BTreeSet<&str> = definitions.methods.iter().map(|row| &*row.result).collect();
    for name in definitions.types.keys() {
        named.extend(definitions.reachable(name));
    }
    block(out, "## Types");
    for name in named {
        block(out, &format!("### {name}"));
        declaration(out, definitions.schema(name));
    }
}

fn errors(out: &mut String) {
    block(out, "## Errors");
    block(out, "An error has a code, and its kind as `data.kind`.");
    block(out, "| Code | Kind | Meaning |\n|---|---|---|");
    for (kind, code, meaning) in ERRORS {
        line(out, &format!("| {code} | `{}` | {} |", kind.name(), cell(meaning)));
    }
}

/// Returns the noun of a method. Methods without a noun, and those of the server, are about the connection.
fn noun(row: &MethodShape) -> &'static str {
    match row.name.split_once('/') {
        None | Some(("server", _)) => "connection",
        Some((noun, _)) => noun,
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The fields of a row's params.
fn params(out: &mut String, definitions: &Definitions, name: &str) {
    let fields = shape::fields(definitions.schema(name));
    if fields.is_empty() { block(out, "No params.") } else { table(out, &fields) }
}

fn table(out: &mut String, fields: &[Field<'_>]) {
    block(out, "| Field | Type | Required | Description |\n|---|---|---|---|");
    for field in fields {
        let required = yes_or_no(field.required);
        let description = cell(shape::description(field.schema));
        line(
            out,
            &format!("| `{}` | {} | {required} | {description} |", field.name, cell(&type_of(field.schema))),
        );
    }
}

fn yes_or_no(answer: bool) -> &'static str {
    if answer { "yes" } else { "no" }
}

/// Writes the structure of a type.
fn declaration(out: &mut String, schema: &Value) {
    block(out, shape::description(schema));
    let fields = shape::fields(schema);
    let members = shape::alternatives(schema);
    let parts: Vec<String> = shape::conjuncts(schema).iter().map(type_of).collect();
    if !parts.is_empty() {
        block(out, &format!("The fields of {}, and:", parts.join(" and of ")));
    }
    if !fields.is_empty() {
        table(out, &fields);
    }
    if !members.is_empty() {
        block(out, "One of:\n");
        members.iter().for_each(|member| alternative(out, member));
    } else if fields.is_empty() {
        block(out, &format!("JSON: {}.", type_of(schema)));
    }
}

/// Writes a member of a union, and its fields.
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

/// Writes fields as a list below the item they belong to.
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

/// Describes `schema` in words.
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

/// Escapes `text` for a cell of a table.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// Writes a paragraph, a heading or the beginning of a table, after an empty line.
fn block(out: &mut String, text: &str) {
    line(out, "");
    line(out, text);
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::METHODS;
    use crate::notifications::NOTIFICATIONS;

    #[test]
    fn every_row_and_every_error_has_its_place() {
        let text = super::super::markdown();
        for name in METHODS.iter().map(|row| row.name).chain(NOTIFICATIONS.iter().map(|row| row.name)) {
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
