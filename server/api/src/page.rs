//! Pages of lists.

use std::io;

use serde::Serialize;

use super::error::{Error, Result};
use super::limits::MAX_PAGE_BYTES;

/// Cuts `items` to the first `limit`, or fewer if they exceed the size of a page, but at least one. `size` returns the
/// maximum bytes of JSON for an item. If items are left over, also returns the position of the last one that fits.
pub(super) fn cut<P, T>(
    items: impl IntoIterator<Item = (P, T)>,
    limit: usize,
    size: impl Fn(&T) -> u64,
) -> (Vec<T>, Option<P>) {
    let mut page = Vec::new();
    let mut last = None;
    let mut bytes = 0;
    for (position, item) in items {
        bytes += size(&item);
        if page.len() == limit || (bytes > MAX_PAGE_BYTES && !page.is_empty()) {
            return (page, last);
        }
        page.push(item);
        last = Some(position);
    }
    (page, None)
}

/// The JSON size of a value that can always be serialized.
pub(super) fn size(value: &impl Serialize) -> u64 {
    json_bytes(value).unwrap_or(MAX_PAGE_BYTES)
}

/// The size of a value as JSON, computed without storing the text.
pub(super) fn json_bytes(value: &impl Serialize) -> Result<u64> {
    let mut bytes = Bytes(0);
    serde_json::to_writer(&mut bytes, value).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(bytes.0)
}

/// Counts the bytes that are written to it.
struct Bytes(u64);

impl io::Write for Bytes {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.0 += part.len() as u64;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
