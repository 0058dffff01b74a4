//! Secrets as programs print them: coloured, escaped, encoded, with invisible characters inside.

use std::borrow::Cow;

use crate::sample::expand;
use crate::{KnownSecret, Redactor, vendors};

/// Decorates the whole `text`. `at` is the middle of the secret.
type Decoration = (&'static str, fn(&str, usize) -> String);

fn inside(text: &str, at: usize, what: &str) -> String {
    format!("{}{what}{}", &text[..at], &text[at..])
}

fn each(text: &str, write: impl Fn(char) -> String) -> String {
    text.chars().map(write).collect()
}

fn wide(c: char) -> String {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap().to_string(),
        c => c.to_string(),
    }
}

/// Encodings of signs only, as in URLs, pages and logs.
fn signs(text: &str, write: impl Fn(char) -> String) -> String {
    each(text, |c| if c.is_ascii_alphanumeric() || c == ' ' { c.to_string() } else { write(c) })
}

const DECORATIONS: &[Decoration] = &[
    ("red", |text, at| inside(text, at, "\x1b[31m")),
    ("red before", |text, _| format!("see \x1b[31m{text}\x1b[0m")),
    ("256 colours", |text, at| inside(text, at, "\x1b[1;38;5;196m")),
    ("erased to the end of the line", |text, at| inside(text, at, "\x1b[K")),
    ("8-bit control", |text, at| inside(text, at, "\u{9b}31m")),
    ("hyperlink", |text, at| inside(text, at, "\x1b]8;;\x07")),
    ("\\u001b", |text, at| inside(text, at, "\\u001b[31m")),
    ("\\u001b before", |text, _| format!("\\u001b[31m{text}\\u001b[0m")),
    ("\\\\u001b", |text, at| inside(text, at, "\\\\u001b[0;1m")),
    ("\\x1b", |text, at| inside(text, at, "\\x1b[31m")),
    ("\\033", |text, at| inside(text, at, "\\033[31m")),
    ("\\e", |text, at| inside(text, at, "\\e[31m")),
    ("\\e before", |text, _| format!("\\e[31m{text}\\e[0m")),
    ("caret", |text, at| inside(text, at, "^[[31m")),
    ("zero-width space", |text, at| inside(text, at, "\u{200b}")),
    ("word joiner", |text, at| inside(text, at, "\u{2060}")),
    ("soft hyphen", |text, at| inside(text, at, "\u{ad}")),
    ("byte order mark", |text, at| inside(text, at, "\u{feff}")),
    ("tag", |text, at| inside(text, at, "\u{e0041}")),
    ("variation selector", |text, at| inside(text, at, "\u{fe0f}")),
    ("Hangul filler", |text, at| inside(text, at, "\u{3164}")),
    ("zero-width everywhere", |text, _| each(text, |c| format!("{c}\u{200c}"))),
    ("full width", |text, _| each(text, wide)),
    ("escaped signs", |text, _| signs(text, |c| format!("\\u{:04x}", u32::from(c)))),
    ("escaped letters", |text, _| each(text, |c| format!("\\u{:04x}", u32::from(c)))),
    ("escaped twice", |text, _| signs(text, |c| format!("\\\\u{:04X}", u32::from(c)))),
    ("entities", |text, _| signs(text, |c| format!("&#{};", u32::from(c)))),
    ("hexadecimal entities", |text, _| each(text, |c| format!("&#x{:x};", u32::from(c)))),
    ("percent", |text, _| signs(text, |c| format!("%{:02X}", u32::from(c)))),
    ("percent everywhere", |text, _| each(text, |c| format!("%{:02x}", u32::from(c)))),
    ("percent twice", |text, _| signs(text, |c| format!("%25{:02X}", u32::from(c)))),
    ("percent of entities", |text, _| signs(text, |c| format!("%26%23{}%3B", u32::from(c)))),
    ("quoted-printable", |text, at| inside(&format!("x=3D1 {text}"), at + 6, "=\n")),
];

fn vendors_secrets() -> impl Iterator<Item = (&'static str, String)> {
    let plain = vendors::rows().filter(|row| !row.inner && row.kind != "twitter_token");
    plain.map(|row| (row.kind, expand(row.example)))
}

