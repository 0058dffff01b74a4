//! Fields of an update, which can be absent (keep), `null` (clear) or a value (set).

use serde::{Deserialize, Deserializer};

/// `None` keeps the field, `Some(None)` clears it, `Some(Some(value))` sets it.
pub type Patch<T> = Option<Option<T>>;

/// Reads a present field. `null` means clear; with `Option` alone it would mean absent.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Patch<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
