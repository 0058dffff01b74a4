//! Values of names: a quotation, a word, or a YAML block.

use super::view::{Depth, Depths};

// Longer values are keys and certificates, which have their own rules. For other values, the rest of the word is
// redacted too.
const MAX_VALUE: usize = 4096;
pub(super) const MAX_BARE: usize = 1024;
const MAX_GAP: usize = 40;
const MAX_BRACED: usize = 128;

/// The range of a value, without its quotation marks.
pub(super) struct Value {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
}

/// The value that begins at `at`.
pub(super) fn value(text: &[u8], at: usize, name: usize, depths: Depths<'_>) -> Option<Value> {
    if let Some(block) = block(text, at, name) {
        return Some(block);
    }
    let rest = text.get(at..)?;
    let prefix = rest.iter().take(2).take_while(|b| b"rbfuLN@$".contains(b)).count();
    let prefix = if matches!(rest.get(prefix), Some(b'"' | b'\'')) { prefix } else { 0 };
    let slashes = rest[prefix..].iter().take(8).take_while(|b| **b == b'\\').count();
    let open = prefix + slashes;
    if let Some(quote @ (b'"' | b'\'' | b'`')) = rest.get(open).copied() {
        let marks = rest[open..].iter().take(3).take_while(|b| **b == quote).count();
        // In CSV, quotation marks inside a quotation are doubled.
        let doubled = marks == 2 && rest.get(open + 2).is_some_and(u8::is_ascii_alphanumeric);
        let width = if slashes > 0 { 1 } else { marks.max(1) };
        let width = if width == 2 && !doubled { 1 } else { width };
        let start = at + open + width;
        let close = match width {
            2 => doubled_end(text, start, quote),
            _ => closing(text, start, quote, slashes, depths),
        };
        return Some(match close {
            Some(end) => Value { start, end, quoted: true },
            None => Value { start, end: bare_end(text, start, name, depths), quoted: false },
        })
        .filter(|value| value.start < value.end);
    }
    if let Some(braced) = braced(text, at) {
        return Some(braced);
    }
    let end = bare_end(text, at, name, depths);
    let end = end + app_password(&text[at..end.max(at)], &text[end..]);
    (at < end).then_some(Value { start: at, end, quoted: false })
}

/// The lines of a YAML block after `|` or `>`.
fn block(text: &[u8], at: usize, name: usize) -> Option<Value> {
    let rest = &text[at..text.len().min(at + MAX_VALUE)];
    if !matches!(rest.first(), Some(b'|' | b'>')) {
        return None;
    }
    let signs = 1 + rest[1..].iter().take(2).take_while(|b| b"-+123456789".contains(b)).count();
    let spaces = rest[signs..].iter().take_while(|b| b" \r".contains(b)).count();
    let mut start = signs + spaces;
    if rest.get(start) != Some(&b'\n') {
        return None;
    }
    let line = memchr::memrchr(b'\n', &text[name.saturating_sub(MAX_GAP)..name]);
    let outer =
        line.map(|line| name.saturating_sub(MAX_GAP) + line + 1).unwrap_or(name.saturating_sub(MAX_GAP));
    let outer = text[outer..name].iter().take_while(|b| **b == b' ').count();
    let (mut begin, mut end) = (None, 0);
    while start < rest.len() {
        start += 1;
        let len =
            memchr::memchr(b'\n', &rest[start.min(rest.len())..]).unwrap_or(rest.len().saturating_sub(start));
        let line = rest.get(start..start + len).unwrap_or_default();
        let indent = line.iter().take_while(|b| **b == b' ').count();
        if indent <= outer && !line.trim_ascii().is_empty() {
            break;
        }
        if !line.trim_ascii().is_empty() {
            begin = begin.or(Some(start + indent));
            end = start + line.trim_ascii_end().len();
        }
        start += len;
    }
    let begin = begin?;
    (begin < end).then_some(Value { start: at + begin, end: at + end, quoted: true })
}

