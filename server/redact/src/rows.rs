//! Values that belong to names by their positions: the cells under `<th>Password</th>`, `INSERT INTO … (password) VALUES …`.

use super::keys::{Class, Family, classify};
use super::labels::is_entry;
use super::values::quotation;

const MAX_HEAD: usize = 2048;
const MAX_CELL: usize = 600;
const MAX_STATEMENT: usize = 16 * 1024;

fn class(name: &[u8]) -> Option<Class> {
    classify(name).filter(|class| matches!(class.family, Family::Password | Family::Token))
}

/// Calls `found` with the secrets in the column of the page's table whose head has the name at `name`.
/// Returns where the table ends; `None` when there is none.
pub(super) fn below(
    text: &[u8],
    name: usize,
    class: Class,
    mut found: impl FnMut(usize, usize, &'static str),
) -> Option<usize> {
    if !matches!(class.family, Family::Password | Family::Token) {
        return None;
    }
    let floor = name.saturating_sub(MAX_HEAD);
    let before = &text[floor..name];
    // Nothing but words is between the tag and the name.
    let tag = memchr::memrchr(b'<', &before[before.len().saturating_sub(80)..])?;
    let tag = &before[before.len().saturating_sub(80) + tag..];
    tag.starts_with(b"<th").then_some(())?;
    let row = memchr::memmem::rfind(before, b"<tr")?;
    let column = memchr::memmem::find_iter(&before[row..], b"<th").count().checked_sub(1)?;
    let mut at = name + memchr::memmem::find(&text[name..text.len().min(name + MAX_HEAD)], b"</tr>")?;
    let end = memchr::memmem::find(&text[at..], b"</table").map_or(text.len(), |len| at + len);
    while let Some(open) = memchr::memmem::find(&text[at..end], b"<tr") {
        let row = at + open;
        let close = memchr::memmem::find(&text[row..end], b"</tr").map_or(end, |len| row + len);
        if let Some(cell) = memchr::memmem::find_iter(&text[row..close], b"<td").nth(column)
            && let Some((start, len)) = cell_text(text, row + cell, close)
            && is_entry(&text[start..start + len], class.family)
        {
            found(start, start + len, class.kind);
        }
        at = close.max(row + 3).min(end);
    }
    Some(end)
}

/// Where the text of the cell whose tag is at `at` is, without the tags in it, and how long it is.
fn cell_text(text: &[u8], at: usize, end: usize) -> Option<(usize, usize)> {
    let window = &text[at..end.min(at + MAX_CELL)];
    let mut from = 0;
    while window[from..].first() == Some(&b'<') {
        from += memchr::memchr(b'>', &window[from..])? + 1;
        from += window[from..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }
    let len = memchr::memchr(b'<', &window[from..])?;
    Some((at + from, window[from..from + len].trim_ascii_end().len()))
}

/// Calls `found` with the secrets among the values of `INSERT INTO`, which ends at `end`.
/// Returns where the values end.
pub(super) fn inserted(text: &[u8], end: usize, mut found: impl FnMut(usize, usize, &'static str)) -> usize {
    let window = &text[end..text.len().min(end + MAX_STATEMENT)];
    // The name of a table is short.
    let Some(open) = memchr::memchr(b'(', &window[..window.len().min(120)]) else { return end };
    let Some(close) = memchr::memchr2(b')', b';', window).filter(|close| *close > open) else { return end };
    let around = |b: u8| !b.is_ascii_alphanumeric() && b != b'_';
    let names: Vec<_> = window[open + 1..close]
        .split(|b| *b == b',')
        .map(|name| {
            let start = name.iter().position(|b| !around(*b)).unwrap_or(0);
            class(&name[start..name.iter().rposition(|b| !around(*b)).map_or(start, |last| last + 1)])
        })
        .collect();
    let rest = window[close + 1..].trim_ascii_start();
    if names.iter().all(Option::is_none)
        || !rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"values"))
    {
        return end;
    }
    let mut at = window.len() - rest.len() + 6;
    let mut column = 0;
    while let Some(&byte) = window.get(at) {
        match byte {
            b';' => break,
            b'(' => column = 0,
            b',' => column += 1,
            b'\'' => {
                let Some(len) = quotation(&window[at + 1..], byte, false) else { break };
                let value = &window[at + 1..at + 1 + len];
                let class = names.get(column).copied().flatten();
                if let Some(class) = class.filter(|class| is_entry(value, class.family)) {
                    found(end + at + 1, end + at + 1 + len, class.kind);
                }
                at += len + 1;
            }
            _ => {}
        }
        at += 1;
    }
    end + at.min(window.len())
}
