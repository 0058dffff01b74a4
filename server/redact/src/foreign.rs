//! Passwords and keys in sentences of other languages: "密码是 …", "Пароль от базы: …", "La clé API est …".

use super::harmless::{Standing, is_own, is_secret, is_something_else};
use super::keys::Family;
use super::prose::is_value;

/// Words for passwords, in lower case.
pub(super) const WORDS: &[&str] = &[
    "contraseña",
    "contrasena",
    "clave",
    "mot de passe",
    "mdp",
    "senha",
    "palavra-passe",
    "parola",
    "wachtwoord",
    "lösenord",
    "adgangskode",
    "passord",
    "salasana",
    "heslo",
    "hasło",
    "şifre",
    "Şifre",
    "sifre",
    "jelszó",
    "lozinka",
    "mật khẩu",
    "kata sandi",
    "zugangsdaten",
    "пароль",
    "Пароль",
    "пароля",
    "гасло",
    "密码",
    "密碼",
    "口令",
    "パスワード",
    "暗証番号",
    "合言葉",
    "비밀번호",
    "암호",
    "패스워드",
    "รหัสผ่าน",
    "كلمة المرور",
    "كلمة السر",
    "סיסמה",
    "סיסמא",
    "पासवर्ड",
    "κωδικός",
];

/// Words for keys and tokens, in lower case; those that no other alphabet has may begin with a capital letter.
pub(super) const KEYS: &[&str] = &[
    "clé api",
    "clé d'api",
    "clé d’api",
    "clé d'accès",
    "clé d’accès",
    "clé secrète",
    "clé privée",
    "jeton",
    "schlüssel",
    "clave api",
    "clave de api",
    "clave de la api",
    "clave secreta",
    "clave de acceso",
    "chave api",
    "chave de api",
    "chave da api",
    "chave secreta",
    "chiave api",
    "chiave segreta",
    "klucz api",
    "api-sleutel",
    "api-nyckel",
    "api anahtarı",
    "ключ",
    "Ключ",
    "токен",
    "Токен",
    "секрет",
    "Секрет",
    "密钥",
    "密鑰",
    "金鑰",
    "令牌",
    "凭证",
    "私钥",
    "キー",
    "トークン",
    "シークレット",
    "鍵",
    "api 키",
    "토큰",
    "비밀키",
    "khóa api",
];

/// What leads from the word to the password.
const LEADS: &[&str] = &[
    "este",
    "está",
    "sono",
    "auf",
    "à",
    "now",
    "jetzt",
    "nun",
    "maintenant",
    "ahora",
    "ora",
    "agora",
    "теперь",
    "成了",
    "改成",
    "を",
    "に",
    "is",
    "=",
    "->",
    "=>",
    "→",
    "—",
    "–",
    "-",
    "es",
    "est",
    "ist",
    "lautet",
    "é",
    "è",
    "e",
    "er",
    "är",
    "on",
    "to",
    "je",
    "jest",
    "это",
    "là",
    "adalah",
    "是",
    "为",
    "為",
    "は",
    "：",
    "の",
    "「",
    "『",
    "“",
    "는",
    "은",
    "है",
    "هي",
    "היא",
    "/",
];

// A sentence that leads from the word to its value is short.
const REACH: usize = 120;

/// What opens a quotation, and the spaces that may follow it.
const OPENERS: &[&str] =
    &["«", "“", "„", "‘", "‚", "‹", "「", "『", "《", "〈", "【", "（", "\u{a0}", "\u{202f}", "\u{3000}"];

/// The range of the password that follows such a word at `start..end`.
pub(super) fn secret(text: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    after_word(text, start, end, is_password)
}

/// The range of the key or token that follows such a word at `start..end`.
pub(super) fn key(text: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    after_word(text, start, end, |word| is_value(word, Family::Token, true))
}

/// The range of the secret that follows an English name which ends at `end` in a sentence of another language, or in
/// its quotation marks: "API key 是 …", "password «…»".
pub(super) fn secret_after(text: &[u8], end: usize, family: Family) -> Option<(usize, usize)> {
    let space = usize::from(text.get(end) == Some(&b' '));
    if text.get(end + space)?.is_ascii() {
        return None;
    }
    match family {
        Family::Password => following(text, end, is_password),
        Family::Token => following(text, end, |word| is_value(word, Family::Token, true)),
        _ => None,
    }
}

fn after_word(text: &[u8], start: usize, end: usize, fits: impl Fn(&[u8]) -> bool) -> Option<(usize, usize)> {
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    // Part of another word; in scripts without spaces words stand together.
    // German makes one word of two: `Zugriffsschlüssel`.
    let compound = text[start..end].eq_ignore_ascii_case("schlüssel".as_bytes());
    if text[start].is_ascii() && !compound && letter(start.checked_sub(1).and_then(|at| text.get(at)))
        || text[end - 1].is_ascii() && letter(text.get(end))
    {
        return None;
    }
    following(text, end, fits)
}

