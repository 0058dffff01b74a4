//! What is left alone: placeholders, code, identifiers, hashes; and when a value is taken for a secret.

use super::entropy::{Shape, is_named_hash, is_random, is_random_hex, is_uuid};
use super::keys::Family;
pub(super) use super::names::{is_code, is_file, is_identifier};
use super::names::{is_in_place, is_path, is_variable, is_version};

/// How a value stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In quotation marks or between tags: what it says is what it is.
    Quoted,
    /// `KEY=value` without a space, as in environments, connection strings and queries: no code either.
    Tight,
    /// `key: value`: may as well be code or prose.
    Bare,
}

/// Words that stand where a secret would.
const STAND_INS: &[&[u8]] = &[
    b"example",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"changeit",
    b"your",
    b"replace",
    b"insert",
    b"dummy",
    b"sample",
    b"todo",
    b"fixme",
    b"redacted",
    b"masked",
    b"...",
    b"***",
    b"xxxx",
    b"\xe2\x80\xa6",
    b"\xe2\x80\xa2\xe2\x80\xa2",
    b"process.env",
    b"os.environ",
    b"getenv",
    b"import.meta",
    b"{{",
    b"${",
    b"$(",
    b"<%",
];

/// Values that are words of the language around them.
const WORDS: &[&[u8]] = &[
    b"true",
    b"false",
    b"null",
    b"nil",
    b"none",
    b"undefined",
    b"password",
    b"passwd",
    b"pass",
    b"contrase\xc3\xb1a",
    b"secret",
    b"token",
    b"required",
    b"optional",
    b"string",
    b"hidden",
    b"disabled",
    b"enabled",
    b"default",
    b"unknown",
    b"invalid",
    b"missing",
    b"apikey",
    b"api_key",
    b"bearer",
    b"basic",
    b"base64",
    b"sha256",
    b"utf8",
    b"bcrypt",
    b"argon2",
    b"scrypt",
    b"pbkdf2",
    b"hs256",
    b"rs256",
    b"es256",
    b"ed25519",
    b"test",
    b"testing",
    b"oauth2",
    b"md5",
    b"sha1",
    b"sha512",
    b"uuid4",
    b"uuidv4",
    b"u8",
    b"u16",
    b"u32",
    b"u64",
    b"i32",
    b"i64",
    b"int64",
    b"int32",
    b"float64",
];

/// The kinds of Workroom's own identifiers; each is followed by 32 hex digits.
const OWN: [&[u8]; 9] = [b"wr_", b"thr_", b"evt_", b"art_", b"apr_", b"tok_", b"sub_", b"ses_", b"trm_"];

/// Beginnings of the names of secrets that other programs keep.
const REFERENCES: &[&[u8]] =
    &[b"keyring:", b"keychain:", b"ssm:", b"kms:", b"ref+", b"secretsmanager:", b"sops:", b"vault:", b"bw:"];

/// Whether `value` is put where a secret would be: `<YOUR_TOKEN>`, `${TOKEN}`, `xxxx`, `changeme`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let head = &value[..value.len().min(160)];
    let (Some(&first), Some(&last)) = (head.first(), value.last()) else { return true };
    // `__API_KEY__`, `@@API_KEY@@` of templates; `:password` of statements; references to what other programs keep.
    let told = match first {
        b'_' | b'@' | b'%' | b'#' => head.len() > 4 && head[1] == first && value.ends_with(&[first, first]),
        b':' => head[1..].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'),
        b'k' | b's' | b'r' | b'v' | b'b' => REFERENCES.iter().any(|begin| head.starts_with(begin)),
        _ => false,
    };
    if told {
        return true;
    }
    let enclosed = [(b'<', b'>'), (b'{', b'}'), (b'[', b']'), (b'%', b'%')];
    if enclosed.iter().any(|(open, close)| first == *open && last == *close) {
        return true;
    }
    let name = |text: &[u8]| !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    if first == b'$' && name(&head[1..]) && head[1].is_ascii_alphabetic() || first == b'%' && head.len() == 2
    {
        return true;
    }
    let letters = head.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut seen = 0u128;
    letters.for_each(|byte| seen |= 1 << (byte.to_ascii_lowercase() & 127));
    if (seen == 0 || head.len() >= 4 && seen.count_ones() < 3) && !(head.iter().any(|byte| !byte.is_ascii()))
    {
        return true;
    }
    let mut lower = [0; 160];
    let lower = &mut lower[..head.len()];
    lower.copy_from_slice(head);
    lower.make_ascii_lowercase();
    WORDS.contains(&&*lower)
        || STAND_INS.iter().any(|word| memchr::memmem::find(lower, word).is_some())
        || [
            &b"my_"[..],
            b"my-",
            b"some-",
            b"some_",
            b"fake",
            b"the-",
            b"op://",
            b"arn:",
            b"env:",
            b"secrets.",
            b"vars.",
        ]
        .iter()
        .any(|begin| lower.starts_with(begin) && Shape::of(lower).surprise < 220)
}

