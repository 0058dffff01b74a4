//! http and https addresses as references.

use url::Url;
use workroom_protocol::external_ref::ExternalThreadRef;

use super::RefError;
use super::names::{self, Site};

/// What browsers and servers agree to carry; a longer address is data, not a place.
const MAX_URL: usize = 2_048;

/// What an address of GitHub names inside its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Issue(u64),
    PullRequest(u64),
    Commit(String),
    Check(u64),
}

impl Thing {
    /// The thing as a reference, when owner and repository can be GitHub's.
    pub(super) fn of(
        self,
        owner: &str,
        repo: &str,
        host: Option<String>,
    ) -> Result<ExternalThreadRef, RefError> {
        let (owner, repo) = (names::owner(owner)?, names::repository(repo)?);
        Ok(match self {
            Self::Issue(number) => ExternalThreadRef::GitHubIssue { owner, repo, number, host },
            Self::PullRequest(number) => ExternalThreadRef::GitHubPullRequest { owner, repo, number, host },
            Self::Commit(sha) => ExternalThreadRef::GitHubCommit { owner, repo, sha, host },
            Self::Check(check_run_id) => ExternalThreadRef::GitHubCheck { owner, repo, check_run_id, host },
        })
    }
}

/// The reference that an http or https address is.
///
/// On github.com a number or name that cannot be is an error.
/// On any other host it shows that the host is not GitHub Enterprise, and the address is a web page.
pub(super) fn parse(text: &str) -> Result<ExternalThreadRef, RefError> {
    let url = absolute(text)?;
    if let Some(site) = names::site(&url) {
        let guessed = site.host.is_some();
        match github(site, &url) {
            Ok(Some(reference)) => return Ok(reference),
            Err(error) if !guessed => return Err(error),
            Ok(None) | Err(_) => {}
        }
    }
    web(url)
}

/// An address of a web page without what may be secret: credentials, query, fragment.
pub(super) fn clean(text: &str) -> Result<ExternalThreadRef, RefError> {
    web(absolute(text)?)
}

fn absolute(text: &str) -> Result<Url, RefError> {
    let url = Url::parse(text).map_err(|_| RefError::Address)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RefError::Scheme);
    }
    match url.host_str() {
        Some(host) if !host.is_empty() => Ok(url),
        _ => Err(RefError::Address),
    }
}

fn web(mut url: Url) -> Result<ExternalThreadRef, RefError> {
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| RefError::Address)?;
    url.set_query(None);
    url.set_fragment(None);
    // Taking credentials out can join what was apart (`user@..`), hence until nothing is left. Each round shortens it.
    while let Some(path) = without_nested_credentials(url.path()) {
        url.set_path(&path);
    }
    let url = String::from(url);
    if url.len() > MAX_URL {
        return Err(RefError::TooLong { field: "url", max: MAX_URL });
    }
    Ok(ExternalThreadRef::Web { url })
}

/// The path without the credentials of an address inside it, as archives and proxies have it:
/// `/web/https://user:secret@example.com/`. `None` when there are none.
fn without_nested_credentials(path: &str) -> Option<String> {
    let mut after_scheme = false;
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| {
            let kept = if after_scheme { segment.rsplit('@').next().unwrap_or(segment) } else { segment };
            if !kept.is_empty() {
                after_scheme = kept.ends_with(':');
            }
            kept
        })
        .collect();
    let kept = segments.join("/");
    (kept != path).then_some(kept)
}

