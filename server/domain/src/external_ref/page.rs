//! How references are displayed, and when two of them are equal.

use workroom_protocol::external_ref::ExternalThreadRef;

use super::address;
use crate::text::clip_middle;

/// Addresses and ids of runtimes can be long, but a label must fit one line of a list.
const MAX_LABEL: usize = 80;

/// The page of a reference: an https address for GitHub, the address itself for a web page, `None` for other kinds.
///
/// For every GitHub reference that [`super::check`] accepts, [`super::parse`] reads the page back as the same
/// reference.
pub fn url(reference: &ExternalThreadRef) -> Option<String> {
    use ExternalThreadRef as Ref;
    Some(match reference {
        Ref::GitHubIssue { owner, repo, number, host } => {
            format!("https://{}/{owner}/{repo}/issues/{number}", site(host))
        }
        Ref::GitHubPullRequest { owner, repo, number, host } => {
            format!("https://{}/{owner}/{repo}/pull/{number}", site(host))
        }
        Ref::GitHubCommit { owner, repo, sha, host } => {
            format!("https://{}/{owner}/{repo}/commit/{sha}", site(host))
        }
        Ref::GitHubCheck { owner, repo, check_run_id, host } => {
            format!("https://{}/{owner}/{repo}/runs/{check_run_id}", site(host))
        }
        Ref::Web { url } => url.clone(),
        Ref::RuntimeThread { .. } | Ref::FleetRun { .. } | Ref::Chat { .. } | Ref::Mobile { .. } => {
            return None;
        }
    })
}

/// A short label, at most 80 characters: `owner/repo#12`, `owner/repo@abc1234`, `check 345 of owner/repo`, `codewhale
/// run 7`, `telegram chat 42`, `example.com/page`.
///
/// On GitHub Enterprise, the host precedes the owner. [`super::parse`] accepts `host/owner/repo#12`.
pub fn label(reference: &ExternalThreadRef) -> String {
    use ExternalThreadRef as Ref;
    let text = match reference {
        Ref::GitHubIssue { owner, repo, number, host }
        | Ref::GitHubPullRequest { owner, repo, number, host } => {
            format!("{}{owner}/{repo}#{number}", prefix(host))
        }
        Ref::GitHubCommit { owner, repo, sha, host } => {
            format!("{}{owner}/{repo}@{}", prefix(host), sha.get(..7).unwrap_or(sha))
        }
        Ref::GitHubCheck { owner, repo, check_run_id, host } => {
            format!("check {check_run_id} of {}{owner}/{repo}", prefix(host))
        }
        Ref::RuntimeThread { runtime, thread_id } => format!("{runtime} thread {thread_id}"),
        Ref::FleetRun { runtime, run_id } => format!("{runtime} run {run_id}"),
        Ref::Chat { platform, chat_id, message_id: None } => format!("{platform} chat {chat_id}"),
        Ref::Chat { platform, chat_id, message_id: Some(message) } => {
            format!("{platform} chat {chat_id} message {message}")
        }
        Ref::Mobile { device } => format!("device {device}"),
        Ref::Web { url } => {
            let page = url.split_once("://").map_or(url.as_str(), |(_, page)| page);
            page.trim_end_matches('/').to_owned()
        }
    };
    clip_middle(&text, MAX_LABEL).into_owned()
}

/// The key of a reference. Two references are equal exactly if their keys are. A key is one line without control
/// characters except tabs, so it can be a unique column.
///
/// As on GitHub, owner and repository are case-insensitive. Ids of other systems are case-sensitive. An abbreviated
/// commit id has a different key from the full one, because only GitHub could tell that they are the same commit. An
/// issue and a pull request with the same number have different keys; see [`same_number`]. A web page with an address
/// on GitHub has the key of the thing that it shows.
pub fn key(reference: &ExternalThreadRef) -> String {
    use ExternalThreadRef as Ref;
    match reference {
        Ref::GitHubIssue { owner, repo, number, host } => {
            github("issue", host, owner, repo, &number.to_string())
        }
        Ref::GitHubPullRequest { owner, repo, number, host } => {
            github("pull", host, owner, repo, &number.to_string())
        }
        Ref::GitHubCommit { owner, repo, sha, host } => github("commit", host, owner, repo, sha),
        Ref::GitHubCheck { owner, repo, check_run_id, host } => {
            github("check", host, owner, repo, &check_run_id.to_string())
        }
        // Tabs can separate the parts because `check` rejects ids that contain tabs.
        Ref::RuntimeThread { runtime, thread_id } => format!("thread\t{runtime}\t{thread_id}"),
        Ref::FleetRun { runtime, run_id } => format!("run\t{runtime}\t{run_id}"),
        Ref::Chat { platform, chat_id, message_id: None } => format!("chat\t{platform}\t{chat_id}"),
        Ref::Chat { platform, chat_id, message_id: Some(message) } => {
            format!("chat\t{platform}\t{chat_id}\t{message}")
        }
        Ref::Mobile { device } => format!("mobile\t{device}"),
        Ref::Web { url } => match address::parse(url) {
            Ok(Ref::Web { url }) => format!("web\t{url}"),
            Ok(shown) => key(&shown),
            Err(_) => format!("web\t{url}"),
        },
    }
}

/// Whether two references are equal, that is, have equal [`key`]s.
pub fn same(a: &ExternalThreadRef, b: &ExternalThreadRef) -> bool {
    key(a) == key(b)
}

/// Whether two references have the same number in the same repository.
///
/// GitHub numbers issues and pull requests in one sequence, so `owner/repo#12`, which is read as an issue, can mean
/// an attached pull request.
pub fn same_number(a: &ExternalThreadRef, b: &ExternalThreadRef) -> bool {
    let number = |reference: &ExternalThreadRef| match key(reference).split_once('\t') {
        Some(("issue" | "pull", place)) => Some(place.to_owned()),
        _ => None,
    };
    number(a).is_some_and(|a| number(b) == Some(a))
}

/// Whether two references name the same thing, so that a thread needs only one of them.
pub fn stands_for(a: &ExternalThreadRef, b: &ExternalThreadRef) -> bool {
    same(a, b) || same_number(a, b)
}

fn github(kind: &str, host: &Option<String>, owner: &str, repo: &str, what: &str) -> String {
    format!("{kind}\t{}/{owner}/{repo}\t{what}", site(host)).to_ascii_lowercase()
}

fn site(host: &Option<String>) -> &str {
    host.as_deref().unwrap_or("github.com")
}

fn prefix(host: &Option<String>) -> String {
    host.as_ref().map(|host| format!("{host}/")).unwrap_or_default()
}
