//! Tables with passwords and tokens in them: a row `| password | … |`, a column of Markdown or CSV, `password    …`.

use super::given::is_given;
use super::keys::{Class, Family, classify};
use super::labels::{is_entry, is_label, overhang};

// Longer lines are no tables that people or programs print.
const MAX_LINE: usize = 2048;
const MAX_CELL: usize = 40;
const MOST_COLUMNS: usize = 32;
const MAX_VALUE: usize = 512;
const MOST_WORDS: usize = 4;

/// The range of the secret in the cell behind the name at `name..end`, which is all of its own cell.
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
    let listed = || is_listed(&text[name.saturating_sub(MAX_VALUE)..name]) && is_given(value, true);
    let start = end + gap;
    (alone && (is_entry(value, class.family) || listed()))
        .then_some((start, start + len + overhang(text, start + len, len)))
}

/// Whether the lines above are those of `vault`: `Key   Value`, and a line under it.
fn is_listed(before: &[u8]) -> bool {
    let mut lines = before.split(|b| *b == b'\n').skip_while(|line| {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        !(words.next() == Some(b"Key") && words.next() == Some(b"Value") && words.next().is_none())
    });
    lines.next().is_some() && lines.next().is_some_and(|line| line.starts_with(b"---"))
}

/// Calls `found` with the secrets in the columns of the table whose head has the name at `name`.
/// Returns where the table ends; if there is none, where the line ends.
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
    let sign = [b'|', b'\t', b';', b','].into_iter().find(|sign| head.contains(sign));
    let Some(sign) = sign else {
        let above = text[..start].strip_suffix(b"\n").map(last_line).unwrap_or_default();
        // A row is no head.
        let row = memchr::memmem::find(above.trim_ascii(), b"  ").is_some();
        return Some(if row { at } else { aligned(text, head, at, found) });
    };
    let names: Vec<Option<Class>> = cells(head, sign).map(|(_, cell)| column(cell)).collect::<Option<_>>()?;
    if names.len() < 2 || names.iter().all(Option::is_none) {
        return Some(at);
    }
    // Code and lists of names have such lines too, but their cells are empty, or lines like them come before.
    let above = text[..start].strip_suffix(b"\n").map(last_line).unwrap_or_default();
    let open = cells(head, sign).any(|(_, cell)| cell.is_empty()) || head[0].is_ascii_whitespace();
    if sign != b'|' && (open || cells(above, sign).count() == names.len()) {
        return Some(at);
    }
    if sign == b'|' {
        let Some(rule) = line(text, at).filter(|rule| is_rule(rule)) else { return Some(at) };
        at += rule.len() + 1;
    }
    while let Some(row) = line(text, at) {
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

/// Calls `found` with the secrets below the names of `head`, as programs align them: at least two spaces are between two
/// columns. The rows begin at `at`; returns where they end.
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
    while let Some(row) = line(text, at).filter(|row| !row.trim_ascii().is_empty()) {
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

/// What a cell of a head says of its column, if anything; `None` when it is no such cell.
fn column(cell: &[u8]) -> Option<Option<Class>> {
    let name = |b: &u8| b.is_ascii_alphabetic() || b" _-".contains(b) || !b.is_ascii();
    let fits = cell.len() <= MAX_CELL && cell.iter().all(name);
    let words = cell.split(|b| *b == b' ').count();
    let class = || classify(cell).filter(|class| matches!(class.family, Family::Password | Family::Token));
    (fits && words <= MOST_WORDS).then(class)
}

/// The last line of `text`, as far as it is looked at.
fn last_line(text: &[u8]) -> &[u8] {
    let text = &text[text.len().saturating_sub(MAX_LINE)..];
    memchr::memrchr(b'\n', text).map_or(text, |at| &text[at + 1..])
}

/// The line at `at` without its end; `None` at the end of the text or when it is too long.
fn line(text: &[u8], at: usize) -> Option<&[u8]> {
    let rest = text.get(at..text.len().min(at + MAX_LINE)).filter(|rest| !rest.is_empty())?;
    match memchr::memchr(b'\n', rest) {
        Some(len) => Some(&rest[..len]),
        None => (rest.len() < MAX_LINE).then_some(rest),
    }
}

/// The cells of a line without what is around their texts, each with where it begins.
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

/// Whether `line` is the one between the head of a table and its rows.
fn is_rule(line: &[u8]) -> bool {
    line.contains(&b'-') && line.iter().all(|b| b"|:-+ \r".contains(b))
}