/// Whether `value` is one of Workroom's own identifiers or links.
pub(super) fn is_own(value: &[u8]) -> bool {
    value.starts_with(b"codewhale://")
        || OWN.iter().any(|prefix| {
            let hex = value.strip_prefix(*prefix).and_then(|rest| rest.get(..32));
            hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
        })
}

/// Whether `value` says by itself what it is, and that it is no secret: hashes, links, paths, public keys, times.
pub(super) fn is_something_else(value: &[u8]) -> bool {
    const BEGINS: &[&[u8]] = &[
        b"sha1-",
        b"sha256-",
        b"sha384-",
        b"sha512-",
        b"sha1:",
        b"h1:",
        b"sha256:",
        b"sha512:",
        b"md5:",
        b"data:",
        b"ssh-",
        b"ecdsa-",
        b"AAAAB3NzaC1",
        b"AAAAC3NzaC1",
        b"MIIB",
        b"MIIC",
        b"pk_live_",
        b"pk_test_",
        b"pk.",
        b"age1",
        b"npub1",
        b"file:",
        b"C:\\",
        b"$argon2",
        b"$2a$",
        b"$2b$",
        b"$6$",
        b"$5$",
        b"ENC[",
        b"$ANSIBLE_VAULT",
        b"vault:",
        b"AQICAH",
    ];
    BEGINS.iter().any(|begin| value.starts_with(begin))
        || is_in_place(value)
        || value.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case(b"sha2"))
        || is_own(value)
        || memchr::memmem::find(&value[..value.len().min(64)], b"://").is_some()
        || is_ulid(value)
        || is_time(value)
        || is_path(value)
}

