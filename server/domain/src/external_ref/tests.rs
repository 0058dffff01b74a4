use workroom_protocol::external_ref::ExternalThreadRef as Ref;
use workroom_protocol::workroom::RepoRef;

use super::*;

const SHA: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";

fn issue(number: u64, host: Option<&str>) -> Ref {
    Ref::GitHubIssue { owner: "o".into(), repo: "r".into(), number, host: host.map(Into::into) }
}

fn pull(number: u64, host: Option<&str>) -> Ref {
    Ref::GitHubPullRequest { owner: "o".into(), repo: "r".into(), number, host: host.map(Into::into) }
}

fn commit(sha: &str, host: Option<&str>) -> Ref {
    Ref::GitHubCommit { owner: "o".into(), repo: "r".into(), sha: sha.into(), host: host.map(Into::into) }
}

fn check_run(check_run_id: u64, host: Option<&str>) -> Ref {
    Ref::GitHubCheck { owner: "o".into(), repo: "r".into(), check_run_id, host: host.map(Into::into) }
}

fn web(url: &str) -> Ref {
    Ref::Web { url: url.into() }
}

fn repo(host: Option<&str>) -> RepoRef {
    RepoRef { owner: "o".into(), name: "r".into(), host: host.map(Into::into) }
}

/// Checks that each of `texts` is read as `expected`, both with and without the workroom's repository.
#[track_caller]
fn reads(texts: &[&str], expected: &Ref) {
    for text in texts {
        assert_eq!(parse(text, None).as_ref(), Ok(expected), "{text}");
        assert_eq!(parse(text, Some(&repo(None))).as_ref(), Ok(expected), "{text}");
    }
}

#[test]
fn issue_pages_are_read_as_the_issue() {
    reads(
        &[
            "https://github.com/o/r/issues/12",
            "http://github.com/o/r/issues/12",
            "https://www.github.com/o/r/issues/12",
            "HTTPS://GitHub.com/o/r/issues/12",
            "https://github.com/o/r/issues/12/",
            "https://github.com//o/r/issues/12",
            "https://github.com/o/r.git/issues/12",
            "https://github.com/o/r/issues/12#issuecomment-492700400",
            "https://github.com/o/r/issues/12?notification_referrer_id=NT_x#event-1",
            "https://github.com/o/r/issues/12/linked_closing_reference",
            "https://user:secret@github.com/o/r/issues/12",
            "https://redirect.github.com/o/r/issues/12",
            "https://github.com/o/r/issues?q=is%3Aopen&issue=o%7Cr%7C12",
            "https://github.com/orgs/o/projects/1/views/2?pane=issue&itemId=7&issue=o%7Cr%7C12",
            "https://api.github.com/repos/o/r/issues/12",
            "https://api.github.com/repos/o/r/issues/12/comments",
            "https://api.github.com/repos/o/r/issues/12/labels{/name}",
            "github.com/o/r/issues/12",
            "www.github.com/o/r/issues/12#issuecomment-1",
            "api.github.com/repos/o/r/issues/12",
            "  https://github.com/o/r/issues/12\r\n",
            "<https://github.com/o/r/issues/12>",
            "`https://github.com/o/r/issues/12`",
            "[Fix [the] bug](https://github.com/o/r/issues/12)",
            "[text](<https://github.com/o/r/issues/12> \"title\")",
            "https://github.com/o/r/issues/12.",
            "o/r#12",
            "github.com/o/r#12",
            "GitHub.com/o/r#12",
        ],
        &issue(12, None),
    );
}

#[test]
fn parentheses_and_punctuation_around_a_reference_are_removed() {
    reads(
        &[
            "(https://github.com/o/r/issues/12)",
            "(https://github.com/o/r/issues/12).",
            "(https://github.com/o/r/issues/12),",
            "(https://github.com/o/r/issues/12.)",
            "(<https://github.com/o/r/issues/12>);",
            "( https://github.com/o/r/issues/12 )",
            "((https://github.com/o/r/issues/12))",
            "https://github.com/o/r/issues/12).",
            "https://github.com/o/r/issues/12),",
            "https://github.com/o/r/issues/12?",
            "(github.com/o/r/issues/12).",
            "(o/r#12)",
            "([Fix](https://github.com/o/r/issues/12)).",
        ],
        &issue(12, None),
    );
    for (text, page) in [
        ("https://example.com/wiki/Rust_(language)", "https://example.com/wiki/Rust_(language)"),
        ("https://example.com/wiki/Rust_(language).", "https://example.com/wiki/Rust_(language)"),
        ("(https://example.com/wiki/Rust_(language)).", "https://example.com/wiki/Rust_(language)"),
        ("https://example.com/wiki/Rust_(language)),", "https://example.com/wiki/Rust_(language)"),
        ("[x](https://example.com/wiki/Rust_(language))", "https://example.com/wiki/Rust_(language)"),
        ("https://example.com/(a)/b", "https://example.com/(a)/b"),
    ] {
        assert_eq!(parse(text, None), Ok(web(page)), "{text}");
    }
}

