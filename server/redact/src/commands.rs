//! Secrets that can only be identified by a command, a manifest or a sequence of words.

use super::entropy::{Shape, is_random, is_random_hex, is_uuid};
use super::given::is_given;
use super::harmless::{Standing, is_own, is_placeholder, is_secret};
use super::keys::Family;
use super::structure::Range;
use super::values::quotation;

const MAX_COMMAND: usize = 256;
const MAX_MANIFEST: usize = 8 * 1024;

/// The password after `-u user:` of an HTTP client. `at` is the position after the flag.
pub(super) fn user(text: &[u8], at: usize) -> Option<Range> {
    let (start, end) = word(text, at)?;
    let colon = start + memchr::memchr(b':', &text[start..end])? + 1;
    let password = &text[colon..end];
    let shape = Shape::of(password);
    let line = &text[at.saturating_sub(MAX_COMMAND)..at];
    let client =
        [&b"curl"[..], b"http", b"wget"].iter().any(|name| memchr::memmem::find(line, name).is_some());
    let variable = password.starts_with(b"\\\"$");
    let fits = client && password.len() >= 4 && shape.letters() > 0 && !variable && !is_placeholder(password);
    fits.then_some((colon, end, "password"))
}

/// The password after `-p`, `-a` or `-w` of a command that takes one. `at` is the position after the command's name.
pub(super) fn flag(text: &[u8], at: usize, flag: &[u8], apart: bool) -> Option<Range> {
    let window = &text[at..text.len().min(at + MAX_COMMAND)];
    let line = memchr::memchr(b'\n', window).unwrap_or(window.len());
    let found = at + memchr::memmem::find(&window[..line], flag)? + flag.len();
    let space = text.get(found) == Some(&b' ');
    if space && !apart {
        return None;
    }
    let (start, end) = word(text, found)?;
    let value = &text[start..end];
    let fits = value.len() >= 4
        && !is_placeholder(value)
        && !value.starts_with(b"-")
        && Shape::of(value).letters() > 0;
    (fits && (apart || is_secret(value, Family::Password, Standing::Tight)))
        .then_some((start, end, "password"))
}

/// The next word of a command line, without quotation marks.
fn word(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let window = &text[at.min(text.len())..text.len().min(at + MAX_COMMAND)];
    let start = window.iter().take(8).take_while(|b| b" =\\,".contains(b)).count();
    let quote = window.get(start).copied().filter(|b| b"\"'".contains(b));
    let start = start + usize::from(quote.is_some());
    let rest = window.get(start..)?;
    let len = match quote {
        Some(quote) => quotation(rest, quote, !window[..start].contains(&b'\\'))?,
        None => {
            rest.iter().position(|b| b.is_ascii_whitespace() || b"\"'`\\".contains(b)).unwrap_or(rest.len())
        }
    };
    (len > 0).then_some((at + start, at + start + len))
}

/// The password in quotation marks after `IDENTIFIED BY`, `ConvertTo-SecureString` or a similar phrase at `start..end`.
pub(super) fn quoted(text: &[u8], start: usize, end: usize) -> Option<Range> {
    let window = &text[end..text.len().min(end + 80)];
    // `IDENTIFIED BY otter;`: in old SQL statements the password has no quotation marks.
    if text[end - 1].eq_ignore_ascii_case(&b'y') && window.first() == Some(&b' ') && is_statement(text, start)
    {
        let len =
            window[1..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"_$#!-".contains(b)).count();
        let value = &window[1..1 + len];
        let word = value.eq_ignore_ascii_case(b"password") || value.eq_ignore_ascii_case(b"values");
        if len >= 4 && !word && is_given(value, true) {
            return Some((end + 1, end + 1 + len, "password"));
        }
    }
    let mark = window.iter().position(|b| b"\"'\\".contains(b))?;
    let between = window[..mark].to_ascii_lowercase();
    let between = between.trim_ascii();
    let fits = match text[end - 1].to_ascii_lowercase() {
        // "Errors are identified by 'code'" is a sentence.
        b'y' => between.is_empty() && is_statement(text, start),
        b'h' => between.ends_with(b" by") && is_statement(text, start),
        _ => between.is_empty() || between == b"-string",
    };
    let (start, end) = word(text, end + mark).filter(|_| fits)?;
    let value = &text[start..end];
    let given = value.len() >= 4 && !is_placeholder(value) && !value.starts_with(b"$");
    given.then_some((start, end, "password"))
}

