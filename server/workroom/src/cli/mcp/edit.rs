//! Changes a host's configuration file without changing anything else in it, including comments.

use jsonc_parser::cst::{CstInputValue, CstRootNode};
use serde_json::Value;
use workroom_capture::install::json_options;

use super::super::change::with_line_ends_of;
use super::hosts::Format;

/// The name of Workroom's entry in the host's table of servers.
pub(super) const NAME: &str = "workroom";

/// Returns the file's text with the entry, or without it if `entry` is `None`.
pub(super) fn edited(
    text: &str,
    format: Format,
    servers: &str,
    entry: Option<&Value>,
) -> Result<String, String> {
    // A byte order mark, as written by editors on Windows, is kept.
    let (mark, text) = text.strip_prefix(MARK).map_or(("", text), |text| (MARK, text));
    let edited = match format {
        Format::Json => json(text, servers, entry),
        Format::Toml => toml(text, servers, entry),
    }?;
    Ok(format!("{mark}{}", with_line_ends_of(text, &edited)))
}

const MARK: &str = "\u{feff}";

fn json(text: &str, servers: &str, entry: Option<&Value>) -> Result<String, String> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = CstRootNode::parse(text, &json_options()).map_err(|error| error.to_string())?;
    let whole = root.object_value().ok_or("the file is not a JSON object")?;
    let Some(entry) = entry else {
        if let Some(found) = whole.object_value(servers).and_then(|servers| servers.get(NAME)) {
            found.remove();
        }
        return Ok(root.to_string());
    };
    let table =
        whole.object_value_or_create(servers).ok_or_else(|| format!("`{servers}` is not an object"))?;
    match table.get(NAME) {
        Some(found) if found.to_serde_value().is_some_and(|value| value == *entry) => {}
        Some(found) => found.set_value(input(entry)),
        None => drop(table.append(NAME, input(entry))),
    }
    Ok(root.to_string())
}

/// Returns the text of a settings file with the rule in its list of permissions, or without it.
pub(super) fn permitted(text: &str, rule: &str, keep: bool) -> Result<String, String> {
    Ok(with_line_ends_of(text, &with_rule(text, rule, keep)?))
}