fn is_ulid(value: &[u8]) -> bool {
    value.len() == 26
        && value.starts_with(b"01")
        && value.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

fn is_time(value: &[u8]) -> bool {
    value.len() >= 8
        && value.len() <= 40
        && value[..4].iter().all(u8::is_ascii_digit)
        && value.get(4) == Some(&b'-')
        && value.iter().all(|b| b.is_ascii_digit() || b"-:.TZ+ ".contains(b))
}

/// Whether `value`, standing as `standing` after a name of this family, is a secret.
pub(super) fn is_secret(value: &[u8], family: Family, standing: Standing) -> bool {
    if value.len() < 4 || is_placeholder(value) || is_something_else(value) && family != Family::Password {
        return false;
    }
    if standing != Standing::Quoted && (is_code(value) || is_variable(value)) || is_own(value) {
        return false;
    }
    let token = matches!(family, Family::Token | Family::Weak);
    if token && standing == Standing::Bare && is_identifier(value) || !token && is_file(value) {
        return false;
    }
    let shape = Shape::of(value);
    match family {
        Family::Password => is_password(value, &shape, standing),
        Family::Token => is_token(value, &shape, standing),
        Family::Weak => is_key(value, &shape) && !is_named_hash(value),
        Family::Header | Family::Cookie => is_key(value, &shape),
    }
}

fn is_password(value: &[u8], shape: &Shape, standing: Standing) -> bool {
    let spaces = value.iter().filter(|byte| **byte == b' ').count();
    if spaces > 0 {
        let groups = value.split(|b| *b == b' ').all(|word| word.len() == 4) && spaces == 3;
        return groups && shape.surprise >= 250
            || (shape.digits > 0 && shape.special > spaces + 1 && spaces < 6 && shape.surprise >= 150);
    }
    if memchr::memmem::find(value, b"://").is_some() || value.starts_with(b"/") && shape.surprise < 200 {
        return false;
    }
    if shape.letters() == 0 {
        return standing != Standing::Bare && shape.digits >= 6;
    }
    let mixed = shape.digits > 0 || shape.special > 0;
    if value.contains(&b'/') && is_path(value) {
        return false;
    }
    // A name that ends in digits, of snake or kebab words: `db-password-2`, `passwordField1`.
    let name = shape.special == 0
        && (shape.upper == 0 || shape.lower == 0)
        && shape.surprise < 120
        && value.iter().any(|b| b"_-.".contains(b));
    match standing {
        Standing::Quoted | Standing::Tight if mixed => value.len() >= 5 && !name,
        Standing::Quoted => value.len() >= 6 && shape.surprise >= 230,
        Standing::Tight => {
            value.len() >= 6 && shape.surprise >= 100 && !value.iter().any(|b| b"_.".contains(b))
        }
        Standing::Bare if is_version(value) => false,
        Standing::Bare => {
            // Types and fields are words; letters drawn at random are not.
            let drawn = value.len() >= 10
                && value.iter().all(u8::is_ascii_alphabetic)
                && (shape.classes() == 2 && shape.surprise >= 350 || shape.surprise >= 500);
            let drawn_with_brackets = is_drawn(shape) && !value.iter().any(|b| b"<>|;\"".contains(b));
            let code = value.iter().any(|b| b"(){}[]<>|;".contains(b)) && !drawn_with_brackets;
            drawn
                || mixed
                    && value.len() >= 6
                    && !name
                    && !code
                    && (shape.digits > 0 || shape.special < shape.letters())
        }
    }
}

/// Whether letters of both cases and digits follow each other as no name has them, so that a bracket among them is no
/// sign of code.
pub(super) fn is_drawn(shape: &Shape) -> bool {
    shape.len >= 10 && shape.classes() == 3 && shape.digits >= 2 && shape.surprise >= 400
}

fn is_token(value: &[u8], shape: &Shape, standing: Standing) -> bool {
    if value.len() < 8 || value.contains(&b' ') {
        return false;
    }
    if is_uuid(value) || is_random_hex(value, shape) || is_random(value, shape) || is_base64(value, shape) {
        return true;
    }
    if let Some(hex) = value.strip_prefix(b"0x") {
        return is_random_hex(hex, &Shape::of(hex));
    }
    let mixed = shape.digits > 0 && shape.letters() > 0;
    let firm = standing != Standing::Bare;
    mixed && shape.special > 0 && shape.surprise >= 150 && !value.iter().any(|b| b"(){}<>;".contains(b))
        || firm && mixed && shape.hex && value.len() >= 16 && shape.distinct >= 7
        || firm && mixed && value.len() >= 12 && shape.surprise >= 200
}

/// Whether `value` would be taken for a key also where little speaks for it.
pub(super) fn is_key(value: &[u8], shape: &Shape) -> bool {
    let mixed = shape.classes() == 3 || (value.len() >= 24 && shape.classes() == 2 && shape.digits > 0);
    let plain = value.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.+/=%~:$".contains(b));
    plain
        && value.len() >= 16
        && mixed
        && !shape.hex
        && !is_uuid(value)
        && is_random(value, shape)
        && !is_identifier(value)
}

fn is_base64(value: &[u8], shape: &Shape) -> bool {
    let body = value.iter().rev().skip_while(|b| **b == b'=').count();
    body < value.len()
        && value.len() >= 12
        && value.len().is_multiple_of(4)
        && value[..body].iter().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(b))
        && shape.surprise >= 200
}
