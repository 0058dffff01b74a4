//! How often characters were encoded, which distinguishes a delimiter from a part of a value.

use super::View;

/// How often a character was encoded: in any way, and with percent encoding.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depth {
    pub all: u8,
    pub percent: u8,
}

/// How often each byte of a text was encoded. Always zero if the text is not a view.
///
/// A delimiter ends a value only if it was not encoded more often than the delimiter that began the value:
/// `%40` in `postgres://app:x%40y@db` is a part of the password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depths<'v>(pub Option<&'v View>);

impl Depths<'_> {
    pub fn at(self, at: usize) -> Depth {
        self.0.map_or(Depth::default(), |view| view.depth(at))
    }

    /// Whether the byte at `at` was encoded more often, in any way, than the delimiter of this depth.
    pub fn is_inside(self, at: usize, opening: Depth) -> bool {
        self.0.is_some_and(|view| view.depth(at).all > opening.all)
    }

    /// Whether the byte at `at` was percent-encoded more often than the delimiter of this depth.
    ///
    /// JSON and HTML leave signs such as `=` and `:` as they are, so there the other encodings imply nothing.
    pub fn is_percent_inside(self, at: usize, opening: Depth) -> bool {
        self.0.is_some_and(|view| view.depth(at).percent > opening.percent)
    }
}
