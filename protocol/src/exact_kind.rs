//! Reads and writes the kinds of events so that embedded JSON from other programs keeps its exact text.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::event_kind::WorkroomEventKind;
use crate::exact::ExactJson;

const TAG: &str = "event";
const WITH_ARGUMENTS: &str = "approval_request";
const ARGUMENTS: &str = "arguments";

impl Serialize for WorkroomEventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for WorkroomEventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = WorkroomEventKind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WorkroomEventKind, A::Error> {
        let mut fields = Map::new();
        let mut arguments = None;
        let mut first = true;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name == ARGUMENTS {
                arguments = Some(map.next_value::<Box<RawValue>>()?);
            } else if first && name == TAG {
                let tag = map.next_value::<Value>()?;
                match tag {
                    // What this module writes begins with its tag, so it can be read in one pass, except for the
                    // embedded JSON.
                    Value::String(tag) => {
                        let mut held = None;
                        let holds = tag == WITH_ARGUMENTS;
                        let rest = Tagged { tag: Some(tag), map, holds, held: &mut held };
                        let mut kind = WorkroomEventKind::deserialize(MapAccessDeserializer::new(rest))?;
                        if let WorkroomEventKind::ApprovalRequest { arguments, .. } = &mut kind {
                            *arguments = held.as_deref().map(exact).transpose()?.flatten();
                        }
                        return Ok(kind);
                    }
                    tag => drop(fields.insert(TAG.into(), tag)),
                }
            } else {
                let value = map.next_value::<Value>()?;
                if fields.insert(name.clone().into_owned(), value).is_some() {
                    return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                }
            }
            first = false;
        }
        let tag = fields.get(TAG).and_then(Value::as_str);
        let arguments = match arguments {
            Some(arguments) if tag == Some(WITH_ARGUMENTS) => exact(&arguments)?,
            Some(other) => {
                let other = serde_json::from_str(other.get()).map_err(A::Error::custom)?;
                fields.insert(ARGUMENTS.into(), other);
                None
            }
            None => None,
        };
        let mut kind = WorkroomEventKind::deserialize(Value::Object(fields)).map_err(A::Error::custom)?;
        if let WorkroomEventKind::ApprovalRequest { arguments: place, .. } = &mut kind {
            *place = arguments;
        }
        Ok(kind)
    }
}

/// Embedded JSON from other programs. As for every optional field, `null` means absent.
fn exact<E: serde::de::Error>(raw: &RawValue) -> Result<Option<ExactJson>, E> {
    let exact = ExactJson::parse(raw.get()).map_err(E::custom)?;
    Ok((exact.text() != "null").then_some(exact))
}

/// The fields of a map whose tag was already read.
struct Tagged<'h, A> {
    tag: Option<String>,
    map: A,
    /// Whether the fields include embedded JSON. It is held back and not passed on.
    holds: bool,
    held: &'h mut Option<Box<RawValue>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Tagged<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.tag {
            Some(_) => {
                let name: CowStrDeserializer<'_, A::Error> = Cow::Borrowed(TAG).into_deserializer();
                seed.deserialize(name).map(Some)
            }
            None if self.holds => {
                while let Some(name) = self.map.next_key::<Cow<'de, str>>()? {
                    if name != ARGUMENTS {
                        let name: CowStrDeserializer<'_, A::Error> = name.into_deserializer();
                        return seed.deserialize(name).map(Some);
                    }
                    *self.held = Some(self.map.next_value()?);
                }
                Ok(None)
            }
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.tag.take() {
            Some(tag) => {
                let tag: CowStrDeserializer<'_, A::Error> = Cow::<str>::Owned(tag).into_deserializer();
                seed.deserialize(tag)
            }
            None => self.map.next_value_seed(seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.map.size_hint().map(|rest| rest + usize::from(self.tag.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::Strict;

    const NUMBERS: &str =
        r#"[123456789012345678901234567890,1e400,0.1000000000000000055511151231257827,-0,1.0,1]"#;

    #[test]
    fn arguments_are_read_and_written_to_the_letter() {
        for json in [
            format!(r#"{{"event":"approval_request","tool_name":"x","arguments":{{"a":{NUMBERS}}}}}"#),
            format!(r#"{{"arguments":{{"a":{NUMBERS}}},"tool_name":"x","event":"approval_request"}}"#),
        ] {
            let read: WorkroomEventKind = serde_json::from_str(&json).expect(&json);
            let strict: Strict<WorkroomEventKind> = serde_json::from_str(&json).expect(&json);
            assert_eq!(read, strict.0);
            let WorkroomEventKind::ApprovalRequest { arguments: Some(arguments), .. } = &read else {
                panic!("{read:?}");
            };
            assert_eq!(arguments.text(), format!(r#"{{"a":{NUMBERS}}}"#));
            let written = serde_json::to_string(&read).expect("JSON");
            assert!(written.contains(NUMBERS), "{written}");
            assert_eq!(serde_json::from_str::<WorkroomEventKind>(&written).expect("JSON"), read);
        }
    }

    #[test]
    fn other_kinds_read_as_they_did() {
        for json in [
            r#"{"event":"message","content":"x"}"#,
            r#"{"content":"x","event":"message"}"#,
            r#"{"event":"message","content":"x","arguments":1}"#,
            r#"{"event":"approval_request","tool_name":"x","arguments":null}"#,
        ] {
            let read: WorkroomEventKind = serde_json::from_str(json).expect(json);
            let value: Value = serde_json::from_str(json).expect(json);
            assert_eq!(serde_json::from_value::<WorkroomEventKind>(value).expect(json), read);
        }
        for bad in [
            r#"["message","x"]"#,
            r#"{"event":5}"#,
            r#"{"event":"shout"}"#,
            r#"{"content":"x"}"#,
            r#"{"event":"message","content":"x","content":"y"}"#,
            r#"{"tool_name":"x","tool_name":"y","event":"approval_request"}"#,
            "5",
        ] {
            assert!(serde_json::from_str::<WorkroomEventKind>(bad).is_err(), "{bad}");
        }
    }
}
