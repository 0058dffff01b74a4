use proptest::prelude::*;
use workroom_protocol::external_ref::ExternalThreadRef as Ref;
use workroom_protocol::workroom::RepoRef;

use super::*;

const SHA: &str = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";

fn repo() -> RepoRef {
    RepoRef { owner: "o".into(), name: "r".into(), host: None }
}

fn any_github() -> impl Strategy<Value = Ref> {
    let host = prop::option::of("[a-z]{1,8}(\\.[a-z]{2,8}){0,2}(:[1-9][0-9]{0,3})?");
    let parts =
        ("[A-Za-z0-9][A-Za-z0-9_-]{0,38}", "[A-Za-z0-9._-]{1,40}", host, 1u64..(1 << 53), "[0-9a-f]{7,64}");
    (parts, 0..4).prop_filter_map("allowed by check", |((owner, repo, host, number, sha), kind)| {
        check(match kind {
            0 => Ref::GitHubIssue { owner, repo, number, host },
            1 => Ref::GitHubPullRequest { owner, repo, number, host },
            2 => Ref::GitHubCommit { owner, repo, sha, host },
            _ => Ref::GitHubCheck { owner, repo, check_run_id: number, host },
        })
        .ok()
    })
}

/// Texts that are close to valid, so that the property tests reach every branch.
fn near_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "https://",
        "http://",
        "https://a.b/",
        "github.com",
        "api.github.com",
        "git.example.com",
        "/",
        "/o/r",
        "/repos",
        "/api/v3",
        "/issues/",
        "/pull/",
        "/commit/",
        "/runs/",
        "/job/",
        "/checks",
        "12",
        "0",
        SHA,
        "#",
        "@",
        "?",
        ":",
        "[",
        "](",
        ")",
        "<",
        ">",
        "`",
        ".git",
        "..",
        "%2e",
        "http:/u@",
        "x@../",
        "GH-",
        "codewhale://",
        "\u{202e}",
        "é",
        " ",
        "\\",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())]
}

proptest! {
    #[test]
    fn no_text_panics_and_every_reference_is_normalised(text in near_text()) {
        for repo in [None, Some(&repo())] {
            if let Ok(reference) = parse(&text, repo) {
                prop_assert_eq!(check(reference.clone()), Ok(reference.clone()));
                let page = url(&reference).unwrap_or_default();
                prop_assert!(!page.contains(['?', '#']), "{}", page);
                if !matches!(reference, Ref::Web { .. }) {
                    prop_assert_eq!(parse(&page, None), Ok(reference));
                }
            }
        }
    }

    #[test]
    fn the_page_of_a_reference_reads_back_as_the_same_reference(reference in any_github()) {
        let page = url(&reference).unwrap_or_default();
        prop_assert_eq!(parse(&page, None), Ok(reference.clone()));
        for way in ["{}/", " <{}> ", "[x]({})", "{}?a=b", "{}#c", "{}.", "({})", "({}),"] {
            prop_assert_eq!(parse(&way.replace("{}", &page), None), Ok(reference.clone()));
        }
    }

    #[test]
    fn no_credentials_query_or_fragment_survive(
        path in "(/[a-z0-9.]{1,8}){0,6}", known in prop::sample::select(vec!["", "/o/r/issues/1", "/o/r/pull/0"]),
        host in prop::sample::select(vec!["github.com", "git.example.com", "example.com:99", "bad host", ""]),
    ) {
        let text = format!("https://USERS3CR3T:PASSS3CR3T@{host}{known}{path}?q=QUERYS3CR3T#FRAGMENTS3CR3T");
        for text in [text.clone(), format!("[x]({text})"), text.replace("https://", "")] {
            let said = match parse(&text, Some(&repo())) {
                Ok(reference) => format!("{reference:?} {:?} {} {}", url(&reference), label(&reference), key(&reference)),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!said.contains("S3CR3T"), "{}", said);
        }
    }
}