#[test]
fn every_sub_page_of_a_pull_request_is_read_as_the_pull_request() {
    let at_commit = format!("https://github.com/o/r/pull/12/commits/{SHA}");
    let changes = format!("https://github.com/o/r/pull/12/changes/{SHA}..{SHA}");
    reads(
        &[
            "https://github.com/o/r/pull/12",
            "https://github.com/o/r/pull/12/files",
            "https://github.com/o/r/pull/12/files#diff-0d1R7-R9",
            "https://github.com/o/r/pull/12/files/0d1a26e..6113728",
            "https://github.com/o/r/pull/12/commits",
            &at_commit,
            &changes,
            "https://github.com/o/r/pull/12/changes",
            "https://github.com/o/r/pull/12/checks",
            "https://github.com/o/r/pull/12/checks?check_run_id=345",
            "https://github.com/o/r/pull/12/checks?sha=6113728&check_run_id=345",
            "https://github.com/o/r/pull/12/checks?check_run_id=nonsense",
            "https://github.com/o/r/pull/12/conflicts",
            "https://github.com/o/r/pull/12#discussion_r284312630",
            "https://github.com/o/r/pull/12#pullrequestreview-237895671",
            "https://github.com/o/r/pull/12.diff",
            "https://github.com/o/r/pull/12.patch",
            "https://api.github.com/repos/o/r/pulls/12",
            "https://api.github.com/repos/o/r/pulls/12/comments",
            "https://github.dev/o/r/pull/12",
            "github.com/o/r/pull/12/files",
        ],
        &pull(12, None),
    );
}

#[test]
fn commit_addresses_are_read_as_the_commit() {
    let upper = SHA.to_uppercase();
    for (before, after) in [
        ("https://github.com/o/r/commit/", ""),
        ("https://github.com/o/r/commit/", "#commitcomment-33548674"),
        ("https://github.com/o/r/commit/", ".patch"),
        ("https://github.com/o/r/commit/", "/checks"),
        ("https://github.com/repos/o/r/commit/", ""),
        ("https://api.github.com/repos/o/r/commits/", ""),
        ("https://api.github.com/repos/o/r/commits/", "/check-runs"),
        ("https://api.github.com/repos/o/r/git/commits/", ""),
        ("o/r@", ""),
        ("github.com/o/r@", ""),
    ] {
        reads(&[&format!("{before}{SHA}{after}"), &format!("{before}{upper}{after}")], &commit(SHA, None));
        reads(&[&format!("{before}6113728{after}")], &commit("6113728", None));
    }
}

#[test]
fn check_run_addresses_are_read_as_the_check_run() {
    reads(
        &[
            "https://github.com/o/r/runs/345",
            "https://github.com/o/r/runs/345?check_suite_focus=true",
            "https://github.com/o/r/actions/runs/9/job/345",
            "https://github.com/o/r/actions/runs/9/job/345?pr=12#step:3:7",
            "https://github.com/o/r/commit/6113728/checks/345/logs",
            "https://github.com/o/r/commit/6113728/checks?check_run_id=345",
            "https://api.github.com/repos/o/r/check-runs/345",
            "https://api.github.com/repos/o/r/check-runs/345/annotations",
            "https://api.github.com/repos/o/r/actions/jobs/345",
        ],
        &check_run(345, None),
    );
}