#[test]
fn a_decorated_vendor_token_is_redacted_with_its_decoration() {
    let redactor = Redactor::new([]);
    let (mut all, mut missed) = (0, Vec::new());
    for (kind, secret) in vendors_secrets() {
        for (name, decorate) in DECORATIONS {
            let text = decorate(&secret, secret.len() / 2);
            let out = redactor.text(&text).into_owned();
            all += 1;
            // At most a prefix of it remains, in any spelling.
            let seen = super::super::view::shown(&out).into_owned();
            let left = seen.replace(|c: char| !c.is_ascii_alphanumeric(), "");
            let rest = secret.replace(|c: char| !c.is_ascii_alphanumeric(), "");
            let tail = &rest[rest.len() - 12..];
            if !out.contains("[redacted:") || left.contains(tail) {
                missed.push(format!("{kind}, {name}: {text:.90} → {out:.90}"));
            }
            assert_eq!(redactor.text(&out), out, "redacted twice: {text}");
            assert_eq!(Redactor::count(&out), Redactor::count(&redactor.text(&out)));
        }
    }
    assert!(all >= 22 * 8, "{all}");
    assert!(missed.is_empty(), "{} of {all}: {missed:#?}", missed.len());
}

#[test]
fn the_text_around_a_decorated_secret_stays() {
    let check = |text: &str, expected: &str| {
        let (text, expected) = (expand(text), expand(expected));
        assert_eq!(Redactor::new([]).text(&text), expected);
    };
    check(
        "\x1b[32mok\x1b[0m ghp_{a18}\x1b[31m{a18}\x1b[0m done",
        "\x1b[32mok\x1b[0m [redacted:github_token]\x1b[0m done",
    );
    check("password=\x1b[1mhunter2!x\x1b[0m;", "password=\x1b[1m[redacted:password]\x1b[0m;");
    check("client_secret%3D{a24}%26x%3D1", "client_secret%3D[redacted:secret]%26x%3D1");
    check(
        "&quot;password&quot;:&quot;sunshine&quot;,",
        "&quot;password&quot;:&quot;[redacted:password]&quot;,",
    );
    check("token\\u003d{a32}\\u0026x\\u003d1", "token\\u003d[redacted:token]\\u0026x\\u003d1");
    check("ｐａｓｓｗｏｒｄ＝ｓｕｎ９ｓｈｉｎｅ！ です", "ｐａｓｓｗｏｒｄ＝[redacted:password] です");
    check(
        "\x1b]8;;https://x.dev/?token={a32}\x07link\x1b]8;;\x07",
        "\x1b]8;;https://x.dev/?token=[redacted:token]\x07link\x1b]8;;\x07",
    );
}

#[test]
fn json_with_decorated_secrets_stays_json() {
    let redactor = Redactor::new([]);
    for (kind, secret) in vendors_secrets().step_by(9) {
        for (name, decorate) in DECORATIONS {
            let text = decorate(&secret, secret.len() / 2);
            for json in [
                serde_json::json!({"content": text, "n": 1}).to_string(),
                serde_json::json!({"log": serde_json::json!({"line": text}).to_string()}).to_string(),
            ] {
                let out = redactor.json(&json);
                assert!(matches!(out, Cow::Owned(_)), "{kind}, {name}: {json}");
                assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
                assert_eq!(redactor.json(&out), out, "redacted twice");
            }
            // A log line that contains JSON but is not JSON as a whole.
            let inner = serde_json::json!({"line": text}).to_string();
            let out = redactor.text(&format!("12:00 INFO {inner}")).into_owned();
            let inner = out.trim_start_matches("12:00 INFO ");
            assert!(serde_json::from_str::<serde_json::Value>(inner).is_ok(), "{kind}, {name}: {out}");
        }
    }
}

#[test]
fn decorated_known_values_are_found() {
    let value = "wh?le&song of=the~deep";
    let redactor = Redactor::new([KnownSecret { value: value.into(), kind: "known_secret" }]);
    for (name, decorate) in DECORATIONS {
        if matches!(*name, "quoted-printable") {
            continue;
        }
        let out = redactor.text(&decorate(value, 9)).into_owned();
        assert!(out.contains("[redacted:known_secret]"), "{name}: {out}");
    }
    for text in
        ["wh?le&amp;song of=the~deep", "wh?le\\u0026song of\\u003dthe~deep", "wh?le%26song%20of%3Dthe~deep"]
    {
        let out = redactor.text(text).into_owned();
        assert!(out.contains("[redacted:known_secret]"), "{text}: {out}");
    }
}
