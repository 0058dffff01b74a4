//! Secrets that their surroundings identify: URLs with credentials, headers, PEM blocks, JSON Web Tokens.

use super::entropy::{Shape, is_random, is_random_hex};
use super::harmless::{Standing, is_own, is_placeholder, is_secret};
use super::keys::Family;
use super::view::Depths;

/// The range of a secret in the text, and its kind.
pub(super) type Range = (usize, usize, &'static str);

const MAX_AUTHORITY: usize = 512;
const MAX_TOKEN: usize = 16 * 1024;

/// Beginnings of image digests. A digest can occur in the place of a URL's host.
const DIGESTS: [&[u8]; 4] = [b"sha256:", b"sha512:", b"sha384:", b"sha1:"];

/// The credentials of a URL whose `://` is at `at`.
pub(super) fn url(text: &[u8], depths: Depths<'_>, at: usize) -> Option<Range> {
    let start = at + 3;
    let opening = depths.at(start - 1);
    let window = &text[start.min(text.len())..text.len().min(start + MAX_AUTHORITY)];
    // Percent-encoded delimiters belong to the user name or the password.
    let first = |window: &[u8], delimiter: &dyn Fn(u8) -> bool| {
        window
            .iter()
            .enumerate()
            .position(|(at, byte)| delimiter(*byte) && !depths.is_percent_inside(start + at, opening))
    };
    let stop = first(window, &|b| b.is_ascii_whitespace() || b"\"'`<>\\|".contains(&b));
    let window = &window[..stop.unwrap_or(window.len())];
    let host = first(window, &|b| b"/?#".contains(&b)).unwrap_or(window.len());
    let colon = first(&window[..host], &|b| b == b':');
    let last =
        memchr::memrchr_iter(b'@', &window[..host]).find(|at| !depths.is_percent_inside(start + at, opening));
    let sign = match last {
        Some(sign) => sign,
        // A password that contains a slash, in a URL without a port: `https://u:p/w@host`.
        None => {
            let colon = colon?;
            let sign = memchr::memchr_iter(b'@', window)
                .find(|at| *at > colon && !depths.is_percent_inside(start + at, opening))?;
            let port = window[colon + 1..host].iter().all(u8::is_ascii_digit);
            (!port && sign - colon < 64).then_some(sign)?
        }
    };
    if DIGESTS.iter().any(|digest| window[sign + 1..].starts_with(digest)) {
        return None;
    }
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

/// The password of `user:password@host` without a scheme. The `@` is at `at`.
pub(super) fn at_sign(text: &[u8], depths: Depths<'_>, at: usize) -> Option<Range> {
    if DIGESTS.iter().any(|digest| text[at + 1..].starts_with(digest)) {
        return None;
    }
    let from = at.saturating_sub(64);
    let opening = depths.at(at);
    let stops = |i: &usize| {
        (text[*i].is_ascii_whitespace() || b"\"'`<>@/=,(".contains(&text[*i]))
            && !depths.is_percent_inside(*i, opening)
    };
    let start = (from..at).rev().find(stops)? + 1;
    let colon = start + memchr::memchr(b':', &text[start..at])?;
    let user =
        text[start..colon].iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)) && colon > start;
    let host = text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    let secret = is_secret(&text[colon + 1..at], Family::Password, Standing::Bare);
    (user && host && secret).then_some((colon + 1, at, "url_password"))
}

const KEY_LABELS: [&[u8]; 2] = [b"PRIVATE KEY", b"OpenVPN Static key V1"];

/// The private key whose `-----BEGIN` is at `at`, up to its end line or as far as the text looks like a key.
pub(super) fn pem(text: &[u8], at: usize) -> Option<Range> {
    let label = &text[at..text.len().min(at + 80)];
    let len = KEY_LABELS.iter().find_map(|name| {
        let start = memchr::memmem::find(label, name)?;
        let before = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b" \\-".contains(b);
        label[10..start].iter().all(before).then_some(start + name.len())
    })?;
    let body = at + len;
    let rest = &text[body..text.len().min(body + MAX_TOKEN)];
    // Stop at the next block, so that a text with many first lines takes linear time.
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

/// Whether there is a body and not only the frame, which texts about keys mention.
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

/// The password hash after `user:` or similar, as in `/etc/shadow` and `htpasswd`. Its `:$` or `:{` is at `at`.
pub(super) fn password_hash(text: &[u8], at: usize) -> Option<Range> {
    let user = at > 0 && (text[at - 1].is_ascii_alphanumeric() || b"_-.".contains(&text[at - 1]));
    let start = at + 1;
    let len = text[start..]
        .iter()
        .take(MAX_AUTHORITY)
        .take_while(|b| b.is_ascii_alphanumeric() || b"./+$=,*{}".contains(b))
        .count();
    let value = &text[start..start + len];
    (user && len >= 24 && !is_placeholder(value)).then_some((start, start + len, "password_hash"))
}

/// The LDAP password hash whose `{SSHA}` or similar is at `at`.
pub(super) fn ldap_hash(text: &[u8], at: usize) -> Option<Range> {
    let given = text[..at].iter().rev().take(3).any(|b| b": \"'=".contains(b));
    let len = text[at..]
        .iter()
        .take(MAX_AUTHORITY)
        .take_while(|b| b.is_ascii_alphanumeric() || b"./+$=,*{}".contains(b))
        .count();
    (given && len >= 24).then_some((at, at + len, "password_hash"))
}

/// The members of a JSON Web Key that are not public.
const PRIVATE_MEMBERS: [&[u8]; 7] = [b"d", b"p", b"q", b"dp", b"dq", b"qi", b"k"];
const MAX_JWK: usize = 4096;

/// Finds the private members of the JSON Web Key whose `kty` is at `at`. Ignores the text before `from`.
/// Returns where the key ends.
pub(super) fn jwk(text: &[u8], at: usize, from: usize, mut found: impl FnMut(usize, usize)) -> usize {
    let from = from.max(at.saturating_sub(MAX_JWK)).min(at);
    let open = memchr::memrchr(b'{', &text[from..at]).map_or(from, |brace| from + brace);
    let end = memchr::memchr(b'}', &text[at..]).map_or(text.len(), |brace| at + brace);
    let quote = |b: &u8| b"\"'\\".contains(b);
    let mut name: &[u8] = b"";
    let mut start = open;
    // Between the quotation marks there are names, colons and values in turn.
    for part in text[open..end].split(|b| b"\"'".contains(b)) {
        let value = &part[..part.len() - part.iter().rev().take_while(|b| quote(b)).count()];
        let letters = value.iter().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(b));
        if value.len() >= 16 && letters && PRIVATE_MEMBERS.contains(&name) {
            found(start, start + value.len());
        }
        if !value.is_empty() && !value.iter().all(|b| b": ,{[]\n\r\t".contains(b)) {
            name = value;
        }
        start += part.len() + 1;
    }
    end
}
