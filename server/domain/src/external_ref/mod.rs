//! External references: what a thread is about outside Workroom, read from what a person pastes.

use workroom_protocol::external_ref::ExternalThreadRef;
use workroom_protocol::link::Named;
use workroom_protocol::pasted;
use workroom_protocol::workroom::RepoRef;

mod address;
mod error;
pub(super) mod names;
mod page;
#[cfg(test)]
mod properties;
mod shorthand;
#[cfg(test)]
mod tests;

pub use error::RefError;
pub use page::{key, label, same, same_number, stands_for, url};

use super::text::is_hidden;

/// Longer than any address that browsers and servers support, including the query.
const MAX_PASTED: usize = 16_384;

/// Ids and names of runtimes, platforms and devices are short. A longer value is a text in the wrong field.
const MAX_FIELD: usize = 500;

/// Reads what a person pastes.
///
/// - A page of GitHub, with or without scheme, `www.`, sub-pages, query and fragment:
///   `/owner/repo/issues/12`, `/pull/12` (also `/files`, `/commits/<sha>`, `/checks`, `.diff` …),
///   `/commit/<sha>`, `/runs/<id>`, `/actions/runs/<run>/job/<id>`.
///   `?issue=owner|repo|12` on a board is the issue, and `/commit/<sha>/checks?check_run_id=345` is the check run.
///   A sub-page of a pull request is the pull request, whatever its query.
/// - The same resources in the REST API, `https://api.github.com/repos/…` and `https://<host>/api/v3/repos/…`.
/// - `owner/repo#12` and `owner/repo@sha`, with an optional `host/` before it; the default is the host of `repo`.
///   `#12`, `GH-12` and a bare commit id if there is a `repo` to complete them.
///   A bare number is read as an issue: GitHub redirects to the pull request if it is one.
/// - Any other http or https address is a web page. A workflow run (`/actions/runs/<run>`) is also a web page,
///   because it is not a check run.
///
/// [`pasted::unwrap`] first removes what surrounds the reference: white space, quotes, brackets, emphasis, the
/// Markdown link `[text](…)`, and the punctuation of the sentence.
/// A host other than github.com counts as GitHub Enterprise if the path is one of GitHub's and no label of the host
/// names another forge (`gitlab`, `codeberg`, `bitbucket` …).
/// Credentials, query and fragment are always removed. Owner and repository keep their case; commit ids become lower
/// case.
///
/// # Errors
/// [`RefError`], which names the invalid part and repeats nothing of `text`.
pub fn parse(text: &str, repo: Option<&RepoRef>) -> Result<ExternalThreadRef, RefError> {
    let text = pasted::unwrap(text);
    if text.is_empty() {
        return Err(RefError::Empty);
    }
    if text.len() > MAX_PASTED {
        return Err(RefError::TooLong { field: "ref", max: MAX_PASTED });
    }
    if text.contains(is_hidden) {
        return Err(RefError::Hidden { field: "ref" });
    }
    if begins(text, "http://") || begins(text, "https://") {
        return address::parse(text);
    }
    if begins(text, "codewhale:") || begins(text, "workroom:") || Named::parse(text).is_ok() {
        return Err(RefError::WorkroomLink);
    }
    if let Some(reference) = shorthand::parse(text, repo)? {
        return Ok(reference);
    }
    if text.contains("://") {
        return Err(RefError::Scheme);
    }
    without_scheme(text)
}

/// Validates and normalises a typed reference from a client, by the rules of [`parse`] for each field.
///
/// `.git` is removed from repositories, commit ids and hosts become lower case, and the host `github.com` becomes
/// `None`. White space around ids of other kinds is removed, and a web page loses its credentials, query and
/// fragment.
/// The kind stays as the client gave it, even for a web page that [`parse`] would recognise as GitHub's.
///
/// # Errors
/// [`RefError`]; [`RefError::field`] is the invalid field.
pub fn check(reference: ExternalThreadRef) -> Result<ExternalThreadRef, RefError> {
    use ExternalThreadRef as Ref;
    Ok(match reference {
        Ref::GitHubIssue { owner, repo, number, host } => Ref::GitHubIssue {
            owner: names::owner(&owner)?,
            repo: names::repository(&repo)?,
            number: names::in_range(number, "number")?,
            host: names::host(host.as_deref())?,
        },
        Ref::GitHubPullRequest { owner, repo, number, host } => Ref::GitHubPullRequest {
            owner: names::owner(&owner)?,
            repo: names::repository(&repo)?,
            number: names::in_range(number, "number")?,
            host: names::host(host.as_deref())?,
        },
        Ref::GitHubCommit { owner, repo, sha, host } => Ref::GitHubCommit {
            owner: names::owner(&owner)?,
            repo: names::repository(&repo)?,
            sha: names::sha(&sha)?,
            host: names::host(host.as_deref())?,
        },
        Ref::GitHubCheck { owner, repo, check_run_id, host } => Ref::GitHubCheck {
            owner: names::owner(&owner)?,
            repo: names::repository(&repo)?,
            check_run_id: names::in_range(check_run_id, "check_run_id")?,
            host: names::host(host.as_deref())?,
        },
        Ref::RuntimeThread { runtime, thread_id } => {
            Ref::RuntimeThread { runtime: id(&runtime, "runtime")?, thread_id: id(&thread_id, "thread_id")? }
        }
        Ref::FleetRun { runtime, run_id } => {
            Ref::FleetRun { runtime: id(&runtime, "runtime")?, run_id: id(&run_id, "run_id")? }
        }
        Ref::Chat { platform, chat_id, message_id } => Ref::Chat {
            platform: id(&platform, "platform")?,
            chat_id: id(&chat_id, "chat_id")?,
            message_id: message_id.map(|message| id(&message, "message_id")).transpose()?,
        },
        Ref::Mobile { device } => Ref::Mobile { device: id(&device, "device")? },
        Ref::Web { url } => web(&url)?,
    })
}

fn web(url: &str) -> Result<ExternalThreadRef, RefError> {
    let url = url.trim();
    if url.is_empty() {
        return Err(RefError::Missing { field: "url" });
    }
    if url.len() > MAX_PASTED {
        return Err(RefError::TooLong { field: "url", max: MAX_PASTED });
    }
    if url.contains(is_hidden) {
        return Err(RefError::Hidden { field: "url" });
    }
    address::clean(url)
}

fn id(text: &str, field: &'static str) -> Result<String, RefError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RefError::Missing { field });
    }
    if text.chars().count() > MAX_FIELD {
        return Err(RefError::TooLong { field, max: MAX_FIELD });
    }
    if text.contains(is_hidden) {
        return Err(RefError::Hidden { field });
    }
    Ok(text.to_owned())
}

/// Reads an address without a scheme, as a browser shows it: `github.com/owner/repo/issues/1`.
///
/// Any other text with a dot and a slash could just as well be the path of a file, so only GitHub addresses may omit
/// the scheme.
fn without_scheme(text: &str) -> Result<ExternalThreadRef, RefError> {
    match text.split_once('/') {
        Some((host, _)) if host.contains('.') => {}
        _ => return Err(RefError::Shape),
    }
    match address::parse(&format!("https://{text}")) {
        Ok(ExternalThreadRef::Web { url }) if !url.starts_with("https://github.com/") => Err(RefError::Shape),
        Err(RefError::Address) => Err(RefError::Shape),
        result => result,
    }
}

fn begins(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}
