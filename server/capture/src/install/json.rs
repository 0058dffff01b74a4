//! Adds and removes single members of a JSON text, and leaves every other byte as it is.
//!
//! What is added always begins with a line break. So it can be removed again without a trace, also from a text with
//! comments, on one line, or with commas at the end.

use jsonc_parser::ast::{Array, Object, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Serialize;

use super::InstallError;

/// Agents allow comments and trailing commas. A file with any other deviation from JSON is rejected.
pub fn options() -> ParseOptions {
    ParseOptions {
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..ParseOptions::default()
    }
}

/// Reads a text that is one JSON object.
pub(super) fn parse(text: &str) -> Result<Object<'_>, InstallError> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options());
    match parsed.map_err(|error| InstallError::Syntax(error.to_string()))?.value {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(InstallError::Syntax("the file is not a JSON object".into())),
    }
}

/// Returns the position of the member with this name, and its value.
pub(super) fn member<'a, 'b>(
    object: &'b Object<'a>,
    name: &str,
) -> Result<Option<(usize, &'b Value<'a>)>, InstallError> {
    let mut found = object.properties.iter().enumerate().filter(|(_, member)| member.name.as_str() == name);
    let first = found.next().map(|(index, member)| (index, &member.value));
    match found.next() {
        // Agents read the last one, and other programs the first one.
        Some(_) => Err(InstallError::Twice(name.into())),
        None => Ok(first),
    }
}

/// Where an object or array is in a text, and where its members or elements are.
#[derive(Debug, Clone)]
pub(super) struct Container {
    range: Range,
    children: Vec<Range>,
}

impl Container {
    pub(super) fn object(object: &Object<'_>) -> Self {
        Self { range: object.range, children: object.properties.iter().map(|member| member.range).collect() }
    }

    pub(super) fn array(array: &Array<'_>) -> Self {
        Self { range: array.range, children: array.elements.iter().map(Ranged::range).collect() }
    }

    /// The position of the closing bracket.
    fn close(&self) -> usize {
        self.range.end - 1
    }
}

/// Returns the text with a value at the end of the container. The value of an object has a `name`.
pub(super) fn append(
    text: &str,
    container: &Container,
    name: Option<&str>,
    value: &impl Serialize,
) -> String {
    let newline = match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    };
    let unit = indent_unit(text);
    let base = indent_of_line(text, container.range.start);
    let inner = match container.children.first().and_then(|first| own_indent(text, first.start)) {
        Some(indent) => indent.to_owned(),
        None => format!("{base}{unit}"),
    };
    let value = pretty(value, unit);
    let item = match name {
        Some(name) => format!("{}: {value}", serde_json::Value::from(name)),
        None => value,
    };
    let item = format!("{newline}{inner}{}", item.replace('\n', &format!("{newline}{inner}")));
    let Some(last) = container.children.last() else {
        // Comments in an empty container stay before the value.
        let at = end_of_comments(text, container.range.start + 1, container.close(), false);
        let tail = &text[at..];
        let has_line = text[at..container.close()].contains('\n');
        let close = if has_line { String::new() } else { format!("{newline}{base}") };
        return format!("{}{item}{close}{tail}", &text[..at]);
    };
    // A comment behind the last value, on the same line, stays there.
    match comma(text, last.end, container.close()) {
        Some(comma) => {
            let at = end_of_comments(text, comma + 1, container.close(), true);
            format!("{}{item},{}", &text[..at], &text[at..])
        }
        None => {
            let at = end_of_comments(text, last.end, container.close(), true);
            format!("{},{}{item}{}", &text[..last.end], &text[last.end..at], &text[at..])
        }
    }
}

/// Returns the text without one member or element. A container that becomes empty is written as `{}` or `[]`.
pub(super) fn delete(text: &str, container: &Container, index: usize) -> String {
    let Some(child) = container.children.get(index).copied() else { return text.to_owned() };
    let previous = index.checked_sub(1).and_then(|index| container.children.get(index));
    let begin = previous.map_or(container.range.start + 1, |previous| previous.end);
    let end = container.children.get(index + 1).map_or(container.close(), |next| next.start);
    let from = begin + before_line_break(&text[begin..child.start]);
    if let Some(comma) = comma(text, child.end, end) {
        return format!("{}{}{}", &text[..from], &text[child.end..comma], &text[comma + 1..]);
    }
    if previous.is_some() {
        let Some(comma) = comma(text, begin, child.start) else { return text.to_owned() };
        let kept = text.get(comma + 1..from).unwrap_or_default();
        return format!("{}{kept}{}", &text[..comma], &text[child.end..]);
    }
    let (before, after) = (&text[..from], &text[child.end..]);
    let is_blank = |text: &str| text.chars().all(char::is_whitespace);
    match is_blank(&text[begin..from]) && is_blank(&text[child.end..container.close()]) {
        true => format!("{}{}", &text[..begin], &text[container.close()..]),
        false => format!("{before}{after}"),
    }
}