fn following(text: &[u8], end: usize, fits: impl Fn(&[u8]) -> bool) -> Option<(usize, usize)> {
    let window = &text[end..text.len().min(end + REACH)];
    let window = &window[..memchr::memchr(b'\n', window).unwrap_or(window.len())];
    let window = &window[..memchr::memmem::find(window, b"[redacted:").unwrap_or(window.len())];
    // Keywords of programs and keys of tables.
    let other = [" chiave", " primaria", " foránea", " ajena", " pública", " primária", " estrangeira"];
    if other.iter().any(|word| window.starts_with(word.as_bytes())) {
        return None;
    }
    let mut at = 0;
    let mut lead = true;
    while at < window.len() {
        if b" \t\"'`*([".contains(&window[at]) {
            at += 1;
        } else if window[at] == b':' || window[at] == b'=' {
            lead = true;
            at += 1;
        } else if window[at].is_ascii_graphic() {
            let len = window[at..].iter().take_while(|b| b.is_ascii_graphic()).count();
            let trail = |b: &&u8| b".,;:!?)]\"'`*".contains(b);
            let word = &window[at..at + len];
            let word = &word[..len - word.iter().rev().take_while(trail).count()];
            if lead && fits(word) {
                // What was looked at ends within it.
                let rest = &text[end + at + word.len()..];
                let more = if at + len == window.len() {
                    rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count()
                } else {
                    0
                };
                return Some((end + at, end + at + word.len() + more));
            }
            lead = is_lead(word) || is_change(&window[..at], word) || window[at..at + len].ends_with(b":");
            at += len;
        } else {
            // A control character stands alone.
            let len = window[at..].iter().take_while(|b| !b.is_ascii()).count().max(1);
            let mut word = &window[at..at + len];
            at += len;
            while let Some(rest) = OPENERS.iter().find_map(|opener| word.strip_suffix(opener.as_bytes())) {
                word = rest;
            }
            if word.is_empty() {
                continue;
            }
            lead = is_lead(word)
                || is_change(&window[..at], word)
                || LEADS.iter().any(|lead| !lead.is_ascii() && word.ends_with(lead.as_bytes()));
        }
    }
    None
}

/// "… a été changé en …", "… изменён на …": whether `word` leads to a value behind words that say that it was changed.
fn is_change(before: &[u8], word: &[u8]) -> bool {
    let links = ["en", "in", "na", "por", "para", "a", "на"];
    let verbs = ["chang", "modifi", "cambi", "altera", "zmieni", "geändert", "измен", "смен", "сброш"];
    links.iter().any(|link| link.as_bytes() == word)
        && verbs.iter().any(|verb| memchr::memmem::find(before, verb.as_bytes()).is_some())
}

fn is_lead(word: &[u8]) -> bool {
    LEADS.iter().any(|lead| lead.as_bytes() == word)
}

fn is_password(word: &[u8]) -> bool {
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = word.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let named = word.first().is_some_and(u8::is_ascii_alphabetic);
    word.len() >= 6
        && letters >= 2
        && digits > 0
        && (named || letters >= 4)
        && !is_term(word)
        && !is_own(word)
        && !is_something_else(word)
        && is_secret(word, Family::Password, Standing::Bare)
}

/// Whether `word` is a term of the trade that ends in digits.
pub(super) fn is_term(word: &[u8]) -> bool {
    const TERMS: &[&[u8]] = &[
        b"sha",
        b"aes",
        b"rsa",
        b"utf",
        b"md5",
        b"base",
        b"oauth",
        b"ipv",
        b"x86",
        b"http",
        b"ed25",
        b"pbkdf",
        b"argon",
        b"bcrypt",
        b"step",
        b"page",
        b"version",
        b"windows",
        b"ubuntu",
        b"python",
        b"server",
        b"node",
        b"user",
        b"host",
        b"field",
        b"input",
        b"line",
        b"table",
        b"figure",
        b"section",
        b"chapter",
        b"rfc",
        b"cve",
        b"iso",
        b"port",
        b"level",
        b"phase",
        b"part",
        b"test",
        b"option",
        b"item",
        b"room",
        b"issue",
        b"postgres",
        b"mysql",
        b"oracle",
        b"db",
        b"vault",
        b"keycloak",
        b"log4",
        b"k8s",
        b"s3",
        b"ec2",
        b"arm",
        b"amd",
        b"i18n",
        b"mp",
        b"h26",
        b"web3",
        b"wpa",
        b"pkcs",
        b"hs",
        b"es25",
        b"rs25",
        b"totp",
        b"day",
        b"week",
        b"month",
        b"year",
        b"q1",
        b"q2",
        b"q3",
        b"q4",
        b"v1",
        b"v2",
    ];
    let lower = word.to_ascii_lowercase();
    TERMS.iter().any(|term| {
        lower
            .strip_prefix(*term)
            .is_some_and(|rest| rest.first().is_none_or(|b| b.is_ascii_digit() || b"-_".contains(b)))
    })
}