#[test]
fn github_enterprise_keeps_its_host() {
    let host = Some("git.example.com");
    reads(
        &[
            "https://git.example.com/o/r/issues/12",
            "http://Git.Example.COM:80/o/r/issues/12",
            "https://git.example.com:443/o/r/issues/12",
            "https://user:secret@git.example.com./o/r/issues/12?token=secret",
            "https://git.example.com/api/v3/repos/o/r/issues/12",
            "git.example.com/o/r/issues/12",
            "git.example.com/o/r#12",
        ],
        &issue(12, host),
    );
    reads(&["https://git.example.com/o/r/pull/12/files"], &pull(12, host));
    reads(&["https://git.example.com/api/v3/repos/o/r/commits/6113728"], &commit("6113728", host));
    reads(&["https://git.example.com/o/r/runs/345"], &check_run(345, host));
    reads(&["https://git.example.com:8443/o/r/pull/12"], &pull(12, Some("git.example.com:8443")));
    reads(&["http://localhost:8080/o/r/pull/12"], &pull(12, Some("localhost:8080")));
    reads(
        &["https://octocorp.ghe.com/o/r/pull/12", "https://api.octocorp.ghe.com/repos/o/r/pulls/12"],
        &pull(12, Some("octocorp.ghe.com")),
    );
}

#[test]
fn short_forms_are_completed_by_the_workrooms_repository() {
    let on_enterprise = Some("git.example.com");
    for (text, expected) in
        [("#12", issue as fn(u64, Option<&str>) -> Ref), ("GH-12", issue), ("gh-12", issue), (" #12 ", issue)]
    {
        assert_eq!(parse(text, Some(&repo(None))), Ok(expected(12, None)), "{text}");
        assert_eq!(parse(text, Some(&repo(on_enterprise))), Ok(expected(12, on_enterprise)), "{text}");
        assert_eq!(parse(text, None), Err(RefError::NoRepository), "{text}");
    }
    for text in [SHA, "6113728f"] {
        assert_eq!(parse(text, Some(&repo(None))), Ok(commit(text, None)), "{text}");
        assert_eq!(parse(text, None), Err(RefError::NoRepository), "{text}");
    }
    // As in a comment on GitHub Enterprise.
    assert_eq!(parse("o/r#12", Some(&repo(on_enterprise))), Ok(issue(12, on_enterprise)));
    assert_eq!(parse("github.com/o/r#12", Some(&repo(on_enterprise))), Ok(issue(12, None)));
}

#[test]
fn any_other_address_is_a_web_page_without_secrets() {
    for (text, page) in [
        ("https://example.com", "https://example.com/"),
        ("https://u:p@example.com:8443/a/@b?token=secret#x", "https://example.com:8443/a/@b"),
        (
            "https://web.example/1/https://u:p@example.com/a@b",
            "https://web.example/1/https://example.com/a@b",
        ),
        ("https://web.example/http:/u@ftp:/v@../w", "https://web.example/http:/w"),
        ("https://github.com/o/r?tab=readme", "https://github.com/o/r"),
        ("github.com/o/r", "https://github.com/o/r"),
        ("https://github.com/o/r/issues/new", "https://github.com/o/r/issues/new"),
        ("https://github.com/o/r/issues/12abc", "https://github.com/o/r/issues/12abc"),
        ("https://github.com/o/r/commit/main", "https://github.com/o/r/commit/main"),
        // A workflow run, and the old job address, whose number is not a job id.
        ("https://github.com/o/r/actions/runs/9", "https://github.com/o/r/actions/runs/9"),
        ("https://github.com/o/r/actions/runs/9/jobs/8", "https://github.com/o/r/actions/runs/9/jobs/8"),
        ("https://github.com/o/r/discussions/7", "https://github.com/o/r/discussions/7"),
        (
            "https://api.github.com/repos/o/r/issues/comments/5",
            "https://api.github.com/repos/o/r/issues/comments/5",
        ),
        ("https://docs.github.com/a/b/issues/1", "https://docs.github.com/a/b/issues/1"),
        // Other forges use other numbers behind the same paths.
        ("https://gitlab.com/o/r/-/issues/12", "https://gitlab.com/o/r/-/issues/12"),
        ("https://codeberg.org/o/r/issues/12", "https://codeberg.org/o/r/issues/12"),
        ("https://gitea.example.com/o/r/commit/6113728", "https://gitea.example.com/o/r/commit/6113728"),
        // An owner or a number that is impossible on GitHub shows that the host is not GitHub Enterprise.
        ("https://shop.example/~me/cart/issues/1", "https://shop.example/~me/cart/issues/1"),
        ("https://news.example/a/b/issues/0", "https://news.example/a/b/issues/0"),
        ("http://[::1]:3000/x?y", "http://[::1]:3000/x"),
    ] {
        assert_eq!(parse(text, None), Ok(web(page)), "{text}");
    }
}

