//! http and https addresses as references.

use url::Url;
use workroom_protocol::external_ref::ExternalThreadRef;

use super::RefError;
use super::names::{self, Site};

/// The longest address that browsers and servers reliably support. Anything longer is data rather than an address.
const MAX_URL: usize = 2_048;

/// What a GitHub address names inside its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Issue(u64),
    PullRequest(u64),
    Commit(String),
    Check(u64),
}

impl Thing {
    /// Builds the reference if the owner and the repository are valid on GitHub.
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

/// Reads an http or https address as a reference.
///
/// On github.com, an invalid number or name is an error. On any other host, it means that the host is not GitHub
/// Enterprise, and the address becomes a web page.
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

/// Removes the parts of a web address that may be secret: credentials, query and fragment.
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
    // Removing credentials can join parts into new ones (`user@..`), so this repeats until none are left. Each round
    // makes the address shorter.
    while let Some(path) = without_nested_credentials(url.path()) {
        url.set_path(&path);
    }
    let url = String::from(url);
    if url.len() > MAX_URL {
        return Err(RefError::TooLong { field: "url", max: MAX_URL });
    }
    Ok(ExternalThreadRef::Web { url })
}

/// Removes the credentials of an address inside the path, as archives and proxies use it:
/// `/web/https://user:secret@example.com/`. `None` if there are none.
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
        // GitHub Enterprise Server serves the API on the same host as the pages.
        ["api", "v3", "repos", owner, repo, ref rest @ ..] => resource(rest)?.map(|it| (owner, repo, it)),
        [owner, repo, ref rest @ ..] => page(rest, url)?.map(|it| (owner, repo, it)),
        _ => None,
    };
    let place = match (place, &segments[..]) {
        // Webhooks contain such commit addresses: the path of the API on the host of the pages.
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
/// A workflow run (`/actions/runs/1`) is not a check run, and neither is the number in the old address
/// `/actions/runs/1/jobs/2`. The number in `/actions/runs/1/job/2` is a check run, because jobs share ids with their
/// check runs.
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

/// `None` for a page without a number, such as `issues/new`.
fn numbered(text: &str, field: &'static str, thing: fn(u64) -> Thing) -> Result<Option<Thing>, RefError> {
    if names::is_digits(text) {
        names::number(text, field).map(|number| Some(thing(number)))
    } else {
        Ok(None)
    }
}

/// `None` for a branch or a tag, which GitHub also accepts in place of a commit id.
fn commit(text: &str) -> Option<Thing> {
    names::sha(text).ok().map(Thing::Commit)
}

/// Removes the suffix of raw pull requests and commits: `12` from `12.diff` and `12.patch`.
fn without_format(text: &str) -> &str {
    text.strip_suffix(".diff").or_else(|| text.strip_suffix(".patch")).unwrap_or(text)
}

/// The check run that is open on the checks page of a commit.
fn check_of_query(url: &Url) -> Option<u64> {
    let (_, id) = url.query_pairs().find(|(name, _)| name == "check_run_id")?;
    names::number(&id, "check_run_id").ok()
}

/// The issue that is open on a project board or in an issue list: `?issue=owner%7Crepo%7C12`.
fn side_panel(url: &Url, host: Option<String>) -> Option<ExternalThreadRef> {
    let (_, issue) = url.query_pairs().find(|(name, _)| name == "issue")?;
    let mut parts = issue.split('|');
    let (owner, repo, number) = (parts.next()?, parts.next()?, parts.next()?);
    let number = names::number(number, "number").ok()?;
    Thing::Issue(number).of(owner, repo, host).ok()
}
