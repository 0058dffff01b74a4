//! Secrets that their surroundings give away: URLs with credentials, headers, PEM blocks, JSON Web Tokens.

use super::entropy::{Shape, is_random, is_random_hex};
use super::harmless::{Standing, is_own, is_placeholder, is_secret};
use super::keys::Family;

/// The range of a secret in the text and its kind.
pub(super) type Range = (usize, usize, &'static str);

const MAX_AUTHORITY: usize = 512;
const MAX_TOKEN: usize = 16 * 1024;
const MAX_LINE: usize = 2048;

/// The credentials of a URL whose `://` is at `at`.
pub(super) fn url(text: &[u8], at: usize) -> Option<Range> {
    let start = at + 3;
    let window = &text[start.min(text.len())..text.len().min(start + MAX_AUTHORITY)];
    let stop = window.iter().position(|b| b.is_ascii_whitespace() || b"\"'`<>\\|".contains(b));
    let window = &window[..stop.unwrap_or(window.len())];
    let host = window.iter().position(|b| b"/?#".contains(b)).unwrap_or(window.len());
    let colon = memchr::memchr(b':', &window[..host]);
    let sign = match memchr::memrchr(b'@', &window[..host]) {
        Some(sign) => sign,
        // A password with a slash in it, and no port: `https://u:p/w@host`.
        None => {
            let colon = colon?;
            let sign = colon + memchr::memchr(b'@', &window[colon..])?;
            let port = window[colon + 1..host].iter().all(u8::is_ascii_digit);
            (!port && sign - colon < 64).then_some(sign)?
        }
    };
    let Some(colon) = colon.filter(|colon| *colon < sign) else {
        let user = &window[..sign];
        let shape = Shape::of(user);
        let random = is_random_hex(user, &shape) || user.len() >= 16 && is_random(user, &shape);
        return (random && !is_own(user)).then_some((start, start + sign, "url_password"));
    };
    let password = &window[colon + 1..sign];
    let user = &window[..colon];
    let default = password == user && user.iter().all(u8::is_ascii_alphabetic);
    let known = default || is_placeholder(password) || password.iter().all(|b| *b == b'*');
    (!known).then_some((start + colon + 1, start + sign, "url_password"))
}

/// The password of `user:password@host` without a scheme, whose `@` is at `at`.
pub(super) fn at_sign(text: &[u8], at: usize) -> Option<Range> {
    let from = at.saturating_sub(64);
    let start =
        (from..at).rev().find(|&i| text[i].is_ascii_whitespace() || b"\"'`<>@/=,(".contains(&text[i]))? + 1;
    let colon = start + memchr::memchr(b':', &text[start..at])?;
    let user =
        text[start..colon].iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)) && colon > start;
    let host = text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    let secret = is_secret(&text[colon + 1..at], Family::Password, Standing::Bare);
    (user && host && secret).then_some((colon + 1, at, "url_password"))
}

/// The private key whose `-----BEGIN` is at `at`: to its end, or as far as it looks like one.
pub(super) fn pem(text: &[u8], at: usize) -> Option<Range> {
    let label = &text[at..text.len().min(at + 80)];
    let end = memchr::memmem::find(label, b"PRIVATE KEY")?;
    let label_only =
        label[10..end].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b" \\-".contains(b));
    if !label_only {
        return None;
    }
    let body = at + end + 11;
    let rest = &text[body..text.len().min(body + MAX_TOKEN)];
    // Up to the next block only, which keeps a text of beginnings linear.
    let rest = &rest[..memchr::memmem::find(rest, b"-----BEGIN").unwrap_or(rest.len())];
    if let Some(found) = memchr::memmem::find(rest, b"-----END") {
        let close = &rest[found + 8..rest.len().min(found + 80)];
        let dashes = memchr::memmem::find(close, b"-----").map_or(0, |at| at + 5);
        return has_body(&rest[..found]).then_some((at, body + found + 8 + dashes, "private_key"));
    }
    let mut end = rest.iter().take(20).take_while(|b| b"- BLOCK".contains(b)).count();
    loop {
        let line = &rest[end..];
        let breaks = line.iter().take_while(|b| b.is_ascii_whitespace() || b"\\nr\"'+,".contains(b)).count();
        let word =
            line[breaks..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
        let next = line.get(breaks + word).copied().unwrap_or(b'\n');
        let header = next == b':' && word < 20 || next == b'-' && word < 12;
        if breaks + word == 0 || !(word >= 16 || header) {
            break;
        }
        end += breaks + word;
        if header {
            end += rest[end..].iter().take(120).take_while(|b| !b"\n\\".contains(b)).count();
        }
    }
    has_body(&rest[..end]).then_some((at, body + end, "private_key"))
}

