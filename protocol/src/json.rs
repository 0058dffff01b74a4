//! A value that travels as the JSON it already is.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A `T` in its JSON text. The store keeps events this way and splices them into answers,
/// so that reading a page costs no parsing and live and replayed events are the same bytes.
#[derive(Debug, Clone)]
pub struct Json<T> {
    text: Box<RawValue>,
    of: PhantomData<fn() -> T>,
}

impl<T> Json<T> {
    /// Takes JSON text that is known to be a `T`. Fails when it is not JSON at all.
    pub fn from_text(text: String) -> serde_json::Result<Self> {
        Ok(Self { text: RawValue::from_string(text)?, of: PhantomData })
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.text.get()
    }
}

impl<T: Serialize> Json<T> {
    /// Writes `value` as JSON.
    pub fn write(value: &T) -> serde_json::Result<Self> {
        Ok(Self { text: serde_json::value::to_raw_value(value)?, of: PhantomData })
    }
}

impl<T: DeserializeOwned> Json<T> {
    /// Reads the value.
    pub fn read(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.text.get())
    }
}

impl<T> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: Box::deserialize(deserializer)?, of: PhantomData })
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
