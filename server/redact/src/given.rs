//! Values that are secret because they are assigned to a name such as `password`: `"password": "sunshine"`,
//! `DB_PASSWORD=otter-lantern`. Words are redacted there too, so each harmless value must be recognized by what it is.

use super::entropy::Shape;
use super::harmless::{is_code, is_own, is_placeholder, is_something_else};
use super::keys::{Class, Family, classify};

/// Values that forms, schemas and messages have under such names.
const FORM_VALUES: &[&str] = &[
    "always",
    "any",
    "argon2id",
    "array",
    "ask",
    "blank",
    "boolean",
    "bytes",
    "changed",
    "char",
    "confirm",
    "empty",
    "encrypted",
    "env",
    "environment",
    "expired",
    "failed",
    "field",
    "file",
    "forbidden",
    "forgot",
    "hash",
    "hashed",
    "hide",
    "ignored",
    "incorrect",
    "input",
    "integer",
    "keychain",
    "keyring",
    "label",
    "locked",
    "manual",
    "mismatch",
    "never",
    "number",
    "object",
    "omitted",
    "plain",
    "plaintext",
    "private",
    "prompt",
    "protected",
    "public",
    "read-only",
    "readonly",
    "removed",
    "reset",
    "securestring",
    "sensitive",
    "show",
    "stdin",
    "string!",
    "string?",
    "strong",
    "text",
    "unset",
    "valid",
    "varchar",
    "vault",
    "weak",
    "write-only",
    "writeonly",
    "wrong",
];

/// Words that occur in sentences and messages and not in passphrases.
const SENTENCE_WORDS: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "cannot",
    "de",
    "do",
    "does",
    "for",
    "from",
    "has",
    "have",
    "if",
    "in",
    "is",
    "it",
    "must",
    "no",
    "not",
    "of",
    "on",
    "or",
    "the",
    "this",
    "to",
    "too",
    "use",
    "was",
    "when",
    "will",
    "with",
    "your",
    "characters",
    "incorrect",
    "invalid",
    "max",
    "maximum",
    "min",
    "minimum",
    "missing",
    "required",
    "short",
    "wrong",
];

/// Words for passwords. A value that contains one is a label: `Forgot password?`, `Contraseña`.
const LABELS: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "passcode",
    "kennwort",
    "contrase",
    "mot de passe",
    "wachtwoord",
    "senha",
    "parola",
    "secret",
];

/// Whether the values under a name of this class are secret even if they are words.
pub(super) fn is_telling(class: Class) -> bool {
    class.family == Family::Password || class.family == Family::Token && class.kind == "secret"
}

/// Whether `value` can be a real value of such a name, and not a placeholder, type, reference, label or sentence.
pub(super) fn is_given(value: &[u8], quoted: bool) -> bool {
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    if value.len() < 4 || !letters || is_placeholder(value) || is_own(value) {
        return false;
    }
    let lower = String::from_utf8_lossy(&value[..value.len().min(160)]).to_lowercase();
    let labelled = LABELS.iter().any(|word| lower.contains(word));
    // `client_secret`, `passwordField`, `Shared key`: the name of a field or variable that holds the secret.
    let digits = value.iter().any(u8::is_ascii_digit);
    let named = !digits && (labelled || classify(value).is_some());
    if lower.contains(' ') {
        let joined = lower.split(|c: char| !c.is_alphanumeric()).any(|word| SENTENCE_WORDS.contains(&word));
        return !joined && !named;
    }
    let code = is_something_else(value) || !quoted && is_code(value) || is_reference(value);
    !named && !code && !FORM_VALUES.contains(&&*lower)
}

/// `settings.db.pass`, `getpass()`, `Option<String>`.
fn is_reference(value: &[u8]) -> bool {
    let ident = |part: &[u8]| {
        let letters = part.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
        letters && !part.is_empty() && Shape::of(part).surprise < 250
    };
    let applied = [(b'(', b')'), (b'<', b'>'), (b'[', b']')].iter().any(|(open, close)| {
        value.last() == Some(close) && memchr::memchr(*open, value).is_some_and(|at| ident(&value[..at]))
    });
    applied || value.contains(&b'.') && value.split(|b| *b == b'.').all(ident)
}
