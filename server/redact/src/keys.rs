//! What a name says about its value: `client_secret` holds a secret, `max_tokens` and `public_key` do not.

mod words;

use words::{KEYS, NAMING_KEYS, OTHER_TOKENS, PASSWORDS, QUALIFIERS, SESSIONS, TOKEN_ENDS};

/// How much a value must look like a secret to be taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// People choose passwords: nearly every value is one.
    Password,
    /// Machines draw keys, tokens and secrets: the value must not be a word.
    Token,
    /// The name says little: the value must look random.
    Weak,
    /// `Authorization`: a scheme may come first.
    Header,
    /// `Cookie`, `Set-Cookie`: pairs.
    Cookie,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    pub family: Family,
    pub kind: &'static str,
    /// Whether the name is `token` and no more, which lexers and models give to words.
    pub bare: bool,
}

// Names are short; of a longer one the end counts.
const MAX_NAME: usize = 96;
const MAX_WORDS: usize = 12;

/// What `name` stands for; `None` when its value is none of our business. Any case, any separators.
pub(super) fn classify(name: &[u8]) -> Option<Class> {
    let mut buffer = [0; MAX_NAME + 32];
    let lower = lowered(&name[name.len().saturating_sub(MAX_NAME)..], &mut buffer);
    let mut words = [""; MAX_WORDS];
    let mut count = 0;
    for word in lower.rsplit('_').filter(|word| !word.is_empty()).take(MAX_WORDS) {
        words[count] = word;
        count += 1;
    }
    // From the last word on.
    let mut words = &words[..count];
    while words.len() > 1 && (QUALIFIERS.contains(&words[0]) || words[0].bytes().all(|b| b.is_ascii_digit()))
    {
        words = &words[1..];
    }
    let last = words.first()?.trim_end_matches(|c: char| c.is_ascii_digit());
    let before = words.get(1).copied().unwrap_or_default();
    // .NET's assemblies name the public half of the key that signed them.
    if last == "token" && before == "key" && words.get(2) == Some(&"public") {
        return None;
    }
    of_words(last, before, words.len())
}

fn of_words(last: &str, before: &str, count: usize) -> Option<Class> {
    let bare = count == 1 && matches!(last, "token" | "tok");
    let class = |family, kind| Some(Class { family, kind, bare });
    let ends = |list: &[&str]| list.iter().any(|end| last.ends_with(end));
    if ends(PASSWORDS) || matches!(last, "pass" | "pw" | "psw") && before != "by" {
        return class(Family::Password, "password");
    }
    if last.ends_with("pass")
        && !["bypass", "compass", "trespass", "surpass"].iter().any(|word| last.ends_with(word))
    {
        return class(Family::Password, "password");
    }
    match last {
        "data" if before == "key" => class(Family::Token, "private_key"),
        "psk" => class(Family::Password, "password"),
        "token" | "tok" if OTHER_TOKENS.contains(&before) => None,
        "key" if NAMING_KEYS.contains(&before) => None,
        "key" if KEYS.contains(&before) => class(Family::Token, key_kind(before)),
        "key" if before == "ssh" || before.ends_with("api") => class(Family::Token, "api_key"),
        "key" => class(Family::Weak, "api_key"),
        "base" if before == "key" => class(Family::Token, "secret"),
        "authorization" => class(Family::Header, "authorization"),
        "cookie" => class(Family::Cookie, "cookie"),
        "auth" | "jwt" | "pat" | "bearer" => class(Family::Weak, "token"),
        "id" if before == "session" || before == "sess" => class(Family::Weak, "session"),
        "sid" if matches!(before, "account" | "subaccount" | "message" | "call" | "service") => None,
        "sid" if SESSIONS.contains(&before) || count == 1 => class(Family::Weak, "session"),
        "sig" | "signature" => class(Family::Weak, "signature"),
        "otp" | "pin" | "code" => class(Family::Weak, "code"),
        "credential" | "credentials" | "cred" | "creds" | "login" => class(Family::Weak, "password"),
        "connectionstring" | "dsn" => class(Family::Weak, "connection_string"),
        _ if SESSIONS.contains(&last) => class(Family::Weak, "session"),
        _ if OTHER_TOKENS.iter().any(|other| last.strip_suffix("token") == Some(*other)) => None,
        _ if ["publickey", "publickeytoken", "nexttoken", "pagetoken", "continuetoken"].contains(&last) => {
            None
        }
        _ if ends(TOKEN_ENDS) => class(
            Family::Token,
            if last.ends_with("secret") {
                "secret"
            } else if last.ends_with("token") {
                "token"
            } else {
                "api_key"
            },
        ),
        _ => None,
    }
}

fn key_kind(before: &str) -> &'static str {
    match before {
        "private" | "priv" | "rsa" | "wallet" => "private_key",
        "secret" | "encryption" | "encrypt" | "signing" | "sign" | "master" | "hmac" | "aes" => "secret",
        _ => "api_key",
    }
}

/// `name` in lower case, its words separated by `_`.
fn lowered<'b>(name: &[u8], buffer: &'b mut [u8; MAX_NAME + 32]) -> &'b str {
    let mut len = 0;
    for (at, &byte) in name.iter().enumerate() {
        let before = at.checked_sub(1).map_or(b'_', |at| name[at]);
        let after = name.get(at + 1).copied().unwrap_or(b'_');
        let camel = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        if len + 2 > buffer.len() {
            break;
        }
        if camel {
            buffer[len] = b'_';
            len += 1;
        }
        buffer[len] = if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
        len += 1;
    }
    std::str::from_utf8(&buffer[..len]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_any_style() {
        let check = |name: &str, family: Family| {
            assert_eq!(classify(name.as_bytes()).map(|class| class.family), Some(family), "{name}");
        };
        for name in
            ["password", "DB_PASSWORD", "userPassword", "PGPASSWORD", "smtp-pass", "MYSQL_PWD", "passwd2"]
        {
            check(name, Family::Password);
        }
        for name in [
            "api_key",
            "apiKey",
            "X-Api-Key",
            "APIKEY",
            "client_secret",
            "clientSecret",
            "accessToken",
            "token",
            "AWS_SECRET_ACCESS_KEY",
            "privateKey",
            "SECRET_KEY_BASE",
            "GITHUB_TOKEN_PROD",
            "AccountKey",
            "_authToken",
            "api key",
        ] {
            check(name, Family::Token);
        }
        check("ACME_KEY", Family::Weak);
        check("Authorization", Family::Header);
        check("proxy-authorization", Family::Header);
        check("Set-Cookie", Family::Cookie);
    }

    #[test]
    fn names_of_other_things_are_not() {
        for name in [
            "max_tokens",
            "token_id",
            "idempotency_key",
            "allowed_tokens",
            "cursor",
            "next_cursor",
            "action_digest",
            "omitted_tokens",
            "public_key",
            "publicKey",
            "key_id",
            "token_hash",
            "password_hash",
            "nextToken",
            "next_page_token",
            "eos_token",
            "cache_key",
            "token_count",
            "secret_name",
            "tokens",
            "passwordField",
            "monkey",
            "keyboard",
            "compass",
            "tokenizer",
            "secretary",
            "password_url",
            "author",
            "authority",
        ] {
            assert_eq!(classify(name.as_bytes()), None, "{name}");
        }
    }
}
