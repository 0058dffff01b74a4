//! The table of token formats, as their vendors publish them.

mod ai;
mod cloud;
mod code;
mod services;

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// A token format. To add one, add a row to the file of its field. A test generates its example and checks that it is
/// found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vendor {
    /// The kind that the marker shows.
    pub kind: &'static str,
    /// A text that every such token contains, in this case. Several texts are separated by spaces.
    pub keywords: &'static str,
    /// The pattern of the whole token. It is tried where the keyword begins.
    pub pattern: &'static str,
    /// The template of an example, for tests: see `sample::expand`.
    pub example: &'static str,
    /// Whether the keyword is inside the token. The pattern is then tried at the beginning of the word.
    pub inner: bool,
}

/// A token that begins with one of `keywords`.
const fn row(
    kind: &'static str,
    keywords: &'static str,
    pattern: &'static str,
    example: &'static str,
) -> Vendor {
    Vendor { kind, keywords, pattern, example, inner: false }
}

/// A token that contains one of `keywords` after its beginning.
const fn inner(
    kind: &'static str,
    keywords: &'static str,
    pattern: &'static str,
    example: &'static str,
) -> Vendor {
    Vendor { kind, keywords, pattern, example, inner: true }
}

const TABLES: [&[Vendor]; 4] = [ai::ROWS, cloud::ROWS, code::ROWS, services::ROWS];

const COUNT: usize = ai::ROWS.len() + cloud::ROWS.len() + code::ROWS.len() + services::ROWS.len();

/// Every row, in the order of [`compiled`].
pub(super) fn rows() -> impl Iterator<Item = &'static Vendor> {
    TABLES.into_iter().flatten()
}

/// The row with this index.
pub(super) fn rows_at(mut index: usize) -> Option<&'static Vendor> {
    for table in TABLES {
        match table.get(index) {
            Some(row) => return Some(row),
            None => index -= table.len(),
        }
    }
    None
}

/// The pattern of the row with this index, compiled at its first use.
///
/// `None` if it does not compile. A test excludes this. Redaction would then continue without the row.
pub(super) fn compiled(index: usize) -> Option<&'static Regex> {
    static COMPILED: [OnceLock<Option<Regex>>; COUNT] = [const { OnceLock::new() }; COUNT];
    let compile = || rows_at(index).and_then(|row| compile(row.pattern).ok());
    COMPILED.get(index)?.get_or_init(compile).as_ref()
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    // Match bytes and not characters: tokens are ASCII, and Unicode classes take a hundred times the memory.
    RegexBuilder::new(&format!("^(?:{pattern})")).unicode(false).size_limit(256 * 1024).build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sample::expand;

    #[test]
    fn every_pattern_compiles_and_matches_its_whole_example() {
        for (index, row) in rows().enumerate() {
            let example = expand(row.example);
            assert!(compile(row.pattern).is_ok(), "{}: {:?}", row.pattern, compile(row.pattern));
            let found = compiled(index).and_then(|regex| regex.find(example.as_bytes()));
            assert_eq!(found.map(|m| m.len()), Some(example.len()), "{example} {}", row.pattern);
            let keyword = row.keywords.split(' ').any(|word| match row.inner {
                true => example.contains(word),
                false => example.starts_with(word),
            });
            assert!(keyword, "{example} has none of {}", row.keywords);
        }
    }

    #[test]
    fn the_table_has_the_stated_size_and_its_kinds_are_short_names() {
        assert_eq!(rows().count(), COUNT);
        let mut patterns = BTreeSet::new();
        for row in rows() {
            assert!(patterns.insert(row.pattern), "twice: {}", row.pattern);
            assert!(
                row.kind.len() <= 32
                    && row.kind.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b)),
                "{}",
                row.kind
            );
            assert!(row.keywords.split(' ').all(|word| word.len() >= 2), "{}", row.keywords);
        }
    }
}
