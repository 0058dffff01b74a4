//! Tokens of vendors that are not in the table, recognized by their shape: `xyz_live_…`, `acme-pat-…`.

use super::entropy::{Shape, is_random, is_random_hex};
use super::harmless::{is_own, is_placeholder, is_something_else};

/// Shorter words are ignored, so the search can skip most of a text.
const SHORTEST: usize = 24;

/// Parts of a prefix that indicate that the rest is a secret.
const TOKEN_WORDS: &[&[u8]] = &[
    b"live", b"test", b"prod", b"sk", b"pat", b"key", b"secret", b"token", b"tok", b"api", b"auth",
    b"access", b"priv", b"rk", b"ak", b"sec", b"pw", b"cred", b"apikey", b"sbx", b"sandbox", b"staging",
    b"bot", b"dk", b"ik", b"uk", b"pt", b"sat", b"private", b"svc", b"service", b"deploy", b"admin",
    b"whsec", b"whk", b"sk1", b"v1", b"v2",
];

/// Prefixes of identifiers that services publish, and of cache keys. They name things and give no access.
const ID_PREFIXES: &[&[u8]] = &[
    b"msg",
    b"req",
    b"toolu",
    b"call",
    b"chatcmpl",
    b"cus",
    b"pi",
    b"evt",
    b"ch",
    b"in",
    b"sub",
    b"price",
    b"file",
    b"run",
    b"asst",
    b"thread",
    b"step",
    b"batch",
    b"resp",
    b"org",
    b"user",
    b"proj",
    b"usr",
    b"acct",
    b"team",
    b"pm",
    b"si",
    b"il",
    b"seti",
    b"txn",
    b"po",
    b"card",
    b"cs",
    b"id",
    b"sha",
    b"sha256",
    b"sha512",
    b"sha1",
    b"md5",
    b"vs",
    b"build",
    b"job",
    b"img",
    b"index",
    b"chunk",
    b"main",
    b"css",
    b"module",
    b"class",
    b"rs",
    b"fc",
    b"item",
    b"ws",
    b"pub",
    b"pk",
    b"gen",
    b"sbx",
    b"sandbox",
    b"v1",
    b"v2",
    b"linux",
    b"ubuntu",
    b"macos",
    b"windows",
    b"cache",
];

/// Calls `found` with the range of every such token, from left to right.
pub(super) fn tokens(text: &[u8], mut found: impl FnMut(usize, usize)) {
    let mut at = SHORTEST - 1;
    let mut done = 0;
    while at < text.len() {
        if !is_word(text[at]) {
            at += SHORTEST;
            continue;
        }
        let start = (done..at).rev().take_while(|&i| is_word(text[i])).last().unwrap_or(at);
        let mut end = (at..text.len()).find(|&i| !is_word(text[i])).unwrap_or(text.len());
        // The `n` of a line break that is written as `\n` is not part of the word.
        let escaped = start > 0 && text[start - 1] == b'\\' && b"nrt".contains(&text[start]);
        let start = start + usize::from(escaped);
        if end - start >= SHORTEST && is_token(&text[start..end]) {
            // Dots between random parts belong to the token.
            while text.get(end) == Some(&b'.') {
                let next = (end + 1..text.len()).find(|&i| !is_word(text[i])).unwrap_or(text.len());
                let part = &text[end + 1..next];
                if part.len() < 8 || !is_random(part, &Shape::of(part)) {
                    break;
                }
                end = next;
            }
            found(start, end);
        }
        done = end;
        at = end + SHORTEST;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether `word` has a prefix from `TOKEN_WORDS` and a random body, or any prefix and a long body of all classes.
pub(super) fn is_token(word: &[u8]) -> bool {
    let mut meaningful = false;
    let mut from = 0;
    let separators = word.iter().enumerate().take(48).filter(|(_, byte)| b"_-".contains(byte));
    for (parts, (at, _)) in separators.enumerate() {
        let part = &word[from..at];
        let one_case = !part.iter().any(u8::is_ascii_lowercase) || !part.iter().any(u8::is_ascii_uppercase);
        let plain = part.len() <= 12 && one_case && part.iter().all(u8::is_ascii_alphanumeric);
        if !plain
            || part.is_empty()
            || parts == 0 && (!part[0].is_ascii_alphabetic() || ID_PREFIXES.contains(&part))
        {
            break;
        }
        // Random text often has a sign after one letter, as in `F_…`.
        if parts == 0 && part.len() < 2 {
            break;
        }
        let lower = part.to_ascii_lowercase();
        meaningful |= TOKEN_WORDS.contains(&lower.as_slice())
            || parts == 0 && [&b"api"[..], b"key", b"pat"].iter().any(|w| lower.ends_with(w));
        from = at + 1;
        let body = &word[from..];
        if body.len() >= 16 && is_body(body, meaningful) {
            return !is_own(word) && !is_placeholder(word) && !is_something_else(word);
        }
    }
    false
}

fn is_body(body: &[u8], meaningful: bool) -> bool {
    let shape = Shape::of(body);
    // Slugs and names have a separator every few letters. A random body has hardly any.
    let breaks = body.iter().filter(|byte| b"_-".contains(byte)).count();
    if breaks * 12 > body.len() || breaks > 0 && shape.lower == 0 {
        return false;
    }
    if meaningful {
        return is_random_hex(body, &shape)
            || (shape.digits > 0
                && is_random(body, &shape)
                && (shape.classes() == 3 || body.len() >= 20)
                && !shape.hex);
    }
    body.len() >= 30 && shape.classes() == 3 && shape.digits >= 2 && is_random(body, &shape)
}