/// Whether the words at `at` belong to an SQL statement about a user: they are in capitals, or they follow words such
/// as `create user`.
fn is_statement(text: &[u8], at: usize) -> bool {
    let before = text[at.saturating_sub(MAX_COMMAND / 2)..at].to_ascii_lowercase();
    text[at].is_ascii_uppercase() && text[at + 1].is_ascii_uppercase()
        || [&b"create user "[..], b"alter user ", b"grant "]
            .iter()
            .any(|word| memchr::memmem::find(&before, word).is_some())
}

/// The value after `magic=`, `reset-password/` or a similar word of a link. The word is at `start..end`.
pub(super) fn link(text: &[u8], start: usize, end: usize) -> Option<Range> {
    if !matches!(text.get(start.wrapping_sub(1)), Some(b'/' | b'?' | b'&')) {
        return None;
    }
    let window = &text[end..text.len().min(end + MAX_COMMAND)];
    let name = window.iter().take(24).take_while(|b| b.is_ascii_alphabetic() || b"_-".contains(b)).count();
    if !matches!(window.get(name), Some(b'/' | b'=')) {
        return None;
    }
    let value = &window[name + 1..];
    let letter = |b: &u8| b.is_ascii_alphanumeric() || b"_-.~%=".contains(b);
    let len = value.iter().take_while(|b| letter(b)).count();
    let len = len - value[..len].iter().rev().take_while(|b| **b == b'.').count();
    let value = &value[..len];
    let shape = Shape::of(value);
    let drawn = is_random_hex(value, &shape)
        || is_uuid(value)
        || len >= 20 && shape.digits > 0 && is_random(value, &shape);
    let start = end + name + 1;
    (drawn && !is_own(value)).then_some((start, start + len, "link_token"))
}

/// Entries of these manifests that only name a user or a host.
const PUBLIC_ENTRIES: &[&[u8]] =
    &[b"username", b"user", b"host", b"hostname", b"port", b"database", b"dbname", b"email", b"type"];

/// Finds the values under `data:` and `stringData:` of the manifest whose `kind: Secret` is at `at`.
/// Returns where the manifest ends: at the next document, or where no entries follow. Entries are read to their end.
pub(super) fn manifest(text: &[u8], at: usize, mut found: impl FnMut(usize, usize)) -> usize {
    let from = at.saturating_sub(MAX_MANIFEST / 4);
    let from = memchr::memmem::rfind(&text[from..at], b"\n---").map_or(from, |mark| from + mark + 1);
    let mut limit = text.len().min(at + MAX_MANIFEST);
    let mut inside = None;
    let mut start = from;
    while start < limit {
        let line_end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at);
        let line = &text[start..line_end];
        if start > at && line.starts_with(b"---") {
            return start;
        }
        let indent = line.iter().take_while(|b| **b == b' ').count();
        let name = &line[indent..];
        if name.starts_with(b"data:") || name.starts_with(b"stringData:") {
            inside = Some(indent);
        } else if inside.is_some_and(|outer| indent <= outer) && !name.is_empty() {
            inside = None;
        } else if inside.is_some()
            && let Some(colon) = memchr::memmem::find(name, b": ")
        {
            let value = &name[colon + 2..];
            let quotes = usize::from(value.first().is_some_and(|b| b"\"'".contains(b)));
            let close = value.iter().rev().take_while(|b| b"\"' \r".contains(b)).count();
            let begin = start + indent + colon + 2 + quotes;
            let stop = line_end - close.min(value.len());
            let public = PUBLIC_ENTRIES.contains(&&name[..colon]);
            if begin < stop && !public && !is_placeholder(&text[begin..stop]) && !b"|>".contains(&text[begin])
            {
                found(begin, stop);
            }
        }
        start = line_end + 1;
        if inside.is_some() {
            limit = text.len().min(start + MAX_MANIFEST);
        }
    }
    start.min(text.len())
}

