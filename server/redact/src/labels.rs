//! Labels whose value comes behind tags or on the next line: `<dt>Password:</dt><dd>…</dd>`, `API key` alone on a line.

use super::entropy::Shape;
use super::keys::{Class, Family};
use super::prose::is_value;

// Farther values belong to something else.
const MAX_GAP: usize = 240;
const MAX_TAG: usize = 80;
const MAX_VALUE: usize = 512;
const MAX_LABEL: usize = 80;
const MOST_WORDS: usize = 2;

/// The range of the secret whose label is the name at `name..end`.
pub(super) fn secret(text: &[u8], (name, end): (usize, usize), class: Class) -> Option<(usize, usize)> {
    if !matches!(class.family, Family::Password | Family::Token) {
        return None;
    }
    let gap = gap(text, end)?;
    let label = || is_label(text, name, gap.colon);
    if gap.tags == 0 && (gap.lines == 0 || !gap.colon && !label()) {
        return None;
    }
    let start = gap.end;
    let rest = &text[start..text.len().min(start + MAX_VALUE)];
    let len = rest.iter().position(|b| b.is_ascii_whitespace() || b"<`\"".contains(b)).unwrap_or(rest.len());
    let value = &rest[..len];
    let alone = rest[len..].iter().find(|b| !b" `\t\r*".contains(b)).is_none_or(|b| b"\n<".contains(b));
    let end = start + len + overhang(text, start + len, len);
    let fits = alone && !value.ends_with(b":") && is_entry(value, class.family);
    // "Run this to change the password:" announces a command as well.
    let told = gap.tags > 0 || class.family == Family::Token || !fits || label() || is_drawn_word(value);
    (fits && told).then_some((start, end))
}

/// How much of the word is left behind a value of this length, which ends at `end` because no more was looked at.
pub(super) fn overhang(text: &[u8], end: usize, len: usize) -> usize {
    if len < MAX_VALUE / 2 {
        return 0;
    }
    text[end..].iter().take_while(|b| !b.is_ascii_whitespace() && !b"<`\"|".contains(b)).count()
}

/// Whether `value`, which stands alone in its place, is a secret of this family: neither a word with a number such as
/// `Role2` nor one of those that sentences have.
pub(super) fn is_entry(value: &[u8], family: Family) -> bool {
    // Versions of packages: `4.13+dfsg1-1`, `1:2.38`.
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    let version = digits > 0
        && matches!(value.get(digits), Some(b'.' | b':'))
        && value.get(digits + 1).is_some_and(u8::is_ascii_digit);
    !version && !is_numbered(value) && is_value(value, family, true)
}

/// Whether `value` is letters and one digit, as names of things are.
pub(super) fn is_numbered(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    letters + 1 == value.len() && value.last().is_some_and(u8::is_ascii_digit)
}

/// Whether `value` is no name of a command or a file with a digit in it.
fn is_drawn_word(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    shape.digits >= 2 && shape.classes() == 3 || shape.surprise >= 300
}

/// What is between a label and its value.
struct Gap {
    end: usize,
    tags: usize,
    lines: usize,
    colon: bool,
}

fn gap(text: &[u8], from: usize) -> Option<Gap> {
    let window = &text[from..text.len().min(from + MAX_GAP)];
    let mut gap = Gap { end: from, tags: 0, lines: 0, colon: false };
    // "The API key is:", "Das Passwort lautet:".
    let told = [&b" is:"[..], b" is now:", b" lautet:", b" ist:", b" est :", b" below:"];
    let mut at = told.iter().find(|words| window.starts_with(words)).map_or(0, |words| words.len() - 1);
    while let Some(&byte) = window.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'*' | b'`' => at += 1,
            b':' if !gap.colon && gap.lines == 0 => {
                gap.colon = true;
                at += 1;
            }
            b'\n' if gap.lines < 3 => {
                gap.lines += 1;
                at += 1;
            }
            // The line under a heading.
            b'-' | b'=' if gap.lines == 1 && gap.tags == 0 && window[at..].starts_with(&[byte; 3]) => {
                at += window[at..].iter().take_while(|b| **b == byte).count();
                if window.get(at) != Some(&b'\n') {
                    return None;
                }
            }
            b'<' => {
                let tag = &window[at..window.len().min(at + MAX_TAG)];
                let named = tag.get(1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/');
                at += memchr::memchr(b'>', tag).filter(|_| named)? + 1;
                gap.tags += 1;
            }
            _ => break,
        }
    }
    gap.end = from + at;
    (at < window.len()).then_some(gap)
}

/// Whether nothing but the label is on its line before the name at `name`: at most a few words and signs of lists.
pub(super) fn is_label(text: &[u8], name: usize, colon: bool) -> bool {
    let before = &text[name.saturating_sub(MAX_LABEL)..name];
    let line = match memchr::memrchr(b'\n', before) {
        Some(at) => &before[at + 1..],
        None if before.len() == name => before,
        None => return false,
    };
    let words = line.split(|b| b" \t*_`#->|\"".contains(b)).filter(|word| !word.is_empty());
    let mut count = 0;
    let plain = words.inspect(|_| count += 1).all(|word| word.iter().all(u8::is_ascii_alphabetic));
    plain && count <= if colon { MOST_WORDS } else { 1 }
}
