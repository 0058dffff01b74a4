//! Secrets that their surroundings identify: which part is redacted, and what stays around it.

use crate::Redactor;
use crate::sample::expand;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(Redactor::new([]).text(&expand(text)), expand(expected));
}

#[test]
fn only_the_password_of_a_url_is_redacted() {
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
fn whole_truncated_and_escaped_private_keys_are_redacted() {
    let dashes = "-----";
    for label in [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "EC PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
        "OpenVPN Static key V1",
    ] {
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
fn the_scheme_of_a_header_stays() {
    check("Authorization: Bearer {a40}", "Authorization: Bearer [redacted:authorization]");
    check("-H 'Authorization: token {h40}'", "-H 'Authorization: token [redacted:authorization]'");
    check("Cookie: sid={l32}; theme=dark", "Cookie: sid=[redacted:cookie]; theme=dark");
    check("X-Api-Key: {h32}", "X-Api-Key: [redacted:api_key]");
    check("eyJ{w20}.eyJ{w40}.{w43}", "[redacted:jwt]");
}

#[test]
fn the_text_around_the_value_of_a_name_stays() {
    check("API_KEY={a32}\nX=1", "API_KEY=[redacted:api_key]\nX=1");
    check("{'client_secret': '{a32}', 'a': 1}", "{'client_secret': '[redacted:secret]', 'a': 1}");
    check("password: \"Tr0ub4dor&3\"", "password: \"[redacted:password]\"");
    check("the password for prod is: kX9!vv2pQz.", "the password for prod is: [redacted:password].");
    check("AKIA{u16} {b40}", "[redacted:aws_access_key] [redacted:aws_secret_key]");
    check("password=[redacted:password]", "password=[redacted:password]");
}

#[test]
fn credentials_of_any_scheme_are_redacted_and_parameter_names_stay() {
    check("Authorization: SSWS 00{w40}", "Authorization: SSWS [redacted:authorization]");
    check("authorization: GenieKey {uuid}", "authorization: GenieKey [redacted:authorization]");
    check("Proxy-Authorization: Acme-Key {a32}", "Proxy-Authorization: Acme-Key [redacted:authorization]");
    let hawk = |mac: &str| format!(r#"Authorization: Hawk id="dh37", ts="1353832234", mac="{mac}", ext="x""#);
    assert_eq!(Redactor::new([]).text(&expand(&hawk("{b43}="))), hawk("[redacted:authorization]"));
    let kept = |text: &str, expected: &str| {
        let out = Redactor::new([]).text(&expand(text)).into_owned();
        assert!(out.ends_with(expected), "{out}");
    };
    kept(
        r#"Authorization: Token token="{a32}", nonce=42"#,
        r#" Token token="[redacted:authorization]", nonce=42"#,
    );
    kept("Authorization: Digest nonce={h32}, response={h32}", ", response=[redacted:authorization]");
    kept(
        "Authorization: AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date, Signature={h64}",
        "SignedHeaders=host;x-amz-date, Signature=[redacted:authorization]",
    );
    kept(
        r#"{"headers":{"authorization":"SSWS 00{w40}"}}"#,
        r#"{"headers":{"authorization":"SSWS [redacted:authorization]"}}"#,
    );
    kept(
        r#"{\"Authorization\": \"SSWS 00{w40}\"}"#,
        r#"{\"Authorization\": \"SSWS [redacted:authorization]\"}"#,
    );
    for prose in [
        "Authorization: see the docs",
        "Authorization: required for every request",
        "Authorization: scheme and credentials, see RFC 9110",
        "Authorization: SSWS <token>",
        "authorization: user 550e8400-e29b-41d4-a716-446655440000 denied",
        "Authorization: Hawk id=\"<id>\", mac=\"<mac>\"",
    ] {
        check(prose, prose);
    }
}

#[test]
fn private_members_of_web_keys_are_redacted_and_public_ones_stay() {
    let check = |before: &str, after: &str| {
        let (before, after) = (expand(before), expand(after));
        let out = Redactor::new([]).text(&format!("{before}{after}")).into_owned();
        let name_end = after.find("\",").or(after.find("\\\"}")).unwrap_or(after.len() - 2);
        assert_eq!(out, format!("{before}[redacted:private_key]{}", &after[name_end..]));
        let json = serde_json::from_str::<serde_json::Value>(&format!("{before}{after}"));
        if let Ok(json) = json {
            let json = json.to_string();
            let out = Redactor::new([]).json(&json).into_owned();
            assert_eq!(out.matches("[redacted:private_key]").count(), 1, "{out}");
        }
    };
    check(r#"{"kty":"EC","crv":"P-256","x":"{w43}","y":"{w43}","d":""#, r#"{w43}"}"#);
    check(r#"{ "d": ""#, r#"{w43}", "n": "{w86}", "e": "AQAB", "kty": "RSA" }"#);
    check(r#"{\"kty\":\"oct\",\"k\":\""#, r#"{w43}\"}"#);
    let public = expand(r#"{"kty":"RSA","n":"{w86}","e":"AQAB","kid":"{w43}"} and {"d":"{w43}"}"#);
    assert_eq!(Redactor::new([]).text(&public), public);
}

#[test]
fn password_hashes_after_a_user_are_redacted() {
    check("root:$6$ab12${a86}:19000:0:99999:7:::", "root:[redacted:password_hash]:19000:0:99999:7:::");
    check("bob:$apr1$ab12cd34${a22}", "bob:[redacted:password_hash]");
    check("bob:$2y$05${a53}\neve:x", "bob:[redacted:password_hash]\neve:x");
    check("root:!:19000:0:99999:7:::", "root:!:19000:0:99999:7:::");
}

#[test]
fn passwords_set_by_sql_statements_are_redacted() {
    check("IDENTIFIED BY '{a12}';", "IDENTIFIED BY '[redacted:password]';");
    check(
        "create user x identified with caching_sha2 by 'otter'",
        "create user x identified with caching_sha2 by '[redacted:password]'",
    );
    check("CREATE USER x WITH PASSWORD '{c12}'", "CREATE USER x WITH PASSWORD '[redacted:password]'");
    check("ALTER ROLE app PASSWORD 'otterotter'", "ALTER ROLE app PASSWORD '[redacted:password]'");
    check(
        "ConvertTo-SecureString \"otter-9\" -AsPlainText -Force",
        "ConvertTo-SecureString \"[redacted:password]\" -AsPlainText -Force",
    );
    check(
        "ConvertTo-SecureString -String 'otter-9' -AsPlainText",
        "ConvertTo-SecureString -String '[redacted:password]' -AsPlainText",
    );
    for harmless in [
        "CREATE USER x IDENTIFIED BY 'your_password';",
        "IDENTIFIED BY '<password>'",
        "the error is identified by 'otter-9', or by `code: 'ERR_INVALID_CHAR'`",
        "ConvertTo-SecureString $plain -AsPlainText -Force",
        "ConvertTo-SecureString \"$plain\" -AsPlainText",
        "CREATE USER x WITH PASSWORD 'changeme'",
    ] {
        check(harmless, harmless);
    }
}

#[test]
fn only_the_token_of_a_sign_in_link_is_redacted() {
    check("https://a.dev/in?magic={a32}&x=1", "https://a.dev/in?magic=[redacted:link_token]&x=1");
    check("https://a.dev/reset-password/{w43}.", "https://a.dev/reset-password/[redacted:link_token].");
    check(
        "https://a.dev/password/reset/{h64}?email=x",
        "https://a.dev/password/reset/[redacted:link_token]?email=x",
    );
    for harmless in [
        "https://a.dev/reset-password/how-to-write-a-good-mail-2024",
        "see src/reset-password/index.tsx",
        "the magic/{a8} folder",
    ] {
        let harmless = expand(harmless);
        assert_eq!(Redactor::new([]).text(&harmless), harmless);
    }
}

#[test]
fn telegram_bot_tokens_are_found_in_urls() {
    check(
        "https://api.telegram.org/bot{d10}:AAV{w32}/sendMessage",
        "https://api.telegram.org/[redacted:telegram_token]/sendMessage",
    );
}

#[test]
fn random_passwords_are_found_without_quotation_marks() {
    let missed = (0..1000)
        .map(|n| expand(&format!("# {n}\n  password: {{a{}}}\n  host: db", 12 + n % 2)))
        .filter(|text| !Redactor::new([]).text(text).contains("[redacted:password]"))
        .collect::<Vec<_>>();
    assert!(missed.len() <= 10, "{} missed: {missed:#?}", missed.len());
}

#[test]
fn words_are_redacted_as_values_of_a_password_name() {
    for value in [
        "silver-battery-42",
        "sunshine",
        "correct horse battery staple",
        "otter_lantern_91",
        "abc-def-ghi-123",
        "hunter2",
    ] {
        for (before, after) in [
            ("{\"password\":\"", "\"}"),
            ("it sends {\"user\": \"bob\", \"db_passwd\": \"", "\"} then"),
            ("{\\\"passphrase\\\":\\\"", "\\\"}"),
        ] {
            check(&format!("{before}{value}{after}"), &format!("{before}[redacted:password]{after}"));
        }
        let secret = |value: &str| format!("{{\"client_secret\":\"{value}\"}}");
        check(&secret(value), &secret("[redacted:secret]"));
    }
    for value in ["tangerine-otter-lantern", "otter_lantern_91", "sunshine"] {
        check(&format!("DB_PASSWORD={value}\nA=1"), "DB_PASSWORD=[redacted:password]\nA=1");
        check(&format!("export JWT_SECRET='{value}'"), "export JWT_SECRET='[redacted:secret]'");
    }
}

#[test]
fn values_that_are_clearly_not_passwords_stay() {
    for value in [
        "string",
        "required",
        "********",
        "${DB_PASSWORD}",
        "process.env.X",
        "<your password>",
        "changeme",
        "true",
        "null",
        "Password",
        "Enter your password",
        "Forgot password?",
        "must be at least 8 characters",
        "is too short",
        "Invalid credentials",
        "Min. 8 characters",
        "Shared key",
        "Contraseña",
        "Mot de passe",
        "passwordField",
        "db-credentials",
        "settings.db.pass",
        "/run/secrets/db",
        "text",
    ] {
        let json = format!("{{\"password\": \"{value}\", \"client_secret\":\"{value}\"}}");
        check(&json, &json);
    }
    for text in [
        "DB_PASSWORD=$DB_PASS",
        "DB_PASSWORD=$(cat /run/secrets/db)",
        "DB_PASSWORD=settings.DB_PASS",
        "DB_PASSWORD=getpass()",
        "DB_PASSWORD=true",
        "CLIENT_SECRET=client_secret",
        "{\"token\":\"Ident\"}",
    ] {
        check(text, text);
    }
}
