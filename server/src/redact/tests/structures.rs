//! Secrets by their surroundings: what goes, and what stays around it.

use crate::redact::Redactor;
use crate::redact::sample::expand;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(Redactor::new([]).text(&expand(text)), expand(expected));
}

#[test]
fn urls_keep_all_but_their_passwords() {
    check("https://bob:s3cret@host/x", "https://bob:[redacted:url_password]@host/x");
    check("postgres://app:p/w#1@db:5432/x", "postgres://app:[redacted:url_password]@db:5432/x");
    check("https://ghp_{a36}@github.com/o/r", "https://[redacted:github_token]@github.com/o/r");
    check("redis://:{h24}@cache:6379", "redis://:[redacted:url_password]@cache:6379");
    check("see git@github.com:o/r.git", "see git@github.com:o/r.git");
    check(
        "https://a.dev/x?access_token={a40}&page=2",
        "https://a.dev/x?access_token=[redacted:token]&page=2",
    );
}

#[test]
fn private_keys_go_whole_truncated_or_escaped() {
    let dashes = "-----";
    for label in
        ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
    {
        let whole =
            format!("a\n{dashes}BEGIN {label}{dashes}\n{{b64}}\n{{b20}}=\n{dashes}END {label}{dashes}\nb");
        check(&whole, "a\n[redacted:private_key]\nb");
        check(&whole.replace('\n', "\\n"), "a\\n[redacted:private_key]\\nb");
        let truncated = format!("{dashes}BEGIN {label}{dashes}\n{{b64}}\n{{b40}}\n\nand then");
        let out = Redactor::new([]).text(&expand(&truncated)).into_owned();
        assert!(out.starts_with("[redacted:private_key]") && out.ends_with("and then"), "{out}");
    }
}

#[test]
fn headers_keep_their_schemes() {
    check("Authorization: Bearer {a40}", "Authorization: Bearer [redacted:authorization]");
    check("-H 'Authorization: token {h40}'", "-H 'Authorization: token [redacted:authorization]'");
    check("Cookie: sid={l32}; theme=dark", "Cookie: sid=[redacted:cookie]; theme=dark");
    check("X-Api-Key: {h32}", "X-Api-Key: [redacted:api_key]");
    check("eyJ{w20}.eyJ{w40}.{w43}", "[redacted:jwt]");
}

#[test]
fn names_keep_what_is_around_their_values() {
    check("API_KEY={a32}\nX=1", "API_KEY=[redacted:api_key]\nX=1");
    check("{'client_secret': '{a32}', 'a': 1}", "{'client_secret': '[redacted:secret]', 'a': 1}");
    check("password: \"Tr0ub4dor&3\"", "password: \"[redacted:password]\"");
    check("the password for prod is: kX9!vv2pQz.", "the password for prod is: [redacted:password].");
    check("AKIA{u16} {b40}", "[redacted:aws_access_key] [redacted:aws_secret_key]");
    check("password=[redacted:password]", "password=[redacted:password]");
}
