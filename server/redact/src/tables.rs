//! Tables with passwords and tokens: a row `| password | … |`, a column in Markdown or CSV, `password    …`.

use super::given::is_given;
use super::keys::{Class, Family, classify};
use super::labels::{is_entry, is_label, overhang};

// A longer line is not the head of a table. The rows of a table may have any length.
const MAX_LINE: usize = 2048;
const MAX_CELL: usize = 40;
const MOST_COLUMNS: usize = 32;
const MAX_VALUE: usize = 512;
const MOST_WORDS: usize = 4;

/// The range of the secret in the cell after the name at `name..end`. The name must be the whole text of its cell.
pub(super) fn cell(text: &[u8], (name, end): (usize, usize), class: Class) -> Option<(usize, usize)> {
    if !matches!(class.family, Family::Password | Family::Token) || !is_label(text, name, false) {
        return None;
    }
    let window = &text[end..text.len().min(end + MAX_VALUE)];
    let gap = window.iter().take_while(|b| b" \t|*`".contains(b)).count();
    let piped = window[..gap].contains(&b'|');
    if !(piped || gap >= 2 || window[..gap].contains(&b'\t')) || window[..gap].ends_with(b"*") {
        return None;
    }
    let rest = &window[gap..];
    let len = rest.iter().position(|b| b.is_ascii_whitespace() || b"|`".contains(b)).unwrap_or(rest.len());
    let value = &rest[..len];
    let after = rest[len..].iter().find(|b| !b" `\t\r".contains(b));
    let alone = after.is_none_or(|b| *b == b'\n' || piped && *b == b'|');
    let start = end + gap;
    (alone && is_entry(value, class.family))
        .then_some((start, start + len + overhang(text, start + len, len)))
}

/// Whether `line` is the head of what `vault` prints: `Key   Value`.
fn is_listing(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.eq([&b"Key"[..], b"Value"])
}

