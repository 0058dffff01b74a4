//! GitHub's short forms: `owner/repo#12`, `owner/repo@sha`, `#12`, `GH-12`, a bare commit id.

use workroom_protocol::external_ref::ExternalThreadRef;
use workroom_protocol::workroom::RepoRef;

use super::RefError;
use super::address::Thing;
use super::names;

/// Reads a short form as a reference; `None` if the text has another form.
///
/// These are the forms that GitHub links in comments, with an optional `host/` before the owner. Without a host, the
/// reference is on the host of `repo`, as in a comment on GitHub Enterprise.
pub(super) fn parse(text: &str, repo: Option<&RepoRef>) -> Result<Option<ExternalThreadRef>, RefError> {
    if let Some((place, number)) = text.split_once('#')
        && names::is_digits(number)
    {
        if place.is_empty() {
            return in_repository(issue(number)?, repo).map(Some);
        }
        if let Some(place) = Place::parse(place) {
            return place.complete(issue(number)?, repo).map(Some);
        }
    }
    if let Some((place, commit)) = text.rsplit_once('@')
        && let Some(place) = Place::parse(place)
        && !commit.contains(['/', '.', ':'])
    {
        return place.complete(Thing::Commit(names::sha(commit)?), repo).map(Some);
    }
    if let Some((gh, number)) = text.split_once('-')
        && gh.eq_ignore_ascii_case("gh")
        && names::is_digits(number)
    {
        return in_repository(issue(number)?, repo).map(Some);
    }
    if is_bare_commit(text) {
        return in_repository(Thing::Commit(names::sha(text)?), repo).map(Some);
    }
    Ok(None)
}

fn issue(number: &str) -> Result<Thing, RefError> {
    names::number(number, "number").map(Thing::Issue)
}

/// Whether a text is a bare commit id. Words (`defaced`) and numbers (`1234567`) can also be hex, so an abbreviated
/// id must have both a digit and a letter.
fn is_bare_commit(text: &str) -> bool {
    let mixed = || text.contains(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_alphabetic());
    names::sha(text).is_ok() && (matches!(text.len(), 40 | 64) || mixed())
}

fn in_repository(thing: Thing, repo: Option<&RepoRef>) -> Result<ExternalThreadRef, RefError> {
    let repo = repo.ok_or(RefError::NoRepository)?;
    thing.of(&repo.owner, &repo.name, names::host(repo.host.as_deref())?)
}

/// `owner/repo` or `host/owner/repo`.
struct Place<'a> {
    host: Option<&'a str>,
    owner: &'a str,
    repo: &'a str,
}

impl<'a> Place<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let segments: Vec<&str> = text.splitn(4, '/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        match segments[..] {
            // An owner contains no dot, so `github.com/repo` is an address.
            [owner, repo] if !owner.contains('.') => Some(Self { host: None, owner, repo }),
            [host, owner, repo] if host.contains(['.', ':']) => Some(Self { host: Some(host), owner, repo }),
            _ => None,
        }
    }

    fn complete(&self, thing: Thing, repo: Option<&RepoRef>) -> Result<ExternalThreadRef, RefError> {
        let host = self.host.or_else(|| repo.and_then(|repo| repo.host.as_deref()));
        thing.of(self.owner, self.repo, names::host(host)?)
    }
}
