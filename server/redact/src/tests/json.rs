//! JSON: strings are redacted by name and by content, and every other byte stays the same.

use std::borrow::Cow;

use crate::Redactor;
use crate::sample::expand;

#[track_caller]
fn check(json: &str, expected: &str) {
    assert_eq!(Redactor::new([]).json(&expand(json)), expand(expected));
}

#[test]
fn whole_values_under_secret_names_are_redacted() {
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
fn versions_and_grammar_words_under_token_names_stay() {
    for json in [
        r#"{"token":"Ident"}"#,
        r#"{"tokens":[{"token":" whale","logprob":-0.1},{"token":"end_of_file"}]}"#,
        r#"{"session_key":"v1"}"#,
    ] {
        check(json, json);
    }
    check(r#"{"access_token":"whale"}"#, r#"{"access_token":"[redacted:token]"}"#);
    check(r#"{"token":"whale-7"}"#, r#"{"token":"[redacted:token]"}"#);
}

#[test]
fn the_value_after_a_flag_is_redacted() {
    check(
        r#"["curl","--token","{a30}","-u","bob:{a12}"]"#,
        r#"["curl","--token","[redacted:token]","-u","bob:[redacted:password]"]"#,
    );
    check(r#"["--password","sunshinezz2"]"#, r#"["--password","[redacted:password]"]"#);
    check(r#"["x","--password=otter"]"#, r#"["x","--password=[redacted:password]"]"#);
    check(r#"["curl","-u","a:b1c2"]"#, r#"["curl","-u","a:[redacted:password]"]"#);
    check(
        r#"["sshpass","-p","otter","ssh","-p","2222"]"#,
        r#"["sshpass","-p","[redacted:password]","ssh","-p","2222"]"#,
    );
    check(r#"["/usr/bin/mysql","-pR00tMe2024"]"#, r#"["/usr/bin/mysql","-p[redacted:password]"]"#);
    check(
        r#"{"argv":["docker","login","-u","bob","-p","otter"]}"#,
        r#"{"argv":["docker","login","-u","bob","-p","[redacted:password]"]}"#,
    );
    for json in [
        r#"["docker","run","-u","1000:1000","-p","8080:80","acme/app"]"#,
        r#"["docker","run","-u","node:node","acme/app"]"#,
        r#"["ssh","-p","2222","host"]"#,
        r#"["mkdir","-p","src/token"]"#,
        r#"["acmectl","--token","--verbose"]"#,
        r#"["acmectl","--token-file","/run/secrets/token"]"#,
        r#"["acmectl","--password","${PASSWORD}"]"#,
        r#"["curl","--key","client.pem","--cookie","cookies.txt"]"#,
        r#"["--pin",1,"x1y2z3w4"]"#,
    ] {
        check(json, json);
    }
}

#[test]
fn decorated_names_are_recognized() {
    check("{\"pass\u{200b}word\":\"otter\"}", "{\"pass\u{200b}word\":\"[redacted:password]\"}");
    check(r#"{"ｐａｓｓｗｏｒｄ":"otter"}"#, r#"{"ｐａｓｓｗｏｒｄ":"[redacted:password]"}"#);
    check(
        r#"[{"name":"DB\u005fPASSWORD","value":"otter"}]"#,
        r#"[{"name":"DB\u005fPASSWORD","value":"[redacted:password]"}]"#,
    );
}

#[test]
fn arrays_of_arguments_support_the_same_programs_as_command_lines() {
    check(r#"["curl","-uada:otter1"]"#, r#"["curl","-uada:[redacted:password]"]"#);
    check(r#"["sqlcmd","-U","sa","-P","otter"]"#, r#"["sqlcmd","-U","sa","-P","[redacted:password]"]"#);
    check(r#"["7z","a","-potter","a.7z"]"#, r#"["7z","a","-p[redacted:password]","a.7z"]"#);
    check(r#"["smbclient","-U","ada%otter"]"#, r#"["smbclient","-U","ada%[redacted:password]"]"#);
    check(r#"["podman","login","-p","otter"]"#, r#"["podman","login","-p","[redacted:password]"]"#);
    for json in [r#"["podman","run","-p","8080:80"]"#, r#"["ssh","-p","2222"]"#, r#"["mysql","-p","app"]"#] {
        check(json, json);
    }
}

#[test]
fn the_name_of_a_pair_decides_if_its_value_is_redacted() {
    check(
        r#"[["X-Api-Key","{a32}"],["Authorization","Bearer otterotter"],["Accept","*/*"]]"#,
        r#"[["X-Api-Key","[redacted:api_key]"],["Authorization","[redacted:authorization]"],["Accept","*/*"]]"#,
    );
    check(
        r#"{"env":[["DB_PASSWORD","otter"] , [ "A" , "otter" ]]}"#,
        r#"{"env":[["DB_PASSWORD","[redacted:password]"] , [ "A" , "otter" ]]}"#,
    );
    check(
        r#"["X-Api-Key","{a32}","Accept","gzip"]"#,
        r#"["X-Api-Key","[redacted:api_key]","Accept","gzip"]"#,
    );
    check(
        r#"[{"value":"otter","name":"DB_PASSWORD"},{"value":"otter","name":"A"}]"#,
        r#"[{"value":"[redacted:password]","name":"DB_PASSWORD"},{"value":"otter","name":"A"}]"#,
    );
    check(
        r#"[{"key":"DB_PASSWORD","value":"otter"}]"#,
        r#"[{"key":"DB_PASSWORD","value":"[redacted:password]"}]"#,
    );
    for json in [
        r#"{"required":["password","email"],"order":["token","user_id"]}"#,
        r#"["reset the password","otter lanterns"]"#,
        r#"{"tags":["secret","rotation"]}"#,
    ] {
        check(json, json);
    }
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
fn everything_else_stays_byte_for_byte_the_same() {
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
