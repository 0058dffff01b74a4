//! Names and what is given to them: `API_KEY=…`, `"password": "…"`, `--token …`, `<secret>…</secret>`.

use super::given::{is_given, is_telling};
use super::harmless::{Standing, is_code, is_placeholder, is_secret};
use super::keys::{Class, Family};
use super::names::is_variable;
use super::values::{MAX_BARE, Value, value};
use super::view::Depths;

const MAX_GAP: usize = 40;

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equals,
    Colon,
    /// Nothing but a space: command lines, SQL, `.netrc`.
    Space,
    /// `set_token("…")`, `("token", "…")`, a cell of a table: the value must speak for itself.
    Loose,
    Tag,
}

/// The range of the secret that is given to the name at `name..end`, and whether there is a value at all.
pub(super) fn secret(
    text: &[u8],
    depths: Depths<'_>,
    (name, end): (usize, usize),
    class: Class,
) -> Option<(usize, usize)> {
    let (sign, tight, at) = sign(text, name, end)?;
    let value = value(text, at, name, depths)?;
    let bytes = &text[value.start..value.end];
    let standing = match sign {
        _ if value.quoted => Standing::Quoted,
        Sign::Tag => Standing::Quoted,
        Sign::Equals if tight => Standing::Tight,
        _ => Standing::Bare,
    };
    let accepted = match (sign, class.family) {
        (Sign::Tag, _) if is_variable(bytes) => false,
        (Sign::Loose, Family::Password) => {
            value.quoted
                && (is_secret(bytes, class.family, Standing::Bare)
                    || sets_password(&text[name.saturating_sub(120)..name]) && is_given(bytes, true))
        }
        (Sign::Loose, family) => {
            is_secret(bytes, family, Standing::Bare) && is_secret(bytes, Family::Weak, standing)
                || bytes.len() >= 32 && is_secret(bytes, family, Standing::Bare)
        }
        (Sign::Space, family) => accepts_after_space(text, name, bytes, family, value.quoted),
        _ if is_telling(class)
            && is_outright(text, (name, end), sign, tight, &value)
            && is_given(bytes, value.quoted) =>
        {
            true
        }
        (_, Family::Weak) if class.kind == "signature" || class.kind == "code" => {
            let query = name > 0 && matches!(text[name - 1], b'?' | b'&' | b';');
            // A page that runs programs takes them in `code` too.
            let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~/+=%:".contains(b);
            query && bytes.iter().all(plain) && is_secret(bytes, Family::Token, standing)
        }
        (_, Family::Weak) if class.kind == "password" => {
            return pair(text, &value)
                .filter(|(start, end)| is_secret(&text[*start..*end], Family::Password, Standing::Bare));
        }
        // `ACME_KEY=` in an environment is a key, `key: 3f2a…` may name an entry of a cache.
        (_, Family::Weak)
            if text[name..end].iter().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(b)) =>
        {
            is_secret(bytes, Family::Token, Standing::Bare)
        }
        (_, Family::Weak) if class.kind == "token" => {
            is_secret(bytes, Family::Weak, standing)
                || value.quoted && is_secret(bytes, Family::Token, standing)
        }
        (_, Family::Password) => {
            is_secret(bytes, Family::Password, standing)
                || !is_placeholder(bytes)
                    && is_accompanied(text, name, sign, tight, &value)
                    && is_given(bytes, value.quoted)
        }
        (_, family) => is_secret(bytes, family, standing),
    };
    accepted.then(|| (value.start, value.end + overhang(text, &value)))
}

/// Whether the value is given to a member of JSON or a variable of an environment, not to a variable of a program.
fn is_outright(text: &[u8], (name, end): (usize, usize), sign: Sign, tight: bool, value: &Value) -> bool {
    match sign {
        Sign::Colon => value.quoted && matches!(text.get(end), Some(b'"' | b'\'' | b'\\')),
        Sign::Equals if tight => {
            let word = &text[name..end];
            let upper = word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
            let before = text.get(name.wrapping_sub(1)).copied().unwrap_or(b'\n');
            // A flag, a part of a query, a variable of Terraform.
            if b"-?&".contains(&before)
                || word.starts_with(b"TF_VAR_")
                || !value.quoted && text.get(value.end) == Some(&b'&')
            {
                return true;
            }
            upper && word.len() > 4 && (before.is_ascii_whitespace() || b"\"'`;:\\([".contains(&before))
        }
        _ => false,
    }
}

