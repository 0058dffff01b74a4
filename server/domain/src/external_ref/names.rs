//! The parts of a GitHub reference: owners, repositories, hosts, numbers, commit ids.

use url::Url;

use super::RefError;
use crate::text::is_hidden;

/// The largest integer that every JSON parser represents exactly: 2^53 - 1 (RFC 8259, section 6).
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// GitHub's own limit for repository names. Owners have at most 39 characters plus an Enterprise suffix, but a higher
/// limit does no harm.
const MAX_NAME: usize = 100;

/// A DNS name has at most 253 characters; the rest leaves room for a port.
const MAX_HOST: usize = 260;

/// Software with the same page paths as GitHub but its own numbers. A host with one of these labels belongs to them:
/// `gitlab.com`, `gitlab.example.com`, `codeberg.org`.
const OTHER_FORGES: [&str; 6] = ["bitbucket", "codeberg", "forgejo", "gitea", "gitlab", "gogs"];

/// A GitHub host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// `None` for github.com, otherwise `name` or `name:port` in lower case.
    pub(crate) host: Option<String>,
    /// Whether the paths are those of the REST API.
    pub(crate) api: bool,
}

/// Validates an owner by GitHub's rules: letters, digits, `-`, and `_` for managed users (`user_corp`).
pub(crate) fn owner(text: &str) -> Result<String, RefError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = (1..=MAX_NAME).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(allowed);
    fits.then(|| text.to_owned()).ok_or(RefError::Owner)
}

/// Validates a repository name by GitHub's rules and removes `.git`.
pub(crate) fn repository(text: &str) -> Result<String, RefError> {
    let name = text.trim_end_matches(".git");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let fits =
        (1..=MAX_NAME).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(allowed);
    fits.then(|| name.to_owned()).ok_or(RefError::Repository)
}

/// Validates a commit id and puts it in lower case: SHA-1 or SHA-256, whole or abbreviated to at least seven digits.
pub(super) fn sha(text: &str) -> Result<String, RefError> {
    let fits = (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase()).ok_or(RefError::Sha)
}

/// Whether `text` consists only of digits.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads `text` as the number for `field`.
pub(super) fn number(text: &str, field: &'static str) -> Result<u64, RefError> {
    let number = text.parse().map_err(|_| RefError::Number { field })?;
    in_range(number, field)
}

/// Returns `number` if it is a possible number on GitHub.
pub(super) fn in_range(number: u64, field: &'static str) -> Result<u64, RefError> {
    if (1..=MAX_NUMBER).contains(&number) { Ok(number) } else { Err(RefError::Number { field }) }
}

/// The host of a typed reference: `None` for github.com, `name` or `name:port` for GitHub Enterprise.
pub(crate) fn host(text: Option<&str>) -> Result<Option<String>, RefError> {
    let Some(text) = text else { return Ok(None) };
    if text.is_empty() {
        return Err(RefError::Missing { field: "host" });
    }
    let part_of_an_address = |c: char| is_hidden(c) || c.is_whitespace() || "/?#@\\%".contains(c);
    if text.len() > MAX_HOST || text.contains(part_of_an_address) {
        return Err(RefError::Host);
    }
    let url = Url::parse(&format!("https://{text}/")).map_err(|_| RefError::Host)?;
    Ok(site(&url).ok_or(RefError::NotGitHub)?.host)
}

/// The GitHub behind an address, as far as the host identifies it.
///
/// Every host that is not known to be something else may be GitHub Enterprise Server. `redirect.github.com` (links
/// from update bots) and `github.dev` (the editor) have the same paths as github.com. `api.<name>.ghe.com` is the API
/// of GitHub Enterprise Cloud with data residency.
pub(crate) fn site(url: &Url) -> Option<Site> {
    let name = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    // The page of a reference is always https, so its default port is dropped, even from `http://host:443`.
    let port = url.port().filter(|port| *port != 443);
    let dotcom = |api| Some(Site { host: None, api });
    match (name.as_str(), port) {
        ("", _) => None,
        ("github.com" | "www.github.com" | "redirect.github.com" | "github.dev", None) => dotcom(false),
        ("api.github.com", None) => dotcom(true),
        ("github.com" | "github.dev", Some(_)) => None,
        (name, _) if name.ends_with(".github.com") => None,
        (name, _) if name.split('.').any(|label| OTHER_FORGES.contains(&label)) => None,
        (name, None) if name.ends_with(".ghe.com") && name.starts_with("api.") => {
            Some(Site { host: name.strip_prefix("api.").map(str::to_owned), api: true })
        }
        (name, None) => Some(Site { host: Some(name.to_owned()), api: false }),
        (name, Some(port)) => Some(Site { host: Some(format!("{name}:{port}")), api: false }),
    }
}