/// The password among the arguments, which begin at `at`, of a function that takes a user and a password.
pub(super) fn call(text: &[u8], at: usize) -> Option<Range> {
    let window = &text[at..text.len().min(at + MAX_COMMAND)];
    let (mut strings, mut last) = (0, None);
    let mut from = 0;
    while let Some(open) = window[from..].iter().position(|b| b"\"'\n)".contains(b)) {
        let open = from + open;
        let quote = window[open];
        if quote == b'\n' || quote == b')' {
            break;
        }
        let len = memchr::memchr2(quote, b'\n', &window[open + 1..])?;
        strings += 1;
        last = Some((open + 1, open + 1 + len));
        from = open + 2 + len;
    }
    let (start, end) =
        last.filter(|_| strings >= 2 || window.first().is_some_and(u8::is_ascii_alphabetic))?;
    let value = &window[start..end];
    let named =
        value.contains(&b'@') || value.contains(&b' ') || value.contains(&b'.') || value.contains(&b'/');
    let first = window[..start].contains(&b',');
    (first && !named && value.len() >= 6 && is_given(value, true)).then_some((
        at + start,
        at + end,
        "password",
    ))
}

/// The secret access key near an AWS access key id. The id ends at `end`.
pub(super) fn aws_secret(text: &[u8], end: usize) -> Option<Range> {
    let window = &text[end..text.len().min(end + 120)];
    let letter = |b: &u8| b.is_ascii_alphanumeric() || b"+/".contains(b);
    let mut at = 0;
    while at < window.len() {
        let len = window[at..].iter().take_while(|b| letter(b)).count();
        let value = &window[at..at + len];
        if len == 40 {
            let shape = Shape::of(value);
            let drawn = is_random(value, &shape) && !shape.hex && !is_placeholder(value);
            return drawn.then_some((end + at, end + at + len, "aws_secret_key"));
        }
        at += len.max(1);
    }
    None
}

/// The token next to a Twilio account id. The id begins at `start`.
pub(super) fn twilio_token(text: &[u8], start: usize) -> Option<Range> {
    const ID: usize = 34;
    let id = text.get(start..start + ID)?;
    let apart = start == 0 || !text[start - 1].is_ascii_alphanumeric();
    if !(apart && id.starts_with(b"AC") && id[2..].iter().all(is_lower_hex)) {
        return None;
    }
    let end = start + ID;
    let window = &text[end..text.len().min(end + 100)];
    let gap = window.iter().take_while(|b| b"\"', :\n\t=()".contains(b)).count();
    let token = &window[gap..];
    let len = token.iter().take_while(|b| is_lower_hex(b)).count();
    let ends = token.get(len).is_none_or(|b| !b.is_ascii_alphanumeric());
    (gap > 0 && len == 32 && ends && !is_placeholder(&token[..len])).then_some((
        end + gap,
        end + gap + len,
        "twilio_key",
    ))
}

fn is_lower_hex(byte: &u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)
}

/// A random part of the path of a URL that contains `webhook`. That word ends at `at`.
pub(super) fn webhook(text: &[u8], at: usize) -> Option<Range> {
    let before = &text[at.saturating_sub(160)..at];
    let begins = memchr::memmem::rfind(before, b"://")?;
    if before[begins..].iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let window = &text[at..text.len().min(at + MAX_COMMAND)];
    let stop = window.iter().position(|b| b.is_ascii_whitespace() || b"\"'`<>)?#\\".contains(b));
    let window = &window[..stop.unwrap_or(window.len())];
    let mut start = 0;
    for part in window.split(|b| *b == b'/') {
        let shape = Shape::of(part);
        let drawn =
            part.len() >= 20 && (is_random(part, &shape) && shape.digits > 0 || is_random_hex(part, &shape));
        if drawn && !is_own(part) && !is_uuid(part) {
            return Some((at + start, at + window.len(), "webhook"));
        }
        start += part.len() + 1;
    }
    None
}
