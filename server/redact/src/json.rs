//! JSON text: each string is redacted by its name and its content, and every other byte stays the same.

use std::borrow::Cow;

use super::Redactor;
use super::arguments::Arguments;
use super::entropy::Shape;
use super::harmless::{Standing, is_own, is_placeholder, is_secret};
use super::keys::{Class, Family, classify};
use super::{structure, view};

/// An open array or object.
#[derive(Clone, Copy, Default)]
struct Level {
    object: bool,
    /// Whether the next string is a name.
    name: bool,
    /// The class of the name of the current value.
    class: Option<Class>,
    /// The class of the name that the member `name` or `key` of this object gives to its member `value`.
    named: Option<Class>,
    /// What the strings of this array imply about each other.
    arguments: Arguments,
    /// Whether the current member is `name` or `key`, and whether it is `value`.
    names: bool,
    value: bool,
}

// For longer strings, the search for keywords is worth its cost.
const MOST_PLAIN: usize = 512;
// Shorter than any secret that can be recognized without its context.
const SHORT: usize = 7;
/// The names in most requests.
const OWN_NAMES: [&str; 16] = [
    "after_seq",
    "approval_id",
    "artifact_id",
    "before_seq",
    "client_info",
    "event_id",
    "include_archived",
    "max_bytes",
    "max_events",
    "max_tokens",
    "subscription_id",
    "thread_id",
    "timeout_ms",
    "token_id",
    "upto_seq",
    "workroom_id",
];

/// Whether JSON contains only our own names and ids, and words that are too short to be secrets. Most requests are like
/// this, and this check spares them the search for keywords, which takes a millisecond to build.
pub(super) fn is_plain(json: &str) -> bool {
    let word = |byte: &u8| !b"{}[],:\" ".contains(byte);
    json.len() <= MOST_PLAIN
        && !json.contains('\\')
        && json.as_bytes().split(|byte| !word(byte)).all(|run| {
            (run.len() <= SHORT && classify(run).is_none() && !is_flag(run))
                || is_own(run)
                || OWN_NAMES.iter().any(|name| name.as_bytes() == run)
        })
}

/// Whether `run` is a flag such as `-u`, whose value may be short.
fn is_flag(run: &[u8]) -> bool {
    run.first() == Some(&b'-') && run.get(1).is_some_and(u8::is_ascii_alphabetic)
}

/// `json` with its secrets replaced, or `None` if it has none or is not valid JSON.
pub(super) fn redact(redactor: &Redactor, json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut levels: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let mut private = private_members(bytes).into_iter().peekable();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let replacement = match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at)?;
                at = end;
                let decoded = decode(&json[start + 1..end - 1]);
                while private.next_if(|member| *member <= start).is_some() {}
                let replacement = if level.name {
                    name(redactor, &decoded, &mut level)
                } else if private.next_if_eq(&(start + 1)).is_some() {
                    Some("[redacted:private_key]".to_owned())
                } else {
                    value(redactor, &decoded, &mut level, &bytes[end..])
                };
                replacement.map(|text| serde_json::Value::String(text).to_string())
            }
            b'-' | b'0'..=b'9' => {
                at += bytes[at..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
                    .count();
                number(&json[start..at], level.class)
            }
            byte => {
                at += 1;
                match byte {
                    b'{' | b'[' => {
                        let listed = !levels.is_empty() && !level.object;
                        levels.push(level);
                        let object = byte == b'{';
                        let arguments = Arguments::new(listed);
                        // The name of an array applies to each string in it.
                        let class = level.class.filter(|_| !object);
                        level = Level { object, name: object, class, arguments, ..Level::default() };
                    }
                    b'}' | b']' => level = levels.pop().unwrap_or_default(),
                    b':' => level.name = false,
                    b',' if level.object => {
                        level = Level { class: None, name: true, names: false, value: false, ..level }
                    }
                    b',' => level.arguments.index += 1,
                    _ => {}
                }
                None
            }
        };
        if let Some(text) = replacement {
            out.push_str(&json[copied..start]);
            out.push_str(&text);
            copied = at;
        }
    }
    (copied > 0).then(|| out + &json[copied..])
}