/// Where the quotation that began before `start` closes. The closing `quote` has as many backslashes before it as the
/// opening one, and was not encoded more often.
fn closing(text: &[u8], start: usize, quote: u8, slashes: usize, depths: Depths<'_>) -> Option<usize> {
    let window = &text[start..text.len().min(start + MAX_VALUE)];
    let opening = depths.at(start - 1);
    // Where the quotation closes if an apparent quotation mark inside the value is really the closing one.
    let mut earlier = None;
    let mut inner = 0;
    for at in memchr::memchr2_iter(quote, b'\n', window) {
        if window[at] == b'\n' {
            return earlier;
        }
        if at < inner || depths.is_inside(start + at, opening) {
            continue;
        }
        let before = window[..at].iter().rev().take(16).take_while(|b| **b == b'\\').count();
        if slashes > 0 && before <= slashes {
            return Some(start + at - before.min(slashes));
        }
        if slashes == 0 && before % 2 == 0 {
            match inner_mark(&window[at..], quote).filter(|_| at > 0) {
                Some(len) => {
                    earlier = earlier.or(Some(start + at));
                    inner = at + len;
                }
                None => return Some(start + at),
            }
        }
    }
    earlier
}

/// The length of a quotation mark that is written inside a quotation: `''` in SQL, `'\''` in shells.
fn inner_mark(text: &[u8], quote: u8) -> Option<usize> {
    if quote == b'\'' && text.starts_with(b"'\\''") {
        return Some(4);
    }
    if quote == b'\'' && text.starts_with(b"'\"'\"'") {
        return Some(5);
    }
    let more = text.get(2).is_some_and(|b| b.is_ascii_alphanumeric() || b"!@#$%^&*-_+=.?".contains(b));
    (text.get(1) == Some(&quote) && more).then_some(2)
}

/// The length of the rest of a quotation on its line, including the quotation marks inside it.
///
/// If `escapes` is true, a quotation mark after a backslash is inside the quotation.
pub(super) fn quotation(rest: &[u8], quote: u8, escapes: bool) -> Option<usize> {
    let mut first = None;
    let mut inner = 0;
    for at in memchr::memchr2_iter(quote, b'\n', rest) {
        if rest[at] == b'\n' {
            break;
        }
        let slashes = rest[..at].iter().rev().take(16).take_while(|b| **b == b'\\').count();
        let len = inner_mark(&rest[at..], quote).filter(|_| at > 0);
        match len {
            _ if at < inner => {}
            Some(len) => inner = at + len,
            None if escapes && quote == b'"' && slashes % 2 == 1 => {}
            None => return Some(at),
        }
        first = first.or(Some(at));
    }
    first
}

/// The length of an SQL string, which begins after its quotation mark, and whether it closes on its line.
pub(super) fn string(rest: &[u8]) -> Option<(usize, bool)> {
    let len = quotation(rest, b'\'', false)?;
    Some((len, len == 0 || inner_mark(&rest[len..], b'\'').is_none()))
}

/// Where a quotation ends if the quotation marks inside it are doubled.
fn doubled_end(text: &[u8], start: usize, quote: u8) -> Option<usize> {
    let window = &text[start..text.len().min(start + MAX_VALUE)];
    let line = &window[..memchr::memchr(b'\n', window).unwrap_or(window.len())];
    memchr::memmem::find(line, &[quote, quote]).map(|len| start + len)
}

