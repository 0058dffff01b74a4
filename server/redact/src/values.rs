//! What is given to a name: a quotation, a word, a block of YAML.

// Longer values are keys and certificates, which have their own rules; past this the rest of the word goes too.
const MAX_VALUE: usize = 4096;
pub(super) const MAX_BARE: usize = 1024;
const MAX_GAP: usize = 40;

/// Where a value is, without its quotation marks.
pub(super) struct Value {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
}

/// The value that begins at `at`.
pub(super) fn value(text: &[u8], at: usize, name: usize) -> Option<Value> {
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
        let width = if marks == 3 && slashes == 0 { 3 } else { 1 };
        let start = at + open + width;
        return Some(match closing(text, start, quote, slashes) {
            Some(end) => Value { start, end, quoted: true },
            None => Value { start, end: bare_end(text, start, name), quoted: false },
        })
        .filter(|value| value.start < value.end);
    }
    let end = bare_end(text, at, name);
    let end = end + app_password(&text[at..end.max(at)], &text[end..]);
    (at < end).then_some(Value { start: at, end, quoted: false })
}

/// The block of lines that follows `|` or `>` in YAML.
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

/// Where the quotation that began before `start` closes: at `quote` after as many backslashes as before the first.
fn closing(text: &[u8], start: usize, quote: u8, slashes: usize) -> Option<usize> {
    let window = &text[start..text.len().min(start + MAX_VALUE)];
    for at in memchr::memchr2_iter(quote, b'\n', window) {
        if window[at] == b'\n' {
            return None;
        }
        let before = window[..at].iter().rev().take(16).take_while(|b| **b == b'\\').count();
        if slashes > 0 && before <= slashes || slashes == 0 && before % 2 == 0 {
            return Some(start + at - before.min(slashes));
        }
    }
    None
}

/// Where a value without quotation marks ends.
fn bare_end(text: &[u8], start: usize, name: usize) -> usize {
    let query = name > 0 && matches!(text[name - 1], b'?' | b'&');
    let window = &text[start..text.len().min(start + MAX_BARE)];
    let mut end = window.len();
    for (at, &byte) in window.iter().enumerate() {
        let next = window.get(at + 1).copied().unwrap_or(b' ');
        let stops = match byte {
            b'"' | b'\'' | b'`' | b';' => true,
            b'<' | b'>' => at > 0,
            b'\\' => matches!(next, b'n' | b'r' | b't' | b'"' | b'\'' | b'\\' | b'\n'),
            b'&' => query || next == b'&' || names_another(&window[at + 1..]),
            b'#' => query,
            b',' => matches!(next, b' ' | b'\n' | b'"' | b'\'') || names_another(&window[at + 1..]),
            b'[' => window[at..].starts_with(b"[redacted:"),
            // Controls too, such as the end of a terminal's link.
            byte => byte <= b' ',
        };
        if stops {
            end = at;
            break;
        }
    }
    let trimmed = window[..end].iter().rev().take_while(|b| b".,:)]}|*".contains(b)).count();
    start + end - trimmed
}

/// What follows `first` when both are four groups of four letters, as mail providers write them.
fn app_password(first: &[u8], rest: &[u8]) -> usize {
    let group = |part: &[u8]| part[0] == b' ' && part[1..].iter().all(u8::is_ascii_lowercase);
    let whole = first.len() == 4 && rest.len() >= 15 && rest[..15].chunks(5).all(group);
    let ends = rest.get(15).is_none_or(|b| !b.is_ascii_alphanumeric());
    if whole && ends { 15 } else { 0 }
}

/// Whether `rest` begins with `name=`.
fn names_another(rest: &[u8]) -> bool {
    let name = rest.iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)).count();
    name > 0 && rest.get(name) == Some(&b'=')
}
