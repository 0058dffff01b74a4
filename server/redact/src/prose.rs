//! Secrets in sentences: "the password for prod is: …", "my key is …".

use super::entropy::{Shape, is_named_hash, is_random, is_random_hex, is_uuid};
use super::foreign::is_term;
use super::given::is_given;
use super::harmless::{
    Standing, is_code, is_drawn, is_identifier, is_key, is_own, is_placeholder, is_secret, is_something_else,
};
use super::keys::Family;

// A sentence that leads from the word to its value is short; farther words belong to something else.
const REACH: usize = 72;
const MAX_WORD: usize = 300;

/// Words after which a value comes.
const LEADS: &[&[u8]] = &[
    b"is",
    b"was",
    b"are",
    b"be",
    b"to",
    b"use",
    b"using",
    b"with",
    b"now",
    b"=",
    b"->",
    b"=>",
    b"/",
    b"\xe2\x86\x92",
    b"\xe2\x80\x94",
    b"-",
    b"it",
    b"env",
    b"jetzt",
    b"nun",
    b"maintenant",
    b"ahora",
    b"ist",
    b"lautet",
    b"\xc3\xa9",
    b"\xc3\xa8",
    b"est",
    b"es",
];

/// Those of them after which nothing but the value comes: "the password to server1" is none.
const SAYS: &[&[u8]] =
    &[b"is", b"was", b"=", b"->", b"=>", b"now", b"ist", b"lautet", b"est", b"es", b"\xc3\xa9", b"\xc3\xa8"];

/// Words after which a hash or a name comes.
const OTHERS: &[&[u8]] = &[
    b"commit",
    b"sha",
    b"revision",
    b"rev",
    b"hash",
    b"digest",
    b"checksum",
    b"fingerprint",
    b"id",
    b"at",
    b"etag",
    b"session",
    b"request",
    b"branch",
    b"tag",
    b"file",
    b"named",
    b"called",
    b"build",
    b"version",
    b"merge",
    b"from",
    b"by",
    b"in",
];

/// The range of the secret that follows a secret-looking word which ends at `from`.
///
/// `named` says that the word itself means a password, and not a login or credentials.
pub(super) fn secret(text: &[u8], from: usize, family: Family, named: bool) -> Option<(usize, usize)> {
    let window = &text[from..text.len().min(from + REACH)];
    if !window.first().is_some_and(|b| b" \t:\"'`*),".contains(b)) {
        return None;
    }
    let line = memchr::memchr(b'\n', window).unwrap_or(window.len());
    let window = &window[..line.min(memchr::memmem::find(window, b"[redacted:").unwrap_or(line))];
    let mut at = window.iter().position(|b| b" :".contains(b))?;
    let mut lead = window.get(at) == Some(&b':');
    let mut says = lead;
    let mut other = false;
    let mut first = true;
    while at < window.len() {
        at += window[at..].iter().take_while(|b| b" \t:,(".contains(b)).count();
        let start = from + at;
        let long = &text[start.min(text.len())..text.len().min(start + MAX_WORD)];
        let len = long.iter().position(u8::is_ascii_whitespace).unwrap_or(long.len());
        let word = &long[..len];
        if at >= window.len() || word.is_empty() {
            return None;
        }
        let open = word.iter().take(3).take_while(|b| b"\"'`*(<".contains(b)).count();
        let body = &word[open..];
        let close = body.iter().rev().take_while(|b| b"\"'`*)>.,;:?".contains(b)).count();
        let body = &body[..body.len() - close];
        // A line break that is spelled out is no part of a word.
        let spelled = [&b"\\n"[..], b"\\r"].iter().find_map(|spelled| body.strip_suffix(*spelled));
        let body = spelled.unwrap_or(body);
        let quoted = open > 0 && close > 0;
        let hash = body.len() >= 6
            && body.iter().all(u8::is_ascii_hexdigit)
            && (first && family == Family::Weak || tells_hashes(text, from));
        let apposed = || first && named && is_strong(body) && is_apposed(text, from);
        let led = lead || quoted || first && family != Family::Password || apposed();
        let plain = named && lead && says && is_word_with_number(body);
        let given = named
            && told_by_quotes(&window[..at.min(window.len())], word, open, family)
            && is_given(body, true);
        if !other && !hash && (is_value(body, family, led) || plain || given) {
            return Some((start + open, start + open + body.len()));
        }
        lead = LEADS.contains(&word)
            || word == b"auf" && is_changed(&window[(at + len).min(window.len())..])
            || word.last().is_some_and(|b| b":=".contains(b));
        says = SAYS.contains(&word) || word.last().is_some_and(|b| b":=".contains(b));
        other = OTHERS.contains(&word.to_ascii_lowercase().as_slice());
        // Another sentence.
        if word.last() == Some(&b'.') && word.len() > 1 && !lead && family != Family::Password {
            return None;
        }
        at += len;
        first = false;
    }
    None
}

