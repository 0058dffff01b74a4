//! Whatever the text: redacting twice is redacting once, JSON stays JSON, and a known secret is gone.

use proptest::prelude::*;

use crate::sample::expand;
use crate::{KnownSecret, Redactor};

const KNOWN: &str = "Kn0wn~Secret/of+Whales";

fn redactor() -> Redactor {
    Redactor::new([KnownSecret { value: KNOWN.into(), kind: "known_secret" }])
}

/// Texts out of what rules look for, so that pieces meet in ways nobody thought of.
fn text() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "password",
        "api_key",
        "token",
        "secret",
        "key",
        "Authorization",
        "Bearer ",
        "Basic ",
        "Cookie:",
        "=",
        ": ",
        "\"",
        "'",
        "`",
        "\\\"",
        "\\n",
        "\n",
        " ",
        "  ",
        "&",
        ";",
        ",",
        "://",
        "user:",
        "@host",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END",
        "[redacted:token]",
        "[redacted:",
        "]",
        "[redacted:password]x1y2z3",
        "<password>",
        "</password>",
        "value",
        "name: ",
        "kind: Secret\n",
        "data:\n",
        "  a: ",
        "curl -u ",
        "mysql -p",
        "mnemonic: ",
        ";base64,",
        "eyJ",
        ".",
        "AKIA",
        "is ",
        "->",
        "hunter2!x",
        "abcd efgh ijkl mnop",
        "é",
        "密码",
        "😀",
        "--",
        "(",
        ")",
        "|",
        "%3D",
        "webhook/",
        "IDENTIFIED BY '",
        "/reset-password/",
        "\"kty\":\"EC\",\"d\":\"",
        "root:$6$",
        "DB_PASSWORD=",
        "\"password\":\"",
        "SSWS ",
        "\x1b[31m",
        "\x1b[",
        "\x1b",
        "\\u001b[",
        "\\u003d",
        "\\\\u0026",
        "\\e[",
        "\u{200b}",
        "\u{9b}",
        "ｐｗ",
        "：",
        "&quot;",
        "&#61;",
        "&",
        "%",
        "%25",
        "3D",
        "%22",
        "=3D",
        "=\n",
        "\x1b]8;;",
        "\x07",
        "^[[",
        "echo ",
        " | sudo -S ",
        "chpasswd <<EOF\n",
        "sqlplus u/",
        "password: |\n  ",
        "-----END PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "user: bob\n",
        "send \"",
        ".login(\"",
        "mac=\"",
        "https://",
        "| password | ",
        "| user | token |\n|---|---|\n| ",
        "user,password\nada,",
        "password\t",
        "Password:\n",
        "Key   Value\n---   -----\n",
        "</dt><dd>",
        "</td><td><code>",
        "<br>",
        "passwords:\n- ",
        "api_tokens: [\"",
        "ENV DB_PASSWORD ",
        "$ echo $DB_PASSWORD\n",
        "mit Passwort ",
        "user ada, password ",
        " as the token",
        "use ",
        "API key 是 ",
        "clé api : ",
        "密钥：",
        "「",
        "«",
        "»",
        "''",
        "'\\''",
        "\\ ",
        "%40",
        "%26",
        "\\u0022",
        "&amp;",
        "&lt;",
        "Pwd={",
        "};",
        "Wallet(\"0x",
        "accounts: [\"",
        "@sha256:",
        "mysql -p'",
        "mc alias set a b c ",
    ])
    .prop_map(str::to_owned);
    let drawn = prop::sample::select(vec![
        "{a20}",
        "{a40}",
        "{h32}",
        "{h40}",
        "{w43}",
        "{b44}=",
        "{uuid}",
        "{l12}",
        "ghp_{a36}",
        "AKIA{u16}",
        "sk_live_{a24}",
        "xyz_prod_{h32}",
        "eyJ{w20}.eyJ{w20}.{w30}",
        "{d10}:AA{w33}",
        "AC{h32}",
        "{h64}",
        "{a9}-{a4}",
    ])
    .prop_map(expand);
    let piece = prop_oneof![6 => fixed, 3 => drawn, 1 => "\\PC{0,8}", 1 => any::<String>(), 1 => Just(KNOWN.to_owned())];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        text().prop_map(serde_json::Value::from),
        "--token|-u|-p|--password=otter|curl|sshpass|bob:otter7|X-Api-Key|Authorization|otter lantern"
            .prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec(
                (prop_oneof![text(), "password|name|value|token|cursor|headers|kty|d"], inner),
                0..4
            )
            .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_redacted_stays_as_it_is(text in text()) {
        let redactor = redactor();
        let once = redactor.text(&text).into_owned();
        prop_assert_eq!(redactor.text(&once), once.as_str(), "from {:?}", text);
        prop_assert!(!once.contains(KNOWN));
    }

    #[test]
    fn json_stays_json_and_as_it_is_once_redacted(value in value(), pretty in any::<bool>()) {
        let redactor = redactor();
        let json = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let once = redactor.json(&json).into_owned();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok(), "{} from {}", once, json);
        prop_assert_eq!(redactor.json(&once), once.as_str(), "from {}", json);
        prop_assert!(!once.contains(KNOWN));
    }

    #[test]
    fn vendors_tokens_are_gone_wherever_they_stand(before in "[ \n\"'=:,;(]?", after in "[ \n\"',;)]?") {
        let token = expand("ghp_{a36}");
        let text = format!("{before}{token}{after}");
        let redacted = redactor().text(&text).into_owned();
        prop_assert!(!redacted.contains(&token[4..]));
    }

    #[test]
    fn any_text_at_all_is_taken(text in any::<String>()) {
        let _ = redactor().text(&text);
        let _ = redactor().json(&text);
        let _ = Redactor::count(&text);
    }
}