/// Words for those whose passwords there are, and for where.
const COMPANY: &[&[u8]] =
    &[b"user", b"login", b"host", b"server", b"uid", b"email", b"account", b"dbname", b"database", b"spn"];

/// Whether a user or a host is given next to the password, as in connection strings, options and configurations.
fn is_accompanied(text: &[u8], name: usize, sign: Sign, tight: bool, value: &Value) -> bool {
    let bytes = &text[value.start..value.end];
    let next = text.get(value.end).copied().unwrap_or(b'\n');
    let fits = match sign {
        _ if bytes.contains(&b' ') => false,
        Sign::Colon if value.quoted => true,
        Sign::Equals if value.quoted => true,
        // `connect(user=user, password=secret)` is code.
        Sign::Equals if tight => {
            let before = text[..name].trim_ascii_end().last().copied().unwrap_or(b'\n');
            let apart = name > 0 && text[name - 1] == b' ';
            !(apart && b",(".contains(&before)) && next != b')' && !b"(".contains(&before)
        }
        Sign::Colon => matches!(next, b'\n' | b'\r'),
        _ => false,
    };
    fits && (value.quoted && sets_password(&text[name.saturating_sub(120)..name])
        || has_company(&text[name.saturating_sub(120)..name], true)
        || has_company(&text[value.end..text.len().min(value.end + 100)], false))
}

/// Whether such a name with a sign behind it stands in `text`, on the line that touches the password or the one next to it.
fn has_company(text: &[u8], before: bool) -> bool {
    let mut breaks = memchr::memchr_iter(b'\n', text);
    let text = if before {
        memchr::memrchr_iter(b'\n', text).nth(1).map_or(text, |at| &text[at..])
    } else {
        breaks.nth(1).map_or(text, |at| &text[..at])
    };
    let lower = text.to_ascii_lowercase();
    COMPANY.iter().any(|word| {
        memchr::memmem::find_iter(&lower, word).any(|at| {
            let rest = &lower[at + word.len()..];
            let skip = rest
                .iter()
                .take(12)
                .take_while(|b| b.is_ascii_alphanumeric() || b"_ \"'\\".contains(b))
                .count();
            matches!(rest.get(skip), Some(b':' | b'=')) && !matches!(rest.get(skip + 1), Some(b':' | b'='))
        })
    })
}

/// How much of the word is left behind a value that is longer than what was looked at.
fn overhang(text: &[u8], value: &Value) -> usize {
    if value.quoted || value.end - value.start + 16 < MAX_BARE {
        return 0;
    }
    text[value.end..].iter().take_while(|b| !b.is_ascii_whitespace() && !b"\"'`<>".contains(b)).count()
}

/// `--token …`, `PASSWORD '…'`, `login bot password …`.
fn accepts_after_space(text: &[u8], name: usize, bytes: &[u8], family: Family, quoted: bool) -> bool {
    let before = &text[name.saturating_sub(120)..name];
    let flag = before.ends_with(b"-");
    if is_set(before, &text[name..]) {
        return is_given(bytes, true) && !bytes.contains(&b' ') && (quoted || !is_code(bytes));
    }
    if flag && quoted && bytes.contains(&b' ') {
        return family == Family::Password && bytes.iter().any(u8::is_ascii_digit) && is_given(bytes, true);
    }
    let netrc = family == Family::Password
        && memchr::memmem::rfind(before, b"login ").is_some()
        && [&b"machine "[..], b"default ", b"account "]
            .iter()
            .any(|word| memchr::memmem::rfind(before, word).is_some());
    if netrc {
        return !is_placeholder(bytes) && bytes.len() >= 4;
    }
    let config = [&b"requirepass"[..], b"masterauth", b"bindpw", b"rootpw"]
        .iter()
        .any(|word| text[name..].starts_with(word));
    // `user ada password …`, and the same in protocols: `USER ada`, `PASS …`.
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at..]);
    let after_user = [&b"user "[..], b"username ", b"login "]
        .iter()
        .any(|word| memchr::memmem::find(&line.to_ascii_lowercase(), word).is_some())
        || text[name..].starts_with(b"PASS ") && memchr::memmem::find(before, b"USER ").is_some()
        || line == b"\n" && text[name..].starts_with(b"pass ") && follows_user(before);
    match family {
        Family::Password
            if after_user
                && bytes.iter().any(u8::is_ascii_digit)
                && is_secret(bytes, family, Standing::Bare) =>
        {
            true
        }
        // "Pass `a=b` to it" is a sentence.
        Family::Password
            if !flag
                && !after_user
                && text[name..].get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"pass ")) =>
        {
            false
        }
        Family::Password if quoted && sets_password(before) => is_given(bytes, quoted),
        Family::Password if flag || quoted => is_secret(bytes, family, Standing::Bare),
        Family::Password if config => is_secret(bytes, family, Standing::Bare) && bytes.len() >= 8,
        Family::Token if flag => is_secret(bytes, family, Standing::Bare),
        _ => false,
    }
}