/// Whether there is more of a key than its frame, which texts about keys mention.
fn has_body(body: &[u8]) -> bool {
    body.split(|b| !b.is_ascii_alphanumeric() && !b"+/=".contains(b)).any(|run| run.len() >= 16)
}

/// The lines after `Private-Lines: n` of a PuTTY key at `at`.
pub(super) fn putty(text: &[u8], at: usize) -> Option<Range> {
    let rest = &text[at..text.len().min(at + MAX_TOKEN)];
    let start = memchr::memchr(b'\n', rest)? + 1;
    let len =
        rest[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(b)).count();
    let len = memchr::memmem::find(&rest[start..start + len], b"Private").unwrap_or(len);
    (len > 16).then_some((at + start, at + start + len, "private_key"))
}

/// The JSON Web Token that begins at `at`.
pub(super) fn jwt(text: &[u8], at: usize) -> Option<Range> {
    let word = |b: &u8| b.is_ascii_alphanumeric() || b"_-=".contains(b);
    let window = &text[at..text.len().min(at + MAX_TOKEN)];
    let mut end = window.iter().take_while(|b| word(b)).count();
    let mut parts = 1;
    let mut enough = end >= 12;
    while enough && parts < 5 && window.get(end) == Some(&b'.') {
        let len = window[end + 1..].iter().take_while(|b| word(b)).count();
        let first = parts == 1;
        if len == 0 && !first || first && len < 8 && window.get(end + 1) != Some(&b'.') {
            break;
        }
        end += 1 + len;
        parts += 1;
        enough = true;
    }
    (enough && parts >= 2 && !is_placeholder(&window[..end])).then_some((at, at + end, "jwt"))
}

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

/// The credentials after `Authorization`, which ends at `end`.
pub(super) fn authorization(text: &[u8], end: usize) -> Option<Range> {
    let window = &text[end..text.len().min(end + MAX_LINE)];
    let signs = window.iter().take(24).take_while(|b| b"\"'`\\:=], \t(>*".contains(b)).count();
    if !window[..signs].iter().any(|b| b":=,(>".contains(b)) {
        return None;
    }
    let start = end + signs;
    let rest = &text[start..text.len().min(start + MAX_LINE)];
    let scheme = rest.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'-').count();
    let known = SCHEMES.iter().any(|word| word.eq_ignore_ascii_case(&rest[..scheme]));
    if !known && (rest.starts_with(b"Digest ") || rest.starts_with(b"AWS4-")) {
        let mark: &[u8] = if rest[0] == b'D' { b"response=" } else { b"Signature=" };
        let at = start + memchr::memmem::find(rest, mark)? + mark.len();
        let at = at + usize::from(text.get(at) == Some(&b'"'));
        let len = text[at..].iter().take(256).take_while(|b| b.is_ascii_alphanumeric()).count();
        return (len >= 16).then_some((at, at + len, "authorization"));
    }
    if known && rest.get(scheme) == Some(&b' ') {
        return credentials(text, start + scheme + 1, 4).filter(|(a, b, _)| is_plausible(&text[*a..*b]));
    }
    credentials(text, start, 8).filter(|(a, b, _)| is_secret(&text[*a..*b], Family::Token, Standing::Bare))
}

fn is_plausible(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    shape.digits > 0 || shape.special > 0 || shape.surprise >= 250 || value.len() > 24
}

/// The credentials after `Bearer ` or `Basic `, wherever it stands; `at` is behind the space.
pub(super) fn scheme(text: &[u8], at: usize) -> Option<Range> {
    let found = credentials(text, at, 12)?;
    let value = &text[found.0..found.1];
    is_secret(value, Family::Token, Standing::Bare).then_some(found)
}

fn credentials(text: &[u8], at: usize, least: usize) -> Option<Range> {
    let rest = text.get(at..text.len().min(at + MAX_TOKEN))?;
    let spaces = rest.iter().take(4).take_while(|b| b" \"'\\".contains(b)).count();
    let stop = |b: &u8| b.is_ascii_whitespace() || b"\"'`\\<>,;)}]".contains(b);
    let rest = &rest[spaces..];
    let len = rest.iter().position(stop).unwrap_or(rest.len());
    let value = &rest[..len];
    let harmless = len < least
        || is_placeholder(value)
        || value.starts_with(b"[")
        || value.contains(&b'(')
        || is_own(value);
    (!harmless).then_some((at + spaces, at + spaces + len, "authorization"))
}

const ATTRIBUTES: &[&str] = &["path", "domain", "expires", "max-age", "samesite", "priority"];
const SESSION_NAMES: &[&str] =
    &["sess", "sid", "auth", "token", "jwt", "remember", "csrf", "xsrf", "login", "identity"];

/// The values of a `Cookie` or `Set-Cookie` header whose name ends at `end`.
/// Returns where it ends.
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