/// "use … as the token": the range of the secret before a name that begins at `name`.
pub(super) fn secret_before(text: &[u8], name: usize, family: Family) -> Option<(usize, usize)> {
    if !matches!(family, Family::Password | Family::Token) {
        return None;
    }
    let floor = name.saturating_sub(MAX_WORD);
    let before = &text[floor..name];
    let links = [&b" as the"[..], b" as your", b" as a", b" as an", b" as my", b" as", b" for the"];
    // "as the API token": the name may have a word before it.
    let words = [&b" API "[..], b" api ", b" access ", b" bearer ", b" auth ", b" secret ", b" root ", b" "];
    let before = words.iter().find_map(|word| before.strip_suffix(*word))?;
    let before = links.iter().find_map(|link| before.strip_suffix(*link))?;
    let begin = before.iter().rposition(u8::is_ascii_whitespace)? + 1;
    let marks = |b: &&u8| b"\"'`,".contains(b);
    let open = before[begin..].iter().take_while(marks).count();
    let close = before[begin..].iter().rev().take_while(marks).count();
    let word = before.get(begin + open..before.len() - close)?;
    let verb = before[..begin].trim_ascii_end().rsplit(|b| !b.is_ascii_alphabetic()).next()?;
    let gives =
        [&b"use"[..], b"using", b"set", b"enter", b"type", b"paste", b"put", b"send", b"provide", b"with"]
            .iter()
            .any(|other| other.eq_ignore_ascii_case(verb));
    let start = floor + begin + open;
    (gives && is_value(word, family, true)).then_some((start, start + word.len()))
}

/// Whether the word for a password which ends at `from` stands beside a user or behind "with", so that the password may
/// follow at once: "Benutzer ada, Passwort …".
fn is_apposed(text: &[u8], from: usize) -> bool {
    let floor = from.saturating_sub(REACH);
    let before = &text[floor..from];
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..]);
    let word = line.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || b"_-".contains(b)).count();
    let lower = [b" ", &line[..line.len() - word]].concat().to_ascii_lowercase();
    let ends = [
        &b" with "[..],
        b" use ",
        b" using ",
        b" try ",
        b" enter ",
        b" mit ",
        b" avec ",
        b" con ",
        b" com ",
        b" met ",
    ];
    let users =
        [&b"user"[..], b"benutzer", b"nutzer", b"login", b"log in", b"account", b"konto", b"utilisateur"];
    ends.iter().any(|end| lower.ends_with(end))
        || users.iter().any(|user| memchr::memmem::find(&lower, user).is_some())
}

/// Whether nobody would take `word` for a term.
fn is_strong(word: &[u8]) -> bool {
    let shape = Shape::of(word);
    word.len() >= 8 && shape.digits > 0 && (shape.classes() == 3 || shape.special > 0) && !is_term(word)
}

/// "auf … geändert": whether the word after the next one says that something was changed to it.
fn is_changed(rest: &[u8]) -> bool {
    let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let verb = words.nth(1).unwrap_or_default();
    ["geändert", "gesetzt", "gestellt", "zurückgesetzt", "ändern", "setzen"]
        .iter()
        .any(|other| verb.starts_with(other.as_bytes()))
}

/// Whether `word` is letters and then digits, as people choose passwords and not as terms are written.
fn is_word_with_number(word: &[u8]) -> bool {
    let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let digits = word[letters..].iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &word[letters + digits..];
    letters >= 4
        && (1..=6).contains(&digits)
        && rest.len() <= 3
        && rest.iter().all(|b| b.is_ascii_alphabetic() || b"!?.$#".contains(b))
        && !is_term(word)
        && is_secret(word, Family::Password, Standing::Bare)
}

/// `set the password to "otter"`: a word in quotation marks right behind one that says that it is the password.
fn told_by_quotes(before: &[u8], word: &[u8], open: usize, family: Family) -> bool {
    let quoted = open == 1 && b"\"'".contains(&word[0]) && word.len() >= 8;
    let last = before.trim_ascii_end().rsplit(|b| *b == b' ').next().unwrap_or_default();
    family == Family::Password && quoted && [&b"is"[..], b"to", b"was", b"lautet", b"est"].contains(&last)
}

/// Whether the words before `from` are about commits or digests.
fn tells_hashes(text: &[u8], from: usize) -> bool {
    let before = text[from.saturating_sub(REACH)..from].to_ascii_lowercase();
    [
        &b"commit"[..],
        b"sha",
        b"hash",
        b"digest",
        b"checksum",
        b"fingerprint",
        b"revision",
        b"gpg",
        b"using rsa",
    ]
    .iter()
    .any(|word| memchr::memmem::find(&before, word).is_some())
}

/// Whether `word` is what a sentence, a label or a table would give as a secret of this family; `led` says that something
/// leads to it.
pub(super) fn is_value(word: &[u8], family: Family, led: bool) -> bool {
    // Most words are short or all letters, and said to be none before anything is measured.
    if word.len() < 6
        || word.len() < 16 && !word.iter().any(u8::is_ascii_digit)
        || is_placeholder(word)
        || is_own(word)
        || is_something_else(word)
        || is_code(word)
        || family != Family::Password && is_identifier(word)
        || family == Family::Weak && is_named_hash(word)
    {
        return false;
    }
    let shape = Shape::of(word);
    let brackets = family == Family::Password && is_drawn(&shape) && !word.contains(&b'"');
    let plain = !word.iter().any(|b| b"<>;|,".contains(b))
        && (brackets || !word.iter().any(|b| b"(){}[]".contains(b)))
        && memchr::memchr(b'=', word).is_none_or(|at| at >= 12);
    if family == Family::Password {
        let mixed = shape.digits > 0
            && shape.letters() > 2
            && (shape.special > 0 || shape.classes() == 3 || shape.surprise >= 280);
        return plain && is_key(word, &shape) && !is_uuid(word)
            || led
                && plain
                && mixed
                && shape.special * 2 < shape.len
                && !shape.hex
                && !is_uuid(word)
                && !(shape.special == 0 && is_term(word))
                && is_secret(word, family, Standing::Bare);
    }
    plain
        && (is_key(word, &shape)
            || led
                && word.len() >= 16
                && shape.digits > 1
                && !shape.hex
                && !is_uuid(word)
                && is_random(word, &shape)
            || led && (is_uuid(word) && family == Family::Token || is_random_hex(word, &shape)))
}