/// Whether `before` ends with a command that sets the variable `name`, whose value is the next word.
fn is_set(before: &[u8], name: &[u8]) -> bool {
    let line = memchr::memrchr(b'\n', before).map_or(before, |at| &before[at + 1..]).trim_ascii_start();
    let sets = [&b"ENV "[..], b"ARG ", b"set -x ", b"set -gx ", b"set -Ux ", b"set -lx ", b"setenv "];
    let upper = name.iter().take_while(|b| b.is_ascii_uppercase() || **b == b'_').count();
    upper > 4 && sets.contains(&line)
}

/// Whether the line above, as of FTP, names a user.
fn follows_user(before: &[u8]) -> bool {
    let above = &before[..before.len().saturating_sub(1)];
    let line = memchr::memrchr(b'\n', above).map_or(above, |at| &above[at + 1..]);
    line.starts_with(b"user ") && line.len() < 60
}

/// Whether `before` begins a statement of SQL that sets the password of a role.
fn sets_password(before: &[u8]) -> bool {
    let lower = before.to_ascii_lowercase();
    [&b"create "[..], b"alter ", b"set "].iter().any(|verb| {
        let rest = memchr::memmem::rfind(&lower, verb).map(|at| &lower[at + verb.len()..]);
        rest.is_some_and(|rest| {
            [&b"user "[..], b"role ", b"login ", b"password for "].iter().any(|what| rest.starts_with(what))
        })
    })
}

/// The password of `user:password` or `user / password`.
fn pair(text: &[u8], value: &Value) -> Option<(usize, usize)> {
    let bytes = &text[value.start..value.end];
    let digits = bytes.iter().any(u8::is_ascii_digit) && !bytes.contains(&b'.') && !bytes.contains(&b'(');
    if is_code(bytes) && !digits || memchr::memmem::find(bytes, b"::").is_some() {
        return None;
    }
    if let Some(colon) = memchr::memchr(b':', bytes) {
        let start = value.start + colon + 1;
        return (start < value.end).then_some((start, value.end));
    }
    let rest = text.get(value.end..)?.strip_prefix(b" / ")?;
    let len =
        rest.iter().position(|b| b.is_ascii_whitespace() || b"\"'`<>".contains(b)).unwrap_or(rest.len());
    (len <= 64).then_some((value.end + 3, value.end + 3 + len))
}

