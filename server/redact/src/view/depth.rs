//! How often characters were encoded, which tells a delimiter from a part of a value.

use super::View;

/// How often a character was encoded: in any way, and with `%`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depth {
    pub all: u8,
    pub percent: u8,
}

/// How often each byte of a text was encoded; none when the text is no view.
///
/// A delimiter ends a value only if it was not encoded more often than the delimiter that began the value:
/// `%40` in `postgres://app:x%40y@db` is a part of the password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depths<'v>(pub Option<&'v View>);

impl Depths<'_> {
    pub fn at(self, at: usize) -> Depth {
        self.0.map_or(Depth::default(), |view| view.depth(at))
    }

    /// Whether the byte at `at` was encoded more often than the delimiter of this depth, in whatever way.
    pub fn is_inside(self, at: usize, opening: Depth) -> bool {
        self.0.is_some_and(|view| view.depth(at).all > opening.all)
    }

    /// Whether the byte at `at` was percent-encoded more often than the delimiter of this depth.
    ///
    /// Signs such as `=` and `:` stay as they are in JSON and HTML, so there the depth of others says nothing.
    pub fn is_percent_inside(self, at: usize, opening: Depth) -> bool {
        self.0.is_some_and(|view| view.depth(at).percent > opening.percent)
    }
}