fn with_rule(text: &str, rule: &str, keep: bool) -> Result<String, String> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = CstRootNode::parse(text, &json_options()).map_err(|error| error.to_string())?;
    let whole = root.object_value().ok_or("the file is not a JSON object")?;
    let is_rule =
        |node: &jsonc_parser::cst::CstNode| node.to_serde_value().is_some_and(|value| value == rule);
    if !keep {
        let list = whole.object_value("permissions").and_then(|table| table.array_value("allow"));
        for found in list.into_iter().flat_map(|list| list.elements()).filter(is_rule) {
            found.remove();
        }
        return Ok(root.to_string());
    }
    let table = whole.object_value_or_create("permissions").ok_or("`permissions` is not an object")?;
    let list = table.array_value_or_create("allow").ok_or("`permissions.allow` is not an array")?;
    if !list.elements().iter().any(is_rule) {
        list.append(CstInputValue::String(rule.to_owned()));
    }
    Ok(root.to_string())
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => {
            CstInputValue::Object(members.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}

fn toml(text: &str, servers: &str, entry: Option<&Value>) -> Result<String, String> {
    let mut whole: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let Some(entry) = entry else {
        if let Some(table) = whole.get_mut(servers).and_then(toml_edit::Item::as_table_like_mut) {
            table.remove(NAME);
        }
        return Ok(whole.to_string());
    };
    let parent = whole.entry(servers).or_insert_with(|| {
        let mut parent = toml_edit::Table::new();
        // The file has tables with dotted names.
        parent.set_implicit(true);
        toml_edit::Item::Table(parent)
    });
    let parent = parent.as_table_like_mut().ok_or_else(|| format!("`{servers}` is not a table"))?;
    let mut table = toml_edit::Table::new();
    for (name, value) in entry.as_object().into_iter().flatten() {
        table.insert(name, toml_edit::value(toml_value(value)));
    }
    let same = parent.get(NAME).is_some_and(|found| plain(&found.to_string()) == plain(&table.to_string()));
    if !same {
        parent.insert(NAME, toml_edit::Item::Table(table));
    }
    Ok(whole.to_string())
}

/// Returns the lines of a table, without the blank lines around it.
fn plain(table: &str) -> Vec<&str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn toml_value(value: &Value) -> toml_edit::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_i64().unwrap_or_default().into(),
        Value::Array(items) => items.iter().map(toml_value).collect::<toml_edit::Array>().into(),
        Value::String(text) => text.as_str().into(),
        // The entry has no arrays of tables.
        Value::Null | Value::Object(_) => String::new().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn added(text: &str, format: Format) -> String {
        edited(text, format, "servers", Some(&json!({"command": "/bin/w", "args": ["mcp"]}))).expect("edits")
    }

    #[test]
    fn what_else_is_in_a_json_file_stays_as_it_is() {
        let text = "// mine\n{\n  \"a\": [1,2], // why\n  \"servers\": {\n    \"other\": {\"command\": \"x\"}, /* last */\n  },\n}\n";
        let with = added(text, Format::Json);
        for kept in ["// mine\n", "\"a\": [1,2], // why\n", "\"other\": {\"command\": \"x\"}", "/* last */"] {
            assert!(with.contains(kept), "{kept}: {with}");
        }
        assert!(with.contains("\"workroom\": {") && with.contains("\"command\": \"/bin/w\""), "{with}");
        assert_eq!(added(&with, Format::Json), with);
        let without = edited(&with, Format::Json, "servers", None).expect("edits");
        assert!(
            !without.contains("workroom") && without.contains("\"other\": {\"command\": \"x\"}"),
            "{without}"
        );
    }

    #[test]
    fn what_else_is_in_a_toml_file_stays_as_it_is() {
        let text = "# mine\nmodel = \"m\" # why\n\n[servers.other]\ncommand = 'x'\n\n[z]\na = 1\n";
        let with = added(text, Format::Toml);
        assert!(
            with.starts_with("# mine\nmodel = \"m\" # why\n\n[servers.other]\ncommand = 'x'\n"),
            "{with}"
        );
        assert!(with.contains("[servers.workroom]\ncommand = \"/bin/w\"\nargs = [\"mcp\"]\n"), "{with}");
        assert_eq!(added(&with, Format::Toml), with);
        assert_eq!(edited(&with, Format::Toml, "servers", None).expect("edits"), text);
    }

    #[test]
    fn a_byte_order_mark_stays() {
        for (format, text) in [(Format::Json, "\u{feff}{\"a\": 1}\n"), (Format::Toml, "\u{feff}a = 1\n")] {
            let with = added(text, format);
            assert!(with.starts_with(MARK) && !with[MARK.len()..].contains(MARK), "{with:?}");
            assert!(with.contains("workroom"), "{with}");
            assert_eq!(added(&with, format), with);
            assert!(edited(&with, format, "servers", None).expect("edits").starts_with(MARK));
        }
        assert!(added("\u{feff}", Format::Json).starts_with("\u{feff}{"));
    }

    #[test]
    fn line_ends_stay() {
        let (json, toml) = ("{\r\n  \"a\": 1\r\n}\r\n", "a = 1\r\n\r\n[z]\r\nb = '''x\r\ny'''\r\n");
        for (format, text) in [(Format::Json, json), (Format::Toml, toml)] {
            let with = added(text, format);
            assert!(
                with.contains("workroom") && !with.replace("\r\n", "").contains(['\r', '\n']),
                "{with:?}"
            );
            assert_eq!(added(&with, format), with);
            let without = edited(&with, format, "servers", None).expect("edits");
            assert!(!without.replace("\r\n", "").contains(['\r', '\n']), "{without:?}");
        }
        let with = permitted(json, "rule", true).expect("edits");
        assert!(with.contains("rule") && !with.replace("\r\n", "").contains(['\r', '\n']), "{with:?}");
        // Each line keeps its own.
        let mixed = added("a = 1\nb = 2\r\nc = 3\n", Format::Toml);
        assert!(mixed.starts_with("a = 1\nb = 2\r\nc = 3\n\n[servers.workroom]\n"), "{mixed:?}");
    }

    #[test]
    fn a_rule_is_added_once_and_taken_out_alone() {
        let text = "{\n  // mine\n  \"permissions\": {\"allow\": [\"Read\"], \"deny\": []}\n}\n";
        let with = permitted(text, "mcp__workroom__*", true).expect("edits");
        assert!(
            with.contains("// mine") && with.contains("Read") && with.contains("mcp__workroom__*"),
            "{with}"
        );
        assert_eq!(permitted(&with, "mcp__workroom__*", true).expect("edits"), with);
        let without = permitted(&with, "mcp__workroom__*", false).expect("edits");
        assert!(without.contains("Read") && !without.contains("workroom"), "{without}");
        assert!(permitted("", "r", true).expect("edits").contains("\"allow\""));
        assert!(permitted("{\"permissions\": 1}", "r", true).is_err());
    }

    #[test]
    fn an_empty_file_is_a_file() {
        for (format, text) in
            [(Format::Json, ""), (Format::Json, " \n"), (Format::Toml, ""), (Format::Json, "{}")]
        {
            assert!(added(text, format).contains("workroom"), "{text:?}");
        }
    }

    #[test]
    fn another_entry_of_the_name_is_replaced() {
        let with = added(r#"{"servers": {"workroom": {"command": "old"}}}"#, Format::Json);
        assert!(with.contains("/bin/w") && !with.contains("old"), "{with}");
        let with = added("[servers.workroom]\ncommand = \"old\"\n", Format::Toml);
        assert!(with.contains("/bin/w") && !with.contains("old"), "{with}");
    }

    #[test]
    fn a_file_that_is_not_understood_is_not_touched() {
        for (format, text) in [
            (Format::Json, "{\"servers\": {"),
            (Format::Json, "[]"),
            (Format::Json, "{\"servers\": 1}"),
            (Format::Json, "{servers: {}}"),
            (Format::Toml, "servers = 1"),
            (Format::Toml, "[servers"),
        ] {
            let refused = edited(text, format, "servers", Some(&json!({"command": "w"})));
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }
}
