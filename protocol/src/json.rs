//! A value that is kept as JSON text.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A `T` as JSON text. The store keeps events in this form and copies them into responses. Reading a page therefore
/// needs no parsing, and live and replayed events are identical bytes.
#[derive(Debug, Clone)]
pub struct Json<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Json<T> {
    /// Wraps JSON text that is known to be a `T`. Fails if it is not valid JSON.
    pub fn from_text(text: String) -> serde_json::Result<Self> {
        let raw = RawValue::from_string(text)?;
        Ok(Self { text: Box::<str>::from(raw).into(), of: PhantomData })
    }

    /// Wraps text that was written by [`Json::write`]. Validating it again would be most of the cost of a page.
    pub fn as_written(text: String) -> Self {
        Self { text, of: PhantomData }
    }

    /// Returns the JSON text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<T: Serialize> Json<T> {
    /// Serializes `value` as JSON.
    pub fn write(value: &T) -> serde_json::Result<Self> {
        Ok(Self { text: serde_json::to_string(value)?, of: PhantomData })
    }
}

impl<T: DeserializeOwned> Json<T> {
    /// Parses the value.
    pub fn read(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.text)
    }
}

impl<T> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The same encoding as serde_json's `RawValue`, which can only be created from validated text.
        let mut raw = serializer.serialize_struct(RAW_VALUE, 1)?;
        raw.serialize_field(RAW_VALUE, &self.text)?;
        raw.end()
    }
}

/// The name by which serde_json recognizes text that is already JSON.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl<'de, T> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self { text: Box::<str>::from(raw).into(), of: PhantomData })
    }
}

impl<T: JsonSchema> JsonSchema for Json<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn text_goes_through_as_it_is() {
        let text = r#"{"b":1.50,"a":"\u00e9"}"#;
        for value in [Json::<Value>::as_written(text.into()), Json::from_text(text.into()).expect("JSON")] {
            assert_eq!(serde_json::to_string(&[&value]).expect("JSON"), format!("[{text}]"));
            assert_eq!(serde_json::to_value(&value).expect("JSON"), json!({"a": "é", "b": 1.5}));
            let read: Json<Value> =
                serde_json::from_str(&serde_json::to_string(&value).expect("JSON")).expect("JSON");
            assert_eq!(read.text(), text);
        }
        assert!(Json::<Value>::from_text("{".into()).is_err());
    }
}
