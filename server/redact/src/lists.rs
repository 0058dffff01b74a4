//! Lists of secrets under one name: `passwords: ["…", "…"]`, `API_KEYS=…,…`, `tokens:` and lines that begin with `-`.
//!
//! A list is read to its end, however long it is. Each function returns that end, so that no part is read twice.

use super::keys::{Class, Family, classify};
use super::labels::is_entry;

// Commas, spaces and short comments separate two strings. After a longer gap, the list was never closed.
const MAX_GAP: usize = 256;
const MAX_NAME: usize = 64;
// Text is rarely escaped more than four times, which makes fifteen backslashes.
const MOST_SLASHES: usize = 16;

/// Calls `found` with each secret in the list assigned to a plural name. The name ends at `end`.
/// Returns where the list ends.
pub(super) fn items(text: &[u8], end: usize, class: Class, mut found: impl FnMut(usize, usize)) -> usize {
    let Some(start) = beginning(text, end).filter(|_| is_listed(class)) else { return end };
    let mut push = |start: usize, end: usize| {
        if is_entry(&text[start..end], class.family) {
            found(start, end);
        }
    };
    match text.get(start) {
        Some(b'[') => strings(text, start, (b'[', b']'), b"\"'", push),
        Some(b'(' | b'{') => enclosed(text, start, &mut push),
        Some(b'\n') => lines(text, start + 1, push),
        _ => separated(text, start, push),
    }
}

fn is_listed(class: Class) -> bool {
    matches!(class.family, Family::Password | Family::Token)
}

/// Where the list assigned to a name begins, after `=` or `: "`. The name ends at `end`.
fn beginning(text: &[u8], end: usize) -> Option<usize> {
    let signs = text[end..].iter().take(8).take_while(|b| b"\"' :=".contains(b)).count();
    text[end..end + signs].iter().any(|b| b":=".contains(b)).then_some(end + signs)
}

/// Calls `found` with each string between `brackets`, such as `[` and `]`. The opening bracket is at `open`.
/// Returns where the brackets close.
pub(super) fn strings(
    text: &[u8],
    open: usize,
    brackets: (u8, u8),
    quotes: &[u8],
    mut found: impl FnMut(usize, usize),
) -> usize {
    let mut depth = 0usize;
    let mut at = open;
    let mut done = open;
    while let Some(&byte) = text.get(at).filter(|_| at - done < MAX_GAP) {
        at += 1;
        if quotes.contains(&byte) {
            match closing(text, at, byte) {
                Close::At(end, after) => {
                    found(at, end);
                    (at, done) = (after, after);
                }
                // The text may have been cut off inside its last string.
                Close::Nowhere => found(at, text.len()),
                Close::Line => {}
            }
        } else if byte == brackets.0 {
            depth += 1;
        } else if byte == brackets.1 {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    done
}

/// Where a string closes.
enum Close {
    /// The end of the string, and the position after its quotation mark.
    At(usize, usize),
    /// Not on its line, so its quotation mark was an apostrophe.
    Line,
    /// Not before the end of the text.
    Nowhere,
}

/// Where the string that begins at `start`, after `quote`, closes.
fn closing(text: &[u8], start: usize, quote: u8) -> Close {
    let slashes = |text: &[u8]| text.iter().rev().take(MOST_SLASHES).take_while(|b| **b == b'\\').count();
    let opening = slashes(&text[..start - 1]);
    for len in memchr::memchr2_iter(quote, b'\n', &text[start..]) {
        let at = start + len;
        if text[at] == b'\n' {
            return Close::Line;
        }
        let before = slashes(&text[start..at]);
        if before <= opening || opening == 0 && before % 2 == 0 {
            return Close::At(at - before.min(opening), at + 1);
        }
    }
    Close::Nowhere
}

/// Calls `found` with each word in `(a b)` or `{ada: a}`, which begins at `open`, and with each string.
/// Returns where the bracket closes, or the line ends.
fn enclosed(text: &[u8], open: usize, found: &mut impl FnMut(usize, usize)) -> usize {
    let mut depth = 0usize;
    let mut string = None;
    let mut at = open;
    loop {
        word(text, at, b" ,(){}:=\"'\n", found);
        at += length(text, at, b" ,(){}:=\"'\n");
        match text.get(at) {
            None | Some(b'\n') => return at,
            Some(b'(' | b'{') if string.is_none() => depth += 1,
            Some(b')' | b'}') if string.is_none() => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            Some(quote @ (b'"' | b'\'')) => match string {
                None => {
                    if let Close::At(end, _) = closing(text, at + 1, *quote) {
                        found(at + 1, end);
                    }
                    string = Some(quote);
                }
                Some(open) if open == quote => string = None,
                Some(_) => {}
            },
            Some(_) => {}
        }
        at += 1;
    }
}

/// Calls `found` with each item of `a,b` from `at`. Returns where the line ends, or the next list or a sentence begins.
fn separated(text: &[u8], mut at: usize, mut found: impl FnMut(usize, usize)) -> usize {
    let is_space = |b: &&u8| b.is_ascii_whitespace() && **b != b'\n';
    loop {
        at += text[at..].iter().take_while(is_space).count();
        if begins_list(text, at) {
            return at;
        }
        let end = at + length(text, at, b",;\"' \n");
        let next = end + text[end..].iter().take_while(is_space).count();
        match text.get(next) {
            None | Some(b'\n' | b',' | b';' | b'"' | b'\'') => word(text, at, b",;\"' \n", &mut found),
            // Several words are a sentence.
            Some(_) => return end,
        }
        if matches!(text.get(next), None | Some(b'\n')) {
            return next;
        }
        at = next + 1;
    }
}

/// Whether another list begins at `at`: a plural name that indicates secrets, and a sign.
fn begins_list(text: &[u8], at: usize) -> bool {
    let part = |b: &&u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let len = text[at..].iter().take(MAX_NAME).take_while(part).count();
    let Some((last, name)) = text[at..at + len].split_last() else { return false };
    last.eq_ignore_ascii_case(&b's')
        && beginning(text, at + len).is_some()
        && classify(name).is_some_and(is_listed)
}

/// Calls `found` with each item of the lines that begin with `- ` from `at`. Returns where they end.
fn lines(text: &[u8], mut at: usize, mut found: impl FnMut(usize, usize)) -> usize {
    while at < text.len() {
        let begin = at + text[at..].iter().take_while(|b| **b == b' ').count();
        let Some(line) = text[begin..].strip_prefix(b"- ") else { return at };
        let len = memchr::memchr(b'\n', line).unwrap_or(line.len());
        let item = line[..len].trim_ascii_end();
        if item.is_empty() {
            return at;
        }
        let quotes = usize::from(item.len() > 1 && b"\"'".contains(&item[0]) && item.last() == item.first());
        found(begin + 2 + quotes, begin + 2 + item.len() - quotes);
        at = begin + 2 + len + 1;
    }
    text.len()
}

/// The length of the word at `at`, which ends before one of `stops`.
fn length(text: &[u8], at: usize, stops: &[u8]) -> usize {
    text[at..].iter().position(|b| stops.contains(b)).unwrap_or(text.len() - at)
}

/// Calls `found` with the word at `at`, without the white space around it, unless it is empty.
fn word(text: &[u8], at: usize, stops: &[u8], found: &mut impl FnMut(usize, usize)) {
    let word = &text[at..at + length(text, at, stops)];
    let start = at + word.len() - word.trim_ascii_start().len();
    let len = word.trim_ascii().len();
    if len > 0 {
        found(start, start + len);
    }
}
