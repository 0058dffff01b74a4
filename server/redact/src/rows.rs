//! Values that have names by position: the cells under `<th>Password</th>`, `INSERT INTO … (password) VALUES …`.

use super::find::class;
use super::keys::{Class, Family, classify};
use super::labels::is_entry;
use super::values::string;

// The head of a table is short. The table itself may have any length.
const MAX_HEAD: usize = 2048;
const MAX_NAMES: usize = 16 * 1024;
const MAX_TAG: usize = 80;
const MAX_GAP: usize = 256;

/// Calls `found` with the secrets in an HTML table. One of the names in its head is at `name..name_end`.
/// Returns where the table ends, or `None` if there is no table.
pub(super) fn below(
    text: &[u8],
    (name, name_end): (usize, usize),
    class: Class,
    mut found: impl FnMut(usize, usize, &'static str),
) -> Option<usize> {
    if !is_column(class) {
        return None;
    }
    is_head(text, name, name_end).then_some(())?;
    let floor = name.saturating_sub(MAX_HEAD);
    let mut at = floor + memchr::memmem::rfind(&text[floor..name], b"<tr")?;
    memchr::memmem::find(&text[name_end..text.len().min(name_end + MAX_HEAD)], b"</tr>")?;
    let end = memchr::memmem::find(&text[name..], b"</table").map_or(text.len(), |len| name + len);
    let mut columns = Vec::new();
    while let Some(open) = memchr::memmem::find(&text[at..end], b"<tr") {
        let row = at + open;
        let close = memchr::memmem::find(&text[row..end], b"</tr").map_or(end, |len| row + len);
        // A table may have several heads.
        if columns.is_empty() || memchr::memmem::find(&text[row..close], b"<td").is_none() {
            let named = |(at, end): (usize, usize)| (at..end).contains(&name).then_some(class);
            columns = cells(text, row, close).map(|cell| head(text, cell).or_else(|| named(cell))).collect();
        } else {
            for (cell, class) in cells(text, row, close).zip(&columns) {
                if let Some(class) = class
                    && let Some((start, end)) = cell_text(text, cell)
                    && is_entry(&text[start..end], class.family)
                {
                    found(start, end, class.kind);
                }
            }
        }
        at = close.max(row + 3).min(end);
    }
    Some(end)
}

/// Whether the name at `name..end` is in the text of a head cell: `<th><b>Name`. Only words may occur before it.
fn is_head(text: &[u8], name: usize, end: usize) -> bool {
    let floor = name.saturating_sub(MAX_TAG);
    let before = &text[floor..name];
    let Some(tag) = memchr::memrchr(b'<', before).and(memchr::memmem::rfind(before, b"<th")) else {
        return false;
    };
    let tags = &before[tag + 3..];
    let ended = [&b"</t"[..], b"<td"].iter().any(|other| memchr::memmem::find(tags, other).is_some());
    let opens = tags.first().is_some_and(|b| *b == b'>' || b.is_ascii_whitespace());
    let cell = cell_text(text, (floor + tag, end));
    opens && !ended && cell.is_some_and(|(start, stop)| start <= name && stop == end)
}

fn is_column(class: Class) -> bool {
    matches!(class.family, Family::Password | Family::Token)
}

/// The class of the column with the head `cell`, by the first word that implies one.
fn head(text: &[u8], cell: (usize, usize)) -> Option<Class> {
    let (start, end) = cell_text(text, cell)?;
    let part = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let mut at = start;
    text[start..end].split(|b| !part(b)).find_map(|word| {
        let from = at;
        at += word.len() + 1;
        class(text, from, from + word.len()).filter(|class| is_column(*class))
    })
}

/// The range of each cell of the HTML row at `row..close`, including its tag.
fn cells(text: &[u8], row: usize, close: usize) -> impl Iterator<Item = (usize, usize)> {
    let tags = move |from: usize| {
        let tag = |at: &usize| matches!(text.get(at + 2), Some(b'd' | b'h'));
        memchr::memmem::find_iter(&text[from..close], b"<t").map(move |len| from + len).find(tag)
    };
    let mut next = tags(row);
    std::iter::from_fn(move || {
        let at = next?;
        next = tags(at + 2);
        Some((at, next.unwrap_or(close)))
    })
}

/// The range of the text in the cell at `at..end`, without the tags around it.
fn cell_text(text: &[u8], (at, end): (usize, usize)) -> Option<(usize, usize)> {
    let cell = &text[at..end];
    let mut from = 0;
    while cell[from..].first() == Some(&b'<') {
        from += memchr::memchr(b'>', &cell[from..])? + 1;
        from += cell[from..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }
    let len = memchr::memchr(b'<', &cell[from..]).unwrap_or(cell.len() - from);
    Some((at + from, at + from + cell[from..from + len].trim_ascii_end().len()))
}

/// Calls `found` with the secrets among the values of `INSERT INTO`. These words end at `end`.
/// Returns where the values end.
pub(super) fn inserted(text: &[u8], end: usize, mut found: impl FnMut(usize, usize, &'static str)) -> usize {
    let window = &text[end..text.len().min(end + MAX_NAMES)];
    // The name of a table is short.
    let Some(open) = memchr::memchr(b'(', &window[..window.len().min(120)]) else { return end };
    let Some(close) = memchr::memchr2(b')', b';', window).filter(|close| *close > open) else { return end };
    let gap = text[end + close + 1..].iter().take(MAX_GAP).take_while(|b| b.is_ascii_whitespace()).count();
    let from = end + close + 1 + gap;
    if !text.get(from..from + 6).is_some_and(|word| word.eq_ignore_ascii_case(b"values")) {
        return end;
    }
    let around = |b: u8| !b.is_ascii_alphanumeric() && b != b'_';
    let names: Vec<_> = window[open + 1..close]
        .split(|b| *b == b',')
        .map(|name| {
            let start = name.iter().position(|b| !around(*b)).unwrap_or(0);
            let name = &name[start..name.iter().rposition(|b| !around(*b)).map_or(start, |last| last + 1)];
            classify(name).filter(|class| is_column(*class))
        })
        .collect();
    let mut at = from + 6;
    if names.iter().all(Option::is_none) {
        return at;
    }
    let (mut depth, mut column) = (0usize, 0);
    let mut done = at;
    // Between two rows there is only a comma.
    while let Some(&byte) = text.get(at).filter(|_| depth > 0 || at - done < MAX_GAP) {
        at += 1;
        match byte {
            b';' => break,
            b'(' => {
                column = if depth == 0 { 0 } else { column };
                depth += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                done = at;
            }
            b',' if depth == 1 => column += 1,
            b'\'' if depth > 0 => {
                // Without a closing mark on its line, the string was searched to the end of the line.
                let searched = || at + memchr::memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
                let Some((len, closed)) = string(&text[at..]) else { return searched() };
                if let Some(class) = names.get(column).copied().flatten()
                    && is_entry(&text[at..at + len], class.family)
                {
                    found(at, at + len, class.kind);
                }
                if !closed {
                    return searched();
                }
                at += len + 1;
            }
            _ => {}
        }
    }
    at
}
