//! JSON from other programs, kept exactly as it was sent.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::RAW_VALUE;

/// JSON of any shape, as its sender wrote it: numbers keep every digit, members keep their order, and repeated members
/// are kept. Only white space and the escapes in strings are normalized. Two texts of the same value therefore differ
/// in nothing that could matter to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactJson(Box<str>);

/// One JSON value, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node<'t> {
    /// A number, `true`, `false` or `null`.
    Literal(&'t str),
    /// The unescaped text of a string.
    Text(Cow<'t, str>),
    /// The elements of an array.
    List(Vec<Node<'t>>),
    /// The members of an object, in the order in which they were written.
    Object(Vec<(Cow<'t, str>, Node<'t>)>),
}

// serde_json's limit. Deeper values were rejected before they reach this type.
const MAX_DEPTH: usize = 127;

impl ExactJson {
    /// Parses JSON text. Fails if it is not valid, or is nested deeper than 127 levels.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        let raw: &RawValue = serde_json::from_str(text)?;
        compact(raw.get()).map(|text| Self(text.into()))
    }

    /// Returns the text, without white space.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Parses the value.
    pub fn node(&self) -> Node<'_> {
        Node::read(&self.0).unwrap_or(Node::Literal("null"))
    }

    /// Returns the text with the members of every object sorted by the UTF-8 bytes of their names. Repeated members
    /// keep their order.
    pub fn canonical(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        self.node().write_sorted(&mut text);
        text
    }
}

impl<'t> Node<'t> {
    /// Parses text that is known to be JSON; returns `None` if it is not.
    pub fn read(text: &'t str) -> Option<Self> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let node = reader.node()?;
        reader.space();
        (reader.at == text.len()).then_some(node)
    }

    fn write_sorted(&self, out: &mut String) {
        match self {
            Self::Literal(literal) => out.push_str(literal),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_sorted(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| name.as_bytes());
                out.push('{');
                for (index, (name, value)) in members.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    value.write_sorted(out);
                }
                out.push('}');
            }
        }
    }
}

/// Writes a string as JSON.
pub fn write_text(text: &str, out: &mut String) {
    // Writing a string as JSON cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Valid JSON without white space, with strings in one normal form.
fn compact(json: &str) -> serde_json::Result<String> {
    let bytes = json.as_bytes();
    let mut out = String::with_capacity(json.len());
    let (mut at, mut depth) = (0, 0usize);
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                let escaped;
                (at, escaped) =
                    string_end(bytes, start).ok_or_else(|| serde_json::Error::custom("no JSON"))?;
                let literal = &json[start..at];
                match escaped {
                    true => write_text(&serde_json::from_str::<String>(literal)?, &mut out),
                    false => out.push_str(literal),
                }
                continue;
            }
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(serde_json::Error::custom("recursion limit exceeded"));
        }
        // JSON is ASCII outside of strings.
        out.push(char::from(*byte));
    }
    Ok(out)
}

/// Returns where the string that begins at `start` ends, after its closing quotation mark, and whether it has escapes.
fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        match bytes.get(at)? {
            b'"' => return Some((at + 1, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Reads past `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn node(&mut self) -> Option<Node<'t>> {
        self.space();
        match self.peek()? {
            b'{' => self.nested(|reader| {
                let mut members = Vec::new();
                if reader.take(b'}') {
                    return Some(Node::Object(members));
                }
                loop {
                    reader.space();
                    let name = reader.string()?;
                    if !reader.take(b':') {
                        return None;
                    }
                    members.push((name, reader.node()?));
                    if reader.take(b'}') {
                        return Some(Node::Object(members));
                    }
                    if !reader.take(b',') {
                        return None;
                    }
                }
            }),
            b'[' => self.nested(|reader| {
                let mut items = Vec::new();
                if reader.take(b']') {
                    return Some(Node::List(items));
                }
                loop {
                    items.push(reader.node()?);
                    if reader.take(b']') {
                        return Some(Node::List(items));
                    }
                    if !reader.take(b',') {
                        return None;
                    }
                }
            }),
            b'"' => self.string().map(Node::Text),
            _ => {
                let rest = self.text.get(self.at..)?;
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
                let literal = &rest[..end.unwrap_or(rest.len())];
                self.at += literal.len();
                (!literal.is_empty()).then_some(Node::Literal(literal))
            }
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Node<'t>>) -> Option<Node<'t>> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn string(&mut self) -> Option<Cow<'t, str>> {
        if self.peek()? != b'"' {
            return None;
        }
        let (end, escaped) = string_end(self.text.as_bytes(), self.at)?;
        let literal = self.text.get(self.at..end)?;
        self.at = end;
        match escaped {
            true => serde_json::from_str::<String>(literal).ok().map(Cow::Owned),
            false => Some(Cow::Borrowed(&literal[1..literal.len() - 1])),
        }
    }
}

impl Serialize for ExactJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut raw = serializer.serialize_struct(RAW_VALUE, 1)?;
        raw.serialize_field(RAW_VALUE, &*self.0)?;
        raw.end()
    }
}

impl<'de> Deserialize<'de> for ExactJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        compact(raw.get()).map(|text| Self(text.into())).map_err(D::Error::custom)
    }
}

impl JsonSchema for ExactJson {
    fn inline_schema() -> bool {
        serde_json::Value::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        serde_json::Value::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        serde_json::Value::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn numbers_members_and_repetitions_stay_as_they_are_written() {
        for (text, kept) in [
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (
                "[1e400, -0, 1.0, 1, 0.1000000000000000055511151231257827]",
                "[1e400,-0,1.0,1,0.1000000000000000055511151231257827]",
            ),
            (r#"{ "b" : 1, "a" : [ ], "b" : 2 }"#, r#"{"b":1,"a":[],"b":2}"#),
            ("\"\\u0041\\n\\u00e9 \\/\"", "\"A\\n\u{e9} /\""),
        ] {
            let exact = ExactJson::parse(text).expect(text);
            assert_eq!(exact.text(), kept);
            assert_eq!(serde_json::to_string(&Some(&exact)).expect("JSON"), kept);
            assert_eq!(serde_json::from_str::<ExactJson>(kept).expect("JSON"), exact);
        }
        for bad in
            ["", "{", "01", "[1,]", "\"\\ud800\"", &"[".repeat(200), &("[".repeat(200) + &"]".repeat(200))]
        {
            assert!(ExactJson::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_canonical_text_sorts_members() {
        let exact = ExactJson::parse(r#"{"b":1,"a":{"d":1e3,"c":[{"f":1,"e":2}]},"b":0}"#).expect("JSON");
        assert_eq!(exact.canonical(), r#"{"a":{"c":[{"e":2,"f":1}],"d":1e3},"b":1,"b":0}"#);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_serde_json_writes_stays(value in values()) {
            let exact = ExactJson::parse(&serde_json::to_string_pretty(&value).expect("JSON")).expect("JSON");
            prop_assert_eq!(exact.text(), value.to_string());
            prop_assert_eq!(serde_json::from_str::<Value>(&exact.canonical()).expect("JSON"), value);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let parsed = ExactJson::parse(&text);
            prop_assert_eq!(parsed.is_ok(), serde_json::from_str::<Value>(&text).is_ok());
            let _ = Node::read(&text);
        }
    }
}
