//! Headers that grant access: `Authorization` with any scheme, and cookies.

use super::entropy::{Shape, is_random, is_random_hex, is_uuid};
use super::harmless::{Standing, is_own, is_placeholder, is_secret};
use super::keys::Family;
use super::structure::Range;

const MAX_TOKEN: usize = 16 * 1024;
const MAX_LINE: usize = 2048;

const SCHEMES: &[&[u8]] = &[
    b"bearer",
    b"basic",
    b"token",
    b"apikey",
    b"api-key",
    b"bot",
    b"negotiate",
    b"ntlm",
    b"key",
    b"sso-key",
    b"genie-key",
    b"oauth",
    b"pat",
    b"ghost",
    b"splunk",
    b"zoho-oauthtoken",
];

/// Finds the credentials after the word `Authorization`, which ends at `end`.
/// Returns where the first word of the credentials ends, or `end` if there is none.
pub(super) fn authorization(text: &[u8], end: usize, mut found: impl FnMut(Range)) -> usize {
    let window = &text[end..text.len().min(end + MAX_LINE)];
    let signs = window.iter().take(24).take_while(|b| b"\"'`\\:=], \t(>*".contains(b)).count();
    if !window[..signs].iter().any(|b| b":=,(>".contains(b)) {
        return end;
    }
    let start = end + signs;
    let done = start + word(&text[start..text.len().min(start + MAX_TOKEN)]);
    let rest = &text[start..text.len().min(start + MAX_LINE)];
    let scheme = rest.iter().take(MAX_SCHEME).take_while(|b| b.is_ascii_alphanumeric() || b"-_".contains(b));
    let scheme = scheme.count();
    let spaces = rest[scheme..].iter().take(4).take_while(|b| **b == b' ').count();
    let after = start + scheme + spaces;
    if scheme > 0 && spaces > 0 && is_parameter(&text[after..text.len().min(after + MAX_SCHEME)]) {
        parameters(text, after, &rest[..scheme], found);
        return done;
    }
    let known = SCHEMES.iter().any(|word| word.eq_ignore_ascii_case(&rest[..scheme]));
    let range = if known && spaces > 0 {
        credentials(text, after, 4).filter(|(a, b, _)| is_plausible(&text[*a..*b]))
    } else {
        let opaque = |(a, b, _): &Range| is_secret(&text[*a..*b], Family::Token, Standing::Bare);
        // A single value is the secret. If another follows, the first word is a custom scheme.
        let other = || (scheme > 0 && spaces > 0).then(|| credentials(text, after, 8)).flatten();
        // "authorization: user 550e8400-… denied": ids follow ordinary words too, but a scheme has capitals.
        let named = rest[..scheme].iter().any(u8::is_ascii_uppercase);
        let fits = |range: &Range| opaque(range) && (named || !is_id(&text[range.0..range.1]));
        let alone = credentials(text, start, 8).filter(|range| opaque(range) && !rest.starts_with(b"AWS4-"));
        alone.or_else(|| other().filter(fits))
    };
    if let Some(range) = range {
        found(range);
    }
    done
}

fn is_id(value: &[u8]) -> bool {
    is_uuid(value) || value.iter().all(u8::is_ascii_hexdigit)
}

// A longer first word is not a scheme, and a longer name is not the name of a parameter.
const MAX_SCHEME: usize = 40;

/// Whether `text` begins with `name="…` or `name=…`, and not with base64 and its padding.
fn is_parameter(text: &[u8]) -> bool {
    let name = text.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_-".contains(b)).count();
    let Some(value) = text[name..].strip_prefix(b"=") else { return false };
    let marks = value.iter().take_while(|b| b"\\\"'".contains(b)).count();
    let begins = |b: &u8| b.is_ascii_alphanumeric() || b"[<${(".contains(b);
    name > 0 && value.get(marks).is_some_and(begins)
}