fn github(site: Site, url: &Url) -> Result<Option<ExternalThreadRef>, RefError> {
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let place = match segments[..] {
        ["repos", owner, repo, ref rest @ ..] if site.api => resource(rest)?.map(|it| (owner, repo, it)),
        _ if site.api => None,
        // GitHub Enterprise Server has the API on the host of the pages.
        ["api", "v3", "repos", owner, repo, ref rest @ ..] => resource(rest)?.map(|it| (owner, repo, it)),
        [owner, repo, ref rest @ ..] => page(rest, url)?.map(|it| (owner, repo, it)),
        _ => None,
    };
    let place = match (place, &segments[..]) {
        // Webhooks carry such addresses of commits: the API's path on the host of the pages.
        (None, ["repos", owner, repo, rest @ ..]) => page(rest, url)?.map(|it| (*owner, *repo, it)),
        (place, _) => place,
    };
    match place {
        Some((owner, repo, thing)) => thing.of(owner, repo, site.host).map(Some),
        None => Ok(side_panel(url, site.host)),
    }
}

/// What the page `/owner/repo/…` is about.
///
/// A workflow run (`/actions/runs/1`) is not a check run, and neither is the number in the former
/// `/actions/runs/1/jobs/2`; the one in `/actions/runs/1/job/2` is, as jobs and their check runs share ids.
fn page(rest: &[&str], url: &Url) -> Result<Option<Thing>, RefError> {
    match *rest {
        ["issues", number, ..] => issue(number),
        ["commit", _, "checks"] if check_of_query(url).is_some() => Ok(check_of_query(url).map(Thing::Check)),
        ["pull", number, ..] => pull_request(without_format(number)),
        ["commit", _, "checks", id, ..] if names::is_digits(id) => check(id),
        ["commit", sha, ..] => Ok(commit(without_format(sha))),
        ["runs", id, ..] | ["actions", "runs", _, "job", id, ..] => check(id),
        _ => Ok(None),
    }
}

/// What the resource `/repos/owner/repo/…` of the REST API is about.
fn resource(rest: &[&str]) -> Result<Option<Thing>, RefError> {
    match *rest {
        ["issues", number, ..] => issue(number),
        ["pulls", number, ..] => pull_request(number),
        ["commits", sha, ..] | ["git", "commits", sha, ..] => Ok(commit(sha)),
        ["check-runs", id, ..] | ["actions", "jobs", id, ..] => check(id),
        _ => Ok(None),
    }
}

fn issue(text: &str) -> Result<Option<Thing>, RefError> {
    numbered(text, "number", Thing::Issue)
}

fn pull_request(text: &str) -> Result<Option<Thing>, RefError> {
    numbered(text, "number", Thing::PullRequest)
}

fn check(text: &str) -> Result<Option<Thing>, RefError> {
    numbered(text, "check_run_id", Thing::Check)
}

/// `None` for what is another page than that of a number, such as `issues/new`.
fn numbered(text: &str, field: &'static str, thing: fn(u64) -> Thing) -> Result<Option<Thing>, RefError> {
    if names::is_digits(text) {
        names::number(text, field).map(|number| Some(thing(number)))
    } else {
        Ok(None)
    }
}

/// `None` for a branch or tag, which GitHub also takes in place of a commit id.
fn commit(text: &str) -> Option<Thing> {
    names::sha(text).ok().map(Thing::Commit)
}

/// `12` of `12.diff` and `12.patch`, the raw forms of pull requests and commits.
fn without_format(text: &str) -> &str {
    text.strip_suffix(".diff").or_else(|| text.strip_suffix(".patch")).unwrap_or(text)
}

/// The check run that the checks page of a commit has open.
fn check_of_query(url: &Url) -> Option<u64> {
    let (_, id) = url.query_pairs().find(|(name, _)| name == "check_run_id")?;
    names::number(&id, "check_run_id").ok()
}

/// The issue that a project board or an issue list has open: `?issue=owner%7Crepo%7C12`.
fn side_panel(url: &Url, host: Option<String>) -> Option<ExternalThreadRef> {
    let (_, issue) = url.query_pairs().find(|(name, _)| name == "issue")?;
    let mut parts = issue.split('|');
    let (owner, repo, number) = (parts.next()?, parts.next()?, parts.next()?);
    let number = names::number(number, "number").ok()?;
    Thing::Issue(number).of(owner, repo, host).ok()
}