#[test]
fn an_invalid_reference_is_refused_with_the_reason() {
    let number = RefError::Number { field: "number" };
    for (text, error) in [
        ("", RefError::Empty),
        (" \n", RefError::Empty),
        ("<>", RefError::Empty),
        ("hello", RefError::Shape),
        ("fix the bug #12", RefError::Shape),
        ("o/r", RefError::Shape),
        ("12", RefError::Shape),
        ("src/main.rs", RefError::Shape),
        ("docs.d/readme", RefError::Shape),
        ("someone@example.com", RefError::Shape),
        ("git@github.com:o/r.git", RefError::Shape),
        ("defaced", RefError::Shape),
        ("1234567", RefError::Shape),
        ("codewhale://workroom/wr_1", RefError::WorkroomLink),
        ("workroom://wr_1", RefError::WorkroomLink),
        ("[Room](codewhale://workroom/wr_1)", RefError::WorkroomLink),
        ("ftp://example.com/x", RefError::Scheme),
        ("ssh://git@github.com/o/r", RefError::Scheme),
        ("https://", RefError::Address),
        ("https://user:secret@/o/r", RefError::Address),
        ("https://exa mple.com/", RefError::Address),
        ("https://github.com/o/r/issues/0", number),
        ("https://github.com/o/r/pull/9007199254740992", number),
        ("https://github.com/o/r/runs/99999999999999999999", RefError::Number { field: "check_run_id" }),
        ("o/r#0", number),
        ("https://github.com/-o/r/issues/1", RefError::Owner),
        ("https://github.com/o/%2E%2E%2F/issues/1", RefError::Repository),
        ("o_o!/r#1", RefError::Owner),
        ("o/r!#1", RefError::Repository),
        ("o/.git#1", RefError::Repository),
        ("o/..#1", RefError::Repository),
        ("o/r@main", RefError::Sha),
        ("o/r@abc123", RefError::Sha),
        ("gitlab.com/o/r#1", RefError::NotGitHub),
        ("https://github.com/o\u{202e}/r/issues/1", RefError::Hidden { field: "ref" }),
        ("https://github.com/o/r\n/issues/1", RefError::Hidden { field: "ref" }),
    ] {
        assert_eq!(parse(text, None), Err(error), "{text}");
    }
    let long = format!("https://example.com/{}", "x".repeat(20_000));
    assert_eq!(parse(&long, None), Err(RefError::TooLong { field: "ref", max: MAX_PASTED }));
    assert_eq!(parse(&long[..3_000], None), Err(RefError::TooLong { field: "url", max: 2_048 }));
}

#[test]
fn typed_references_are_normalised() {
    let typed = Ref::GitHubCommit {
        owner: "O".into(),
        repo: "r.git".into(),
        sha: SHA.to_uppercase(),
        host: Some("WWW.GitHub.com".into()),
    };
    let expected = Ref::GitHubCommit { owner: "O".into(), repo: "r".into(), sha: SHA.into(), host: None };
    assert_eq!(check(typed), Ok(expected));
    assert_eq!(check(issue(12, Some("Git.Example.com:443"))), Ok(issue(12, Some("git.example.com"))));
    assert_eq!(check(web(" https://u:p@example.com/a?b#c ")), Ok(web("https://example.com/a")));
    let chat = |chat_id: &str| Ref::Chat {
        platform: "telegram".into(),
        chat_id: chat_id.into(),
        message_id: Some("7".into()),
    };
    assert_eq!(check(chat(" -100 1 ")), Ok(chat("-100 1")));
}

#[test]
fn invalid_typed_references_are_refused_with_the_field() {
    let device = |device: &str| Ref::Mobile { device: device.into() };
    for (typed, error, field) in [
        (issue(0, None), RefError::Number { field: "number" }, "number"),
        (check_run(1 << 53, None), RefError::Number { field: "check_run_id" }, "check_run_id"),
        (commit("main", None), RefError::Sha, "sha"),
        (issue(1, Some("")), RefError::Missing { field: "host" }, "host"),
        (issue(1, Some("user:secret@example.com")), RefError::Host, "host"),
        (issue(1, Some("example.com/x")), RefError::Host, "host"),
        (issue(1, Some("gitlab.com")), RefError::NotGitHub, "host"),
        (device(" "), RefError::Missing { field: "device" }, "device"),
        (device("a\u{202e}b"), RefError::Hidden { field: "device" }, "device"),
        (device(&"x".repeat(501)), RefError::TooLong { field: "device", max: 500 }, "device"),
        (web(""), RefError::Missing { field: "url" }, "url"),
        (web("ftp://example.com/"), RefError::Scheme, "url"),
        (web("example.com"), RefError::Address, "url"),
    ] {
        assert_eq!(check(typed), Err(error));
        assert_eq!(error.field(), Some(field));
    }
}