/// Calls `found` with the secrets in the rows of what `vault` prints: a name, at least two spaces, and one word.
/// The rows begin at `at`. Returns where they end.
fn listing(text: &[u8], mut at: usize, mut found: impl FnMut(usize, usize, &'static str)) -> usize {
    while let Some(line) = row(text, at).filter(|line| !line.trim_ascii().is_empty()) {
        let gap = memchr::memmem::find(line, b"  ").or_else(|| memchr::memchr(b'\t', line));
        let (name, rest) = line.split_at(gap.unwrap_or(line.len()));
        let value = rest.trim_ascii();
        if let Some(class) = classify(name.trim_ascii()).filter(|class| is_column(*class))
            && !value.iter().any(u8::is_ascii_whitespace)
            && is_given(value, true)
        {
            let start = at + line.len() - rest.trim_ascii_start().len();
            found(start, start + value.len(), class.kind);
        }
        at += line.len() + 1;
    }
    at.min(text.len())
}

/// Calls `found` with the secrets in the columns of a table. One of the names in its head is at `name`.
/// Returns where the table ends. If there is no table, returns where the line ends.
pub(super) fn columns(
    text: &[u8],
    name: usize,
    mut found: impl FnMut(usize, usize, &'static str),
) -> Option<usize> {
    let floor = name.saturating_sub(MAX_LINE / 4);
    let start = match memchr::memrchr(b'\n', &text[floor..name]) {
        Some(at) => floor + at + 1,
        None => (floor == 0).then_some(0)?,
    };
    let head = line(text, start)?;
    let mut at = start + head.len() + 1;
    if let Some(rule) = line(text, at).filter(|rule| is_listing(head) && rule.starts_with(b"---")) {
        return Some(listing(text, at + rule.len() + 1, found));
    }
    let sign = [b'|', b'\t', b';', b','].into_iter().find(|sign| head.contains(sign));
    let Some(sign) = sign else {
        let above = text[..start].strip_suffix(b"\n").map(last_line).unwrap_or_default();
        // A line below another row is not the head.
        let row = memchr::memmem::find(above.trim_ascii(), b"  ").is_some();
        return Some(if row { at } else { aligned(text, head, at, found) });
    };
    let names: Option<Vec<_>> = cells(head, sign).map(|(_, cell)| column(cell)).collect();
    let Some(names) = names else { return Some(at) };
    if names.len() < 2 || names.iter().all(Option::is_none) {
        return Some(at);
    }
    // Code and lists of names have such lines too, but they have empty cells or similar lines before them.
    let above = text[..start].strip_suffix(b"\n").map(last_line).unwrap_or_default();
    let open = cells(head, sign).any(|(_, cell)| cell.is_empty()) || head[0].is_ascii_whitespace();
    if sign != b'|' && (open || cells(above, sign).count() == names.len()) {
        return Some(at);
    }
    if sign == b'|' {
        let Some(rule) = line(text, at).filter(|rule| is_rule(rule)) else { return Some(at) };
        at += rule.len() + 1;
    }
    while let Some(row) = row(text, at) {
        let fits = cells(row, sign).count() == names.len() || is_rule(row);
        if !fits || row.trim_ascii().is_empty() {
            break;
        }
        for ((begin, value), class) in cells(row, sign).zip(&names) {
            if let Some(class) = class.filter(|class| is_entry(value, class.family)) {
                found(at + begin, at + begin + value.len(), class.kind);
            }
        }
        at += row.len() + 1;
    }
    Some(at.min(text.len()))
}

/// Calls `found` with the secrets under the names of `head` in an aligned table, where at least two spaces separate the
/// columns. The rows begin at `at`. Returns where they end.
fn aligned(text: &[u8], head: &[u8], at: usize, mut found: impl FnMut(usize, usize, &'static str)) -> usize {
    let mut names = Vec::new();
    let mut begin = 0;
    while begin < head.len() && names.len() < MOST_COLUMNS {
        begin += head[begin..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let rest = &head[begin..];
        let len = memchr::memmem::find(rest, b"  ").unwrap_or(rest.len());
        names.extend(column(rest[..len].trim_ascii_end()).map(|class| (begin, class)));
        begin += len;
    }
    let mut at = at;
    if names.len() < 2 || names.iter().all(|(_, class)| class.is_none()) {
        return at;
    }
    while let Some(row) = row(text, at).filter(|row| !row.trim_ascii().is_empty()) {
        for (begin, class) in &names {
            let apart = *begin == 0 || row.get(begin - 1) == Some(&b' ');
            let rest = row.get(*begin..).filter(|_| apart).unwrap_or_default();
            let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            // Several words are a sentence.
            let alone = rest[len..].iter().take(2).all(u8::is_ascii_whitespace);
            if let Some(class) = class.filter(|class| alone && is_entry(&rest[..len], class.family)) {
                found(at + begin, at + begin + len, class.kind);
            }
        }
        at += row.len() + 1;
    }
    at.min(text.len())
}

/// The class of a column by its head cell, if the name implies one. Returns `None` if the text is not a head cell.
fn column(cell: &[u8]) -> Option<Option<Class>> {
    let name = |b: &u8| b.is_ascii_alphabetic() || b" _-".contains(b) || !b.is_ascii();
    let fits = cell.len() <= MAX_CELL && cell.iter().all(name);
    let words = cell.split(|b| *b == b' ').count();
    (fits && words <= MOST_WORDS).then(|| classify(cell).filter(|class| is_column(*class)))
}

fn is_column(class: Class) -> bool {
    matches!(class.family, Family::Password | Family::Token)
}

/// The last line of `text`, within the part that is examined.
fn last_line(text: &[u8]) -> &[u8] {
    let text = &text[text.len().saturating_sub(MAX_LINE)..];
    memchr::memrchr(b'\n', text).map_or(text, |at| &text[at + 1..])
}

/// The line at `at` without its line break. Returns `None` at the end of the text and for lines that are too long.
fn line(text: &[u8], at: usize) -> Option<&[u8]> {
    let rest = text.get(at..text.len().min(at + MAX_LINE)).filter(|rest| !rest.is_empty())?;
    match memchr::memchr(b'\n', rest) {
        Some(len) => Some(&rest[..len]),
        None => (rest.len() < MAX_LINE).then_some(rest),
    }
}

/// The line at `at` without its line break, however long it is. Returns `None` at the end of the text.
fn row(text: &[u8], at: usize) -> Option<&[u8]> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    Some(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())])
}

/// The position and text of each cell of a line, without spaces and marks around the text.
fn cells(line: &[u8], sign: u8) -> impl Iterator<Item = (usize, &[u8])> {
    let trimmed = line.trim_ascii_end();
    let inner = if sign == b'|' { trimmed.strip_suffix(b"|").unwrap_or(trimmed) } else { trimmed };
    let skip = inner.iter().take_while(|b| **b == b' ').count();
    let skip = if sign == b'|' && inner.get(skip) == Some(&b'|') { skip + 1 } else { 0 };
    let mut at = skip;
    inner[skip.min(inner.len())..].split(move |b| *b == sign).map(move |cell| {
        let around = |b: &&u8| b" \t`*\"'".contains(b);
        let before = cell.iter().take_while(around).count();
        let after = cell[before..].iter().rev().take_while(around).count();
        let begin = at + before;
        at += cell.len() + 1;
        (begin, &cell[before..cell.len() - after])
    })
}

/// Whether `line` separates the head of a table from its rows.
fn is_rule(line: &[u8]) -> bool {
    line.contains(&b'-') && line.iter().all(|b| b"|:-+ \r".contains(b))
}
