//! Compares what is displayed with what was requested, for actions made to look like others.

use proptest::prelude::*;
use workroom_domain::approval::{Action, hidden, in_words};
use workroom_domain::shown;
use workroom_protocol::exact::ExactJson;
use workroom_redact as redact;

fn exact(json: &str) -> ExactJson {
    ExactJson::parse(json).expect(json)
}

/// An action as people see it: redacted and prepared for display.
fn seen(tool_name: &str, summary: &str, arguments: &ExactJson) -> (String, [u8; 32]) {
    let redactor = redact::Redactor::default();
    let clean = exact(&redactor.json(arguments.text()));
    let (tool, text) = (redactor.text(tool_name), redactor.text(summary));
    let original = Action { thread_id: "thr_0", tool_name, summary, arguments: Some(arguments), risk: None };
    let cut = Action { tool_name: &tool, summary: &text, arguments: Some(&clean), ..original };
    let note = hidden(&original, &cut).map(|hidden| in_words(&hidden)).unwrap_or_default();
    let display =
        format!("{}\n|{}\n|{}\n|{note}", shown::line(&tool), shown::lines(&text), shown::json(&clean));
    (display, original.hash())
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "ls",
        " ",
        "  ",
        "\n",
        "\u{200b}",
        "\u{3164}",
        "\u{2800}",
        "⟨U+200B⟩",
        "␠×20",
        "[redacted:token]",
        "token=",
        "hunter22hunter",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "; rm -rf /",
        "\u{fe0f}",
        "é",
        "e\u{301}",
        "\u{e0041}",
    ]);
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn arguments() -> impl Strategy<Value = ExactJson> {
    let number =
        prop::sample::select(vec!["1", "1.0", "-0", "0", "1e400", "12345678901234567890123", "1234567"]);
    let text = texts().prop_map(|text| serde_json::to_string(&text).expect("JSON"));
    let value = prop_oneof![number.prop_map(str::to_owned), text];
    let name = prop::sample::select(vec!["command", "token", "password", "a\u{200b}"]);
    prop::collection::vec((name, value), 0..3).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        exact(&format!("{{{}}}", members.join(",")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn different_actions_have_different_displays_or_digests(
        one in (texts(), texts(), arguments()), other in (texts(), texts(), arguments())
    ) {
        let (display, digest) = seen(&one.0, &one.1, &one.2);
        let (other_display, other_digest) = seen(&other.0, &other.1, &other.2);
        let is_same = (&one.0, &one.1, one.2.canonical()) == (&other.0, &other.1, other.2.canonical());
        prop_assert_eq!(digest == other_digest, is_same);
        // Actions with the same display differ only in hidden parts, which the display reports.
        if display == other_display && !is_same {
            prop_assert!(display.contains("hidden: "), "{}", display);
        }
    }
}