/// The secret values among `name="value", …` after a scheme such as Digest, Hawk, OAuth or AWS4.
fn parameters(text: &[u8], at: usize, scheme: &[u8], mut found: impl FnMut(Range)) {
    let window = &text[at..text.len().min(at + MAX_LINE)];
    let line = window.iter().position(|b| b"\r\n".contains(b)).unwrap_or(window.len());
    // In these schemes, the parameters other than the proof are public and identify the request.
    let proof: Option<&[u8]> = match scheme {
        b"Digest" => Some(b"response"),
        _ if scheme.starts_with(b"AWS4-") => Some(b"Signature"),
        _ => None,
    };
    let mut start = 0;
    while start < line {
        start += window[start..line].iter().take_while(|b| b" ,\t".contains(b)).count();
        let rest = &window[start..line];
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_-".contains(b)).count();
        if name == 0 || rest.get(name) != Some(&b'=') {
            return;
        }
        let marks = rest[name + 1..].iter().take_while(|b| b"\\\"'".contains(b)).count();
        let begin = name + 1 + marks;
        let stop = |b: &u8| b.is_ascii_whitespace() || b",\"'\\`".contains(b);
        let len = rest[begin..].iter().position(stop).unwrap_or(rest.len() - begin);
        let value = &rest[begin..begin + len];
        let shape = Shape::of(value);
        let secret = match proof {
            Some(proof) => proof == &rest[..name] && len >= 16,
            None => is_secret(value, Family::Token, Standing::Quoted) || len >= 24 && shape.hex,
        };
        if secret && !is_placeholder(value) && !is_own(value) {
            let from = at + start + begin;
            found((from, from + len, "authorization"));
        }
        start += begin + len;
        start += window[start..line].iter().take(4).take_while(|b| b"\\\"';".contains(b)).count();
    }
}

fn is_plausible(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    shape.digits > 0 || shape.special > 0 || shape.surprise >= 250 || value.len() > 24
}

/// The credentials after `Bearer ` or `Basic ` anywhere in a text. `at` is the position after the space.
pub(super) fn scheme(text: &[u8], at: usize) -> Option<Range> {
    let found = credentials(text, at, 12)?;
    let value = &text[found.0..found.1];
    is_secret(value, Family::Token, Standing::Bare).then_some(found)
}

fn credentials(text: &[u8], at: usize, least: usize) -> Option<Range> {
    let rest = text.get(at..text.len().min(at + MAX_TOKEN))?;
    let spaces = rest.iter().take(4).take_while(|b| b" \"'\\".contains(b)).count();
    let len = word(&rest[spaces..]);
    let value = &rest[spaces..spaces + len];
    let harmless = len < least
        || is_placeholder(value)
        || value.starts_with(b"[")
        || value.starts_with(b"{")
        || value.contains(&b'(')
        || is_own(value);
    (!harmless).then_some((at + spaces, at + spaces + len, "authorization"))
}

/// The length of the first word of `text`, which is the credentials.
fn word(text: &[u8]) -> usize {
    let stop = |b: &u8| b.is_ascii_whitespace() || b"\"'`\\<>,;)}]".contains(b);
    text.iter().position(stop).unwrap_or(text.len())
}

const ATTRIBUTES: &[&str] = &["path", "domain", "expires", "max-age", "samesite", "priority"];
const SESSION_NAMES: &[&str] =
    &["sess", "sid", "auth", "token", "jwt", "remember", "csrf", "xsrf", "login", "identity"];

/// Finds the values of a `Cookie` or `Set-Cookie` header. Its name ends at `end`.
/// Returns where the header ends.
pub(super) fn cookies(text: &[u8], end: usize, mut found: impl FnMut(usize, usize)) -> usize {
    let window = &text[end..text.len().min(end + MAX_LINE)];
    let signs = window.iter().take(12).take_while(|b| b"\"'`\\:=, \t".contains(b)).count();
    if !window[..signs].contains(&b':') && !window[..signs].contains(&b'=') {
        return end;
    }
    let line = window.iter().position(|b| b"\r\n".contains(b)).unwrap_or(window.len());
    let mut at = signs;
    while at < line {
        let pair_end = at + window[at..line].iter().position(|b| b";\"'`".contains(b)).unwrap_or(line - at);
        let pair = &window[at..pair_end];
        let Some(equals) = memchr::memchr(b'=', pair) else { return end + at };
        let name = String::from_utf8_lossy(&pair[..equals]).trim().to_ascii_lowercase();
        let value = &pair[equals + 1..];
        let shape = Shape::of(value);
        let named =
            SESSION_NAMES.iter().any(|word| name.contains(word)) && value.len() >= 6 && shape.digits > 0;
        let word = !name.is_empty()
            && name.len() < 64
            && !name.contains(' ')
            && !ATTRIBUTES.contains(&name.as_str());
        let drawn = named || is_random_hex(value, &shape) || value.len() >= 12 && is_random(value, &shape);
        if word && drawn && !is_placeholder(value) && !is_own(value) {
            found(end + at + equals + 1, end + pair_end);
        }
        if window.get(pair_end) != Some(&b';') {
            return end + pair_end;
        }
        at = pair_end + 1;
    }
    end + line
}