#[test]
fn a_label_is_short_and_readable() {
    let run = Ref::FleetRun { runtime: "codewhale".into(), run_id: "run_7".into() };
    let thread = Ref::RuntimeThread { runtime: "codewhale".into(), thread_id: "t1".into() };
    let chat = Ref::Chat { platform: "telegram".into(), chat_id: "42".into(), message_id: Some("7".into()) };
    for (reference, text) in [
        (issue(12, None), "o/r#12"),
        (pull(12, Some("git.example.com")), "git.example.com/o/r#12"),
        (commit(SHA, None), "o/r@6113728"),
        (check_run(345, None), "check 345 of o/r"),
        (run, "codewhale run run_7"),
        (thread, "codewhale thread t1"),
        (chat, "telegram chat 42 message 7"),
        (Ref::Mobile { device: "Pixel".into() }, "device Pixel"),
        (web("https://example.com/a/"), "example.com/a"),
    ] {
        assert_eq!(label(&reference), text);
    }
    assert!(label(&web(&format!("https://example.com/{}", "x".repeat(500)))).chars().count() <= 80);
}

#[test]
fn equal_references_have_equal_keys() {
    let other_case = Ref::GitHubIssue { owner: "O".into(), repo: "R".into(), number: 12, host: None };
    assert!(same(&issue(12, None), &other_case));
    assert!(same(&issue(12, None), &web("https://github.com/o/r/issues/12")));
    assert!(!same(&issue(12, None), &issue(12, Some("git.example.com"))));
    assert!(!same(&commit(SHA, None), &commit("6113728", None)));
    assert!(!same(&issue(12, None), &pull(12, None)));
    assert!(same_number(&issue(12, None), &pull(12, None)));
    assert!(!same_number(&issue(12, None), &pull(13, None)));
    assert!(!same_number(&commit("6113728", None), &commit("6113728", None)));
}

/// The tables of `protocol::pasted` are those of Unicode: whatever mark stands around a reference, it is no part of it.
#[test]
fn every_mark_of_unicode_around_a_reference_is_taken_off() {
    use icu_properties::props::{
        BidiMirroringGlyph, DefaultIgnorableCodePoint, GeneralCategory, QuotationMark, SentenceTerminal,
        TerminalPunctuation,
    };
    use icu_properties::{CodePointMapData, CodePointSetData};
    use workroom_protocol::pasted::unwrap;
    const INSIDE: &str = "acme/rocket#12";
    let around = |open: &str, close: &str| {
        let text = format!("{open}{INSIDE}{close}");
        assert_eq!(unwrap(&text), INSIDE, "{text:?}");
    };
    let category = CodePointMapData::<GeneralCategory>::new();
    let mirrored = CodePointMapData::<BidiMirroringGlyph>::new();
    let is_end = |c| {
        CodePointSetData::new::<SentenceTerminal>().contains(c)
            || CodePointSetData::new::<TerminalPunctuation>().contains(c)
    };
    for c in '\0'..=char::MAX {
        let text = c.to_string();
        let is_quote = CodePointSetData::new::<QuotationMark>().contains(c);
        match category.get(c) {
            GeneralCategory::OpenPunctuation => {
                around(&text, "");
                if let Some(close) = mirrored.get(c).mirroring_glyph {
                    around(&text, &close.to_string());
                }
            }
            GeneralCategory::ClosePunctuation => around("", &text),
            GeneralCategory::InitialPunctuation | GeneralCategory::FinalPunctuation => {
                around(&text, &text);
                around("", &text);
            }
            _ if is_quote => around(&text, &text),
            _ if is_end(c) => around("", &text),
            _ if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) => around(&text, &text),
            _ if c.is_alphanumeric() => assert_eq!(unwrap(&text), text),
            _ => {}
        }
    }
}