/// `{…}` after `=`, which ODBC uses for values that contain delimiters.
fn braced(text: &[u8], at: usize) -> Option<Value> {
    let window = text.get(at..text.len().min(at + MAX_BRACED))?.strip_prefix(b"{")?;
    // A brace inside the value is doubled.
    let mut braces = memchr::memchr2_iter(b'}', b'\n', window);
    let len = loop {
        match braces.next()? {
            at if window[at..].starts_with(b"}}") => braces.next()?,
            at => break Some(at).filter(|at| window[*at] == b'}')?,
        };
    };
    let value = &window[..len];
    let ends = window.get(len + 1).is_none_or(|b| b";\"'\r\n".contains(b));
    // Otherwise it is a template variable.
    let sign = value.iter().any(|b| b";@#$%^&*+?~,=! ".contains(b));
    let converted = value.len() > 1 && value[value.len() - 2] == b'!';
    let fits =
        ends && sign && !converted && !b"{$%".contains(value.first()?) && at > 0 && text[at - 1] == b'=';
    fits.then_some(Value { start: at + 1, end: at + 1 + len, quoted: true })
}

/// Where a value without quotation marks ends.
fn bare_end(text: &[u8], start: usize, name: usize, depths: Depths<'_>) -> usize {
    let query = name > 0 && matches!(text[name - 1], b'?' | b'&');
    let window = &text[start..text.len().min(start + MAX_BARE)];
    let before = text[..start].iter().rev().take(MAX_GAP).take_while(|b| **b == b' ').count();
    let sign = (start - before).checked_sub(1);
    let opening = sign.map_or(Depth::default(), |at| depths.at(at));
    let tag = sign.is_some_and(|at| text[at] == b'>');
    let assigned = before == 0 && sign.is_some_and(|at| text[at] == b'=');
    let variable = assigned && is_variable(text, name, start - 1);
    let mut end = window.len();
    for (at, &byte) in window.iter().enumerate() {
        let next = window.get(at + 1).copied().unwrap_or(b' ');
        let stops = match byte {
            // `PASSWORD=a&b=c`: after an environment variable, `&` ends the value only before another name in capitals.
            b'&' if variable && !next.is_ascii_uppercase() => next == b'&',
            b' ' if assigned && at > 1 && window[at - 1] == b'\\' && window[at - 2] != b'\\' => false,
            b'"' | b'\'' | b'`' | b';' => true,
            b'<' | b'>' => at > 0,
            b'\\' => matches!(next, b'n' | b'r' | b't' | b'"' | b'\'' | b'\\' | b'\n'),
            b'&' => query || next == b'&' || names_another(&window[at + 1..]),
            b'#' => query,
            b',' => matches!(next, b' ' | b'\n' | b'"' | b'\'') || names_another(&window[at + 1..]),
            b'[' => window[at..].starts_with(b"[redacted:"),
            // Spaces and control characters, such as the end of a terminal link.
            byte => byte <= b' ',
        };
        let inside = stops
            && if tag {
                depths.is_inside(start + at, opening)
            } else {
                depths.is_percent_inside(start + at, opening)
            };
        if stops && !inside {
            end = at;
            break;
        }
    }
    let trimmed = window[..end].iter().rev().take_while(|b| b".,:)]}|*".contains(b)).count();
    start + end - trimmed
}

/// The length of the text after `first` if both together are four groups of four letters, the form of app passwords.
fn app_password(first: &[u8], rest: &[u8]) -> usize {
    let group = |part: &[u8]| part[0] == b' ' && part[1..].iter().all(u8::is_ascii_lowercase);
    let whole = first.len() == 4 && rest.len() >= 15 && rest[..15].chunks(5).all(group);
    let ends = rest.get(15).is_none_or(|b| !b.is_ascii_alphanumeric());
    if whole && ends { 15 } else { 0 }
}

/// Whether `name..end` of `text` is a variable in capitals, as in environments.
fn is_variable(text: &[u8], name: usize, end: usize) -> bool {
    let upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let begins = name == 0 || text[name - 1].is_ascii_whitespace();
    begins && end > name && end - name > 4 && text[name..end].iter().all(upper)
}

/// Whether `rest` begins with `name=`.
fn names_another(rest: &[u8]) -> bool {
    let name = rest.iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)).count();
    name > 0 && rest.get(name) == Some(&b'=')
}
