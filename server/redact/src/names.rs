//! Names, paths and expressions: what stands in code and configurations where a secret might.

use super::entropy::Shape;

/// Directories in which programs keep what is secret, and everything else.
const PLACES: &[&[u8]] = &[
    b"/etc/",
    b"/home/",
    b"/usr/",
    b"/var/",
    b"/run/",
    b"/tmp/",
    b"/opt/",
    b"/users/",
    b"/root/",
    b"/srv/",
    b"/mnt/",
    b"/dev/",
    b"/proc/",
    b"/app/",
    b"/workspace",
    b"/secrets/",
    b"/vault/",
    b"/data/",
    b"/private/",
    b"/library/",
    b"/builds/",
    b"/github/",
    b"/volumes/",
    b"/applications/",
    b"~/",
    b"./",
    b"../",
];

/// Whether `value` begins with one of these directories.
pub(super) fn is_in_place(value: &[u8]) -> bool {
    let head = value.get(..value.len().min(16)).unwrap_or_default();
    let begins = |place: &&[u8]| head.len() >= place.len() && head[..place.len()].eq_ignore_ascii_case(place);
    matches!(head.first(), Some(b'/' | b'~' | b'.')) && PLACES.iter().any(begins)
}

/// Whether `value` is the path of a file or folder, though it may look like a password.
pub(super) fn is_file(value: &[u8]) -> bool {
    if let [drive, b':', b'\\' | b'/', ..] = value {
        return drive.is_ascii_alphabetic();
    }
    let slashes = value.iter().filter(|b| **b == b'/').count();
    let plain = value.iter().all(|b| b.is_ascii_alphanumeric() || b"/._- @+".contains(b));
    plain && (is_in_place(value) || value[0] == b'/' && slashes >= 3)
}

/// Whether `value` is a variable that is named after what it holds: `password2`.
pub(super) fn is_variable(value: &[u8]) -> bool {
    let (Some((last, name)), true) = (value.split_last(), value.len() < 24) else { return false };
    if !last.is_ascii_digit() {
        return false;
    }
    let word = name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
    let lower = name.to_ascii_lowercase();
    let noun = [&b"password"[..], b"passwd", b"pwd", b"token", b"secret", b"key", b"passphrase"];
    word && noun.iter().any(|noun| lower.ends_with(noun))
}

/// Whether `value` is the name of a function or a constant: `PKCS5_PBKDF2_HMAC`, `BIO_get_ssl3_key1`.
pub(super) fn is_identifier(value: &[u8]) -> bool {
    if !value.contains(&b'_') {
        return false;
    }
    let part = |part: &[u8]| {
        let letters = part.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let digits = part[letters..].iter().take_while(|b| b.is_ascii_digit()).count();
        // `x509`, `PKCS5`, `get0`, `PBKDF2`: letters, then digits.
        letters + digits == part.len()
            && part.len() <= 12
            && digits <= 4
            && Shape::of(&part[..letters]).classes() < 3
    };
    let parts = value.split(|b| *b == b'_').count();
    (3..=12).contains(&parts) && value.split(|b| *b == b'_').all(part)
}

/// Whether `value` is a version: `v1.2.3`.
pub(super) fn is_version(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"v").unwrap_or(value);
    rest.first().is_some_and(u8::is_ascii_digit)
        && rest.contains(&b'.')
        && rest
            .split(|b| *b == b'.')
            .take(2)
            .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
        && rest.iter().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(b))
}

/// Words separated by slashes, or a name with an extension.
pub(super) fn is_path(value: &[u8]) -> bool {
    let slashes = value.iter().filter(|byte| **byte == b'/').count();
    let shape = Shape::of(value);
    let words = shape.surprise < 200 && shape.special <= slashes + 1;
    (slashes > 0 && words && value[0] != b'+')
        || [
            &b".rs"[..],
            b".ts",
            b".js",
            b".py",
            b".go",
            b".pem",
            b".json",
            b".yaml",
            b".yml",
            b".txt",
            b".key",
            b".env",
            b".md",
            b".toml",
        ]
        .iter()
        .any(|end| value.ends_with(end) && words)
}

/// Whether `value` is an expression of some programming language.
pub(super) fn is_code(value: &[u8]) -> bool {
    let Some(&first) = value.first() else { return true };
    if is_number(value) {
        return true;
    }
    if b"&*([{|<!@$%=?-".contains(&first)
        && value.get(1).is_none_or(|b| !b.is_ascii_digit())
        && !has_digit(value)
    {
        return true;
    }
    let ident = value.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.:?>-".contains(b)).count();
    let name = &value[..ident];
    let shape = Shape::of(name);
    let wordy = shape.surprise < 300 && !first.is_ascii_digit();
    match value.get(ident) {
        Some(b'(' | b'[' | b'{' | b'<') => wordy,
        Some(b'!') => value.get(ident + 1) == Some(&b'('),
        Some(_) => false,
        None => {
            let path = name.iter().any(|b| b".:".contains(b)) || memchr::memmem::find(name, b"->").is_some();
            let qualified = memchr::memmem::find(name, b"::").is_some();
            path && (wordy || qualified)
                && (shape.surprise < 200 || qualified)
                && first.is_ascii_alphabetic()
                && shape.digits * 4 < shape.len
        }
    }
}

/// `1024u32`, `0x8004_170B_u32`, `16UL`: what numbers look like in code, up to 64 bits.
fn is_number(value: &[u8]) -> bool {
    if let Some(hex) = value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X")) {
        let digits = hex.iter().take_while(|b| b.is_ascii_hexdigit() || **b == b'_').count();
        return (1..=20).contains(&digits) && is_suffix(&hex[digits..]);
    }
    let digits = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    digits > 0 && digits < value.len() && is_suffix(&value[digits..])
}

fn is_suffix(text: &[u8]) -> bool {
    const SUFFIXES: &[&[u8]] = &[
        b"", b"u8", b"i8", b"u16", b"i16", b"u32", b"i32", b"u64", b"i64", b"usize", b"isize", b"f32",
        b"f64", b"u", b"l", b"ul", b"ull", b"n",
    ];
    SUFFIXES.contains(&text.to_ascii_lowercase().as_slice())
}

fn has_digit(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit)
}