/// Returns where the line break and the indent at the end of `gap` begin.
fn before_line_break(gap: &str) -> usize {
    let line = gap.trim_end_matches([' ', '\t']);
    let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    line.len()
}

/// Returns the position of the comma between two places that have nothing but white space and comments between them.
fn comma(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut at = from;
    while at < to {
        let rest = &text[at..to];
        match rest.chars().next()? {
            ',' => return Some(at),
            '/' => at += comment(rest),
            c => at += c.len_utf8(),
        }
    }
    None
}

/// Returns the end of the last comment after `from`, only on the same line if `on_line`; `from` if there is none.
fn end_of_comments(text: &str, from: usize, to: usize, on_line: bool) -> usize {
    let (mut at, mut end) = (from, from);
    while at < to {
        let rest = &text[at..to];
        match rest.chars().next() {
            Some('/') => {
                at += comment(rest);
                end = at;
            }
            Some('\n') if on_line => break,
            Some(c) if c.is_whitespace() => at += c.len_utf8(),
            _ => break,
        }
    }
    end
}

/// Returns the length of the comment at the start of the text. The line break is not part of it.
fn comment(text: &str) -> usize {
    match text.starts_with("/*") {
        true => text[2..].find("*/").map_or(text.len(), |at| at + 4),
        false => text.find('\n').map_or(text.len(), |at| text[..at].trim_end_matches('\r').len()),
    }
}

/// Returns the white space at the start of the line of a position.
fn indent_of_line(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Returns the white space before a position if nothing else is before it on its line.
fn own_indent(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n')? + 1;
    let line = &text[start..at];
    line.chars().all(|c| c == ' ' || c == '\t').then_some(line)
}

/// Returns the indent of one level: that of the first member, or two spaces.
fn indent_unit(text: &str) -> &str {
    let first =
        parse(text).ok().and_then(|object| object.properties.first().map(|member| member.range.start));
    let indent = first.and_then(|at| own_indent(text, at)).filter(|indent| !indent.is_empty());
    indent.unwrap_or("  ")
}

/// Returns a value in the form in which agents themselves write their settings, so that they do not change it.
fn pretty(value: &impl Serialize, indent: &str) -> String {
    let mut bytes = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
    // Writing JSON values to memory does not fail.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn added(text: &str) -> Result<String, InstallError> {
        Ok(append(text, &Container::object(&parse(text)?), Some("new"), &json!([1])))
    }

    fn removed(text: &str) -> Result<String, InstallError> {
        let object = parse(text)?;
        let (index, _) = member(&object, "new")?.ok_or(InstallError::Foreign)?;
        Ok(delete(text, &Container::object(&object), index))
    }

    #[test]
    fn what_is_added_can_be_removed_without_a_trace() -> Result<(), InstallError> {
        for text in [
            "{}",
            "{}\n",
            "{\"a\":1}",
            "{\n  \"a\": 1\n}\n",
            "{\r\n\t\"a\": 1\r\n}\r\n",
            "{\n  \"a\": 1 // one\n  // the end\n}",
            "{\n  \"a\": 1, // one, two\n}\n",
            "{\n  \"a\": 1 /* one */ /* , */,\n\n}\n",
            "// first\n{ \"a\": { \"b\": [1, 2,], }, }",
            "{\n  // nothing\n}\n",
            "{ \"é\": \"ü,}\" }",
        ] {
            let with = added(text)?;
            let value: serde_json::Value = Value::Object(parse(&with)?).into();
            assert_eq!(value["new"], json!([1]), "{with}");
            assert_eq!(removed(&with)?, text, "{with}");
        }
        Ok(())
    }

    #[test]
    fn the_indent_and_the_comments_of_the_file_are_kept() -> Result<(), InstallError> {
        assert_eq!(
            added("{\n    \"a\": 1 // one\n}\n")?,
            "{\n    \"a\": 1, // one\n    \"new\": [\n        1\n    ]\n}\n"
        );
        assert_eq!(added("{}\n")?, "{\n  \"new\": [\n    1\n  ]\n}\n");
        Ok(())
    }

    #[test]
    fn a_member_in_the_middle_is_removed_with_its_comma() -> Result<(), InstallError> {
        assert_eq!(removed("{\"new\": 1, \"b\": 2}")?, "{ \"b\": 2}");
        assert_eq!(
            removed("{\n  \"a\": 1,\n  \"new\": 1, // b\n  \"b\": 2\n}")?,
            "{\n  \"a\": 1, // b\n  \"b\": 2\n}"
        );
        assert_eq!(member(&parse("{\"a\": 1, \"a\": 2}")?, "a"), Err(InstallError::Twice("a".into())));
        Ok(())
    }
}
