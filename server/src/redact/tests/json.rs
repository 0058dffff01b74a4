//! JSON: by name, by text, and every other byte as it was.

use std::borrow::Cow;

use crate::redact::Redactor;
use crate::redact::sample::expand;

#[track_caller]
fn check(json: &str, expected: &str) {
    assert_eq!(Redactor::new([]).json(&expand(json)), expand(expected));
}

#[test]
fn values_under_secret_names_go_whole() {
    check(r#"{"password":"hunter2"}"#, r#"{"password":"[redacted:password]"}"#);
    check(
        r#"{ "Client-Secret" : "plain text" , "n": 1.50e3 }"#,
        r#"{ "Client-Secret" : "[redacted:secret]" , "n": 1.50e3 }"#,
    );
    check(r#"{"password":12345678}"#, r#"{"password":"[redacted:password]"}"#);
    check(
        r#"{"apiKeys":["x"],"api_key":["plain","${X}"]}"#,
        r#"{"apiKeys":["x"],"api_key":["[redacted:api_key]","${X}"]}"#,
    );
    check(r#"{"authorization":"Bearer abc"}"#, r#"{"authorization":"[redacted:authorization]"}"#);
    check(r#"{"p\u0061ssword":"x1y2"}"#, r#"{"p\u0061ssword":"[redacted:password]"}"#);
    check(
        r#"[{"name":"DB_PASSWORD","value":"plain"}]"#,
        r#"[{"name":"DB_PASSWORD","value":"[redacted:password]"}]"#,
    );
    check(r#"{"set-cookie":"a=b","a":"a=b"}"#, r#"{"set-cookie":"[redacted:cookie]","a":"a=b"}"#);
}

#[test]
fn texts_in_json_are_redacted_and_escapes_hide_nothing() {
    check(r#"{"a":"see ghp_{a36}\n"}"#, r#"{"a":"see [redacted:github_token]\n"}"#);
    check(r#"["\u0067hp_{a36}","\u0067"]"#, r#"["[redacted:github_token]","\u0067"]"#);
    check(r#"{"a":"{\"password\": \"x1-Y2-z3\"}"}"#, r#"{"a":"{\"password\": \"[redacted:password]\"}"}"#);
    check(r#"{"ghp_{a36}":1}"#, r#"{"[redacted:github_token]":1}"#);
    check(r#"["https:\/\/u:s3cretpw@host"]"#, r#"["https://u:[redacted:url_password]@host"]"#);
}

#[test]
fn everything_else_is_byte_for_byte_the_same() {
    for json in [
        r#"{"a":1,"a":2,"n":123456789012345678901234567890,"f":1.0,"token":null,"secret":false}"#,
        r#"{"token_id":"tok_{h32}","idempotency_key":"{uuid}","allowed_tokens":["a"],"max_tokens":2000}"#,
        r#"{"cursor":"{b44}","next_cursor":"{w60}","action_digest":"{h64}","token":"<YOUR_TOKEN>"}"#,
        r#"{"password":"[redacted:password]","x":"\ud800 \u0041"}"#,
        " [ ] ",
        "true",
    ] {
        let json = expand(json);
        let out = Redactor::new([]).json(&json).into_owned();
        assert_eq!(out, json);
        assert!(matches!(Redactor::new([]).json(&json), Cow::Borrowed(_)), "{json}");
    }
}

#[test]
fn markers_are_counted_by_kind() {
    let text = "[redacted:jwt] [redacted:jwt], [redacted:password] [redacted:] [redacted:No] [redacted:x";
    let counts: Vec<_> = Redactor::count(text).into_iter().collect();
    assert_eq!(counts, [("jwt".to_owned(), 2), ("password".to_owned(), 1)]);
}