fn name(redactor: &Redactor, decoded: &str, level: &mut Level) -> Option<String> {
    // Most names are plain words without any decoration.
    let word = decoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.$".contains(&b));
    let shown = if word { Cow::Borrowed(decoded) } else { view::shown(decoded) };
    level.class = classify(shown.as_bytes());
    level.names = is_naming(&shown);
    level.value = matches!(&*shown, "value" | "Value");
    owned(redactor.text(decoded))
}

/// Redacts a string value. `rest` is the JSON after the string.
fn value(redactor: &Redactor, decoded: &str, level: &mut Level, rest: &[u8]) -> Option<String> {
    if level.names {
        level.named = classify(view::shown(decoded).as_bytes());
    }
    let named = || level.value.then(|| level.named.or_else(|| name_behind(rest))).flatten();
    let class = level.class.or_else(named);
    if let Some(class) = class.filter(|class| is_whole(decoded, *class)) {
        return Some(format!("[redacted:{}]", class.kind));
    }
    if !level.object {
        let last = rest.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b']');
        if let Some(taken) = level.arguments.take(decoded, last) {
            // The rest of the string may contain other secrets.
            return Some(redactor.text(&taken).into_owned());
        }
    }
    owned(redactor.text(decoded))
}

/// The class of the `name` or `key` that directly follows a `value`.
fn name_behind(rest: &[u8]) -> Option<Class> {
    let (member, rest) = next_string(rest, b',')?;
    let (name, _) = next_string(rest, b':')?;
    is_naming(std::str::from_utf8(member).ok()?).then(|| classify(name))?
}

/// The string after `sign`, and the text after the string. A string with escapes is not a name.
fn next_string(text: &[u8], sign: u8) -> Option<(&[u8], &[u8])> {
    // Longer strings are not names, and the limit keeps the whole search linear.
    let text = &text[..text.len().min(256)];
    let text = text.trim_ascii_start().strip_prefix(&[sign])?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr::memchr2(b'"', b'\\', text).filter(|end| text[*end] == b'"')?;
    Some((&text[..end], &text[end + 1..]))
}

fn is_naming(name: &str) -> bool {
    matches!(name, "name" | "key" | "Name" | "Key" | "header")
}

/// The positions of the private members of JSON Web Keys, after their opening quotation marks.
fn private_members(json: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut done = 0;
    for at in memchr::memmem::find_iter(json, b"\"kty\"") {
        if at >= done {
            done = structure::jwk(json, at, done, |start, _| found.push(start));
        }
    }
    found
}

/// Whether a string is secret because of its name.
pub(super) fn is_whole(value: &str, class: Class) -> bool {
    let bytes = value.as_bytes();
    let template = is_placeholder(bytes) || is_own(bytes);
    match class.family {
        _ if template || value.contains("[redacted:") => false,
        // Skip versions, and the tokens of lexers and models.
        Family::Token if class.kind != "secret" && bytes.len() < 3 || class.bare && is_word(value) => false,
        Family::Password | Family::Token | Family::Header | Family::Cookie => true,
        Family::Weak => {
            is_secret(bytes, Family::Weak, Standing::Quoted)
                || class.kind == "token" && is_secret(bytes, Family::Token, Standing::Quoted)
        }
    }
}

/// Whether `value` is one word, such as `Ident`.
fn is_word(value: &str) -> bool {
    let word = value.trim();
    let letters = word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    letters && word.len() <= 24 && Shape::of(word.as_bytes()).surprise < 250
}

fn number(digits: &str, class: Option<Class>) -> Option<String> {
    let class = class?;
    let least = match class.family {
        Family::Password => 4,
        Family::Token => 6,
        _ => return None,
    };
    let whole = digits.len() >= least && digits.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| format!("\"[redacted:{}]\"", class.kind))
}

fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// Where the string that begins at `start` ends, after its quotation mark.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The content of a string literal. Half of a surrogate pair becomes a replacement character.
fn decode(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let escape = after.chars().next().unwrap_or('\\');
        rest = after.get(escape.len_utf8()..).unwrap_or_default();
        match escape {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => {
                let unit = |text: &str| text.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
                let high = unit(rest).unwrap_or(0xfffd);
                rest = rest.get(4..).unwrap_or_default();
                let low = rest.strip_prefix("\\u").and_then(unit);
                let pair =
                    low.filter(|low| (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(low));
                if pair.is_some() {
                    rest = rest.get(6..).unwrap_or_default();
                }
                let units = std::iter::once(high).chain(pair);
                out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out + rest)
}