/// The sign after a name, whether it stands tight between name and value, and where the value begins.
fn sign(text: &[u8], name: usize, end: usize) -> Option<(Sign, bool, usize)> {
    let byte = |at: usize| text.get(at).copied().unwrap_or(0);
    let mut at = end;
    let mut closed = false;
    while at < end + 12 && matches!(byte(at), b'\\' | b'"' | b'\'' | b'`' | b']' | b'*') {
        closed |= matches!(byte(at), b'"' | b'\'' | b'`');
        at += 1;
    }
    if byte(at) == b'>' && (byte(name.wrapping_sub(1)) == b'<' || closed && is_attribute(text, name)) {
        return Some((Sign::Tag, true, at + 1));
    }
    if byte(at) == b' '
        && let Some(at) = after_attributes(text, name, at)
    {
        return Some((Sign::Tag, true, at));
    }
    // `<key>password</key><string>…`, `name="password" value="…"`, `name: PASSWORD\n  value: …`.
    if let Some(at) = next_value(text, at, closed) {
        return Some((if byte(at - 1) == b'>' { Sign::Tag } else { Sign::Colon }, false, at));
    }
    let space = gap(text, at);
    let tight = space == at;
    at = space;
    let (sign, width) = match (byte(at), byte(at + 1)) {
        // The full-width `：` and `＝` of Chinese and Japanese.
        (0xef, 0xbc) if matches!(byte(at + 2), 0x9a | 0x9d) => (Sign::Colon, 3),
        (b'=', b'=' | b'~') | (b':', b':') | (b'!', _) => return None,
        (b'=', b'>') | (b':' | b'?', b'=') | (b'?', b':') => (Sign::Colon, 2),
        (b'=', _) => (Sign::Equals, 1),
        (b':', _) => (Sign::Colon, 1),
        (b'(', _) => (Sign::Loose, 1),
        (b'|', b'|') => return None,
        (b'|', _) => (Sign::Loose, 1),
        (b',', _) if closed => (Sign::Loose, 1),
        _ if !tight => return Some((Sign::Space, false, at)),
        _ => return None,
    };
    at += width;
    if byte(at) == b'*' && byte(at + 1) == b'*' {
        at += 2;
    }
    let begin = gap(text, at);
    let tight = tight && begin == at;
    // `const apiKey: string = "…"`: the type is not the value.
    if sign == Sign::Colon
        && let Some(after) = after_type(text, begin)
    {
        return Some((Sign::Equals, false, after));
    }
    Some((sign, tight, begin))
}

/// Where the tag `<password type="text">` ends whose name, with its namespace or without, is at `name..at`.
fn after_attributes(text: &[u8], name: usize, at: usize) -> Option<usize> {
    let before = &text[name.saturating_sub(16)..name];
    let space = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b':').count();
    let tag = before.len() > space && before[before.len() - space - 1] == b'<';
    let window = &text[at..text.len().min(at + 160)];
    let end = memchr::memchr2(b'>', b'<', window).filter(|end| window[*end] == b'>')?;
    (tag && window[..end].contains(&b'=') && window[end - 1] != b'/').then_some(at + end + 1)
}

/// Whether the name is the value of an attribute of a tag: `<entry key="db.password">`.
fn is_attribute(text: &[u8], name: usize) -> bool {
    let before = &text[name.saturating_sub(80)..name];
    memchr::memrchr2(b'<', b'>', before).is_some_and(|at| before[at] == b'<')
}

/// Past spaces, and past one line break in front of a quotation mark.
fn gap(text: &[u8], at: usize) -> usize {
    let spaces =
        text[at.min(text.len())..].iter().take(MAX_GAP).take_while(|b| matches!(b, b' ' | b'\t')).count();
    at + spaces
}

fn after_type(text: &[u8], at: usize) -> Option<usize> {
    let window = &text[at.min(text.len())..text.len().min(at + MAX_GAP)];
    let len = window.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_&<>[]'.:|? ".contains(b)).count();
    let named = window.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'&');
    let typed = named && len >= 3 && window.get(len) == Some(&b'=') && window.get(len + 1) != Some(&b'=');
    (typed && window[len - 1] == b' ').then(|| gap(text, at + len + 1))
}

/// Where the value begins when the name is itself the value of a `name` or `key`.
fn next_value(text: &[u8], at: usize, closed: bool) -> Option<usize> {
    let window = text.get(at..text.len().min(at + 64))?;
    if window.starts_with(b"</") {
        let close = memchr::memchr(b'>', window)?;
        let next = close + 1 + window[close + 1..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let open = window.get(next..).filter(|rest| rest.starts_with(b"<") && !rest.starts_with(b"</"))?;
        // What stands beside the label in the head of a table is another label.
        if [&b"<th"[..], b"<li", b"<option"].iter().any(|tag| open.starts_with(tag)) {
            return None;
        }
        return Some(at + next + memchr::memchr(b'>', open)? + 1);
    }
    let skipped = window.iter().take_while(|b| b.is_ascii_whitespace() || b",\"'\\".contains(b)).count();
    let rest =
        window[skipped..].strip_prefix(b"value").or_else(|| window[skipped..].strip_prefix(b"Value"))?;
    let broken = closed || window[..skipped].contains(&b'\n');
    let signs = rest.iter().take_while(|b| b"\"'\\:= ".contains(b)).count();
    let sign = rest[..signs].iter().position(|b| matches!(b, b':' | b'='))?;
    (broken && skipped > 0).then(|| gap(text, at + skipped + 5 + sign + 1))
}
