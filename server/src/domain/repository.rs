//! Repositories as git and clients name them.

use url::Url;
use workroom_protocol::workroom::RepoRef;

use super::external_ref::{RefError, names};

/// The repository on GitHub that a git remote names; `None` for anything else.
///
/// Reads `git@github.com:o/r.git`, `ssh://git@host:22/o/r`, `https://user:token@github.com/o/r.git`, `git://…`.
/// Local paths, `file://`, forges known not to be GitHub's and paths of more than two segments
/// (nested groups, which GitHub does not have) are `None`.
/// The port of ssh and git is dropped, as the pages are not there; that of https stays unless it is the default.
/// Credentials never survive.
pub fn repo_of_remote(url: &str) -> Option<RepoRef> {
    let url = url.trim();
    let url = if url.contains("://") { Url::parse(url).ok()? } else { scp(url)? };
    let authority = match url.scheme() {
        "http" | "https" => match url.port() {
            Some(port) => format!("{}:{port}", url.host_str()?),
            None => url.host_str()?.to_owned(),
        },
        "ssh" | "git" | "git+ssh" | "ssh+git" => url.host_str()?.to_owned(),
        _ => return None,
    };
    // GitHub's ssh on the https port, for networks that block port 22.
    let host = match authority.to_ascii_lowercase().as_str() {
        "ssh.github.com" => None,
        host => names::host(Some(host)).ok()?,
    };
    let mut segments = url.path().split('/').filter(|segment| !segment.is_empty());
    let (owner, name) = (segments.next()?, segments.next()?);
    if segments.next().is_some() {
        return None;
    }
    Some(RepoRef { owner: names::owner(owner).ok()?, name: names::repository(name).ok()?, host })
}

/// Validates and normalises a repository as a client gives it: the rules of external references.
///
/// `.git` is taken off the name, the host gets lower case, `github.com` as host becomes none.
///
/// # Errors
/// [`RefError::Owner`], [`RefError::Repository`], or one about the host.
pub fn check(repo: RepoRef) -> Result<RepoRef, RefError> {
    Ok(RepoRef {
        owner: names::owner(&repo.owner)?,
        name: names::repository(&repo.name)?,
        host: names::host(repo.host.as_deref())?,
    })
}

/// `[user@]host:path`, which git reads as ssh when no slash comes before the colon.
fn scp(text: &str) -> Option<Url> {
    let (place, path) = text.split_once(':')?;
    let (_, host) = place.rsplit_once('@').unwrap_or(("", place));
    // One letter before the colon is a drive, not a host.
    if host.len() < 2 || place.contains(['/', '\\']) {
        return None;
    }
    Url::parse(&format!("ssh://{host}/{}", path.trim_start_matches('/'))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repo(owner: &str, name: &str, host: Option<&str>) -> Option<RepoRef> {
        Some(RepoRef { owner: owner.into(), name: name.into(), host: host.map(Into::into) })
    }

    #[test]
    fn every_form_of_remote_names_its_repository() {
        for remote in [
            "git@github.com:o/r.git",
            "git@github.com:o/r",
            "git@github.com:/o/r.git",
            "github.com:o/r.git",
            "org-123@github.com:o/r.git",
            "git@ssh.github.com:o/r.git",
            "ssh://git@github.com/o/r.git",
            "ssh://git@github.com:22/o/r",
            "ssh://git@ssh.github.com:443/o/r.git",
            "git+ssh://git@github.com/o/r.git",
            "git://github.com/o/r.git",
            "http://github.com/o/r",
            "https://github.com/o/r.git/",
            "https://www.github.com/o/r",
            "https://GitHub.com/o/r.git",
            "https://user:token@github.com/o/r.git",
            "https://x-access-token:ghs_secret@github.com/o/r",
            "https://github.com/o/r.git?token=secret#fragment",
            "  https://github.com/o/r.git\n",
        ] {
            assert_eq!(repo_of_remote(remote), repo("o", "r", None), "{remote}");
        }
        for (remote, host) in [
            ("git@git.example.com:o/r.git", "git.example.com"),
            ("ssh://git@Git.Example.com:7999/o/r.git", "git.example.com"),
            ("https://git.example.com:8443/o/r.git", "git.example.com:8443"),
            ("https://u:p@git.example.com:443/o/r.git", "git.example.com"),
            ("https://octocorp.ghe.com/o/r.git", "octocorp.ghe.com"),
        ] {
            assert_eq!(repo_of_remote(remote), repo("o", "r", Some(host)), "{remote}");
        }
        assert_eq!(repo_of_remote("git@github.com:Some-Org/.github.git"), repo("Some-Org", ".github", None));
    }

    #[test]
    fn what_is_not_a_repository_on_github_is_none() {
        for remote in [
            "",
            "origin",
            "/srv/git/o/r.git",
            "../o/r.git",
            "./o:p/r.git",
            "C:/code/o/r",
            "C:\\work\\o\\r",
            "file:///srv/git/o/r.git",
            "https://github.com/o",
            "https://github.com/",
            "https://github.com/o/r/tree/main",
            "git@github.com:r.git",
            "https://gitlab.com/group/project.git",
            "git@gitlab.example.com:group/sub/project.git",
            "git@git.example.com:group/sub/project.git",
            "git@bitbucket.org:o/r.git",
            "https://dev.azure.com/org/project/_git/repo",
            "git@git.sr.ht:~user/repo",
            "https://github.com/o/..",
            "https://github.com/o/.git",
            "ext::sh -c echo",
        ] {
            assert_eq!(repo_of_remote(remote), None, "{remote}");
        }
    }

    #[test]
    fn a_typed_repository_is_normalised() {
        let typed = RepoRef { owner: "O".into(), name: "r.git".into(), host: Some("GitHub.com".into()) };
        assert_eq!(check(typed).ok(), repo("O", "r", None));
        let nested = RepoRef { owner: "a/b".into(), name: "r".into(), host: None };
        assert_eq!(check(nested), Err(RefError::Owner));
    }

    proptest! {
        #[test]
        fn no_remote_panics_and_no_credentials_survive(
            scheme in "(https|ssh|git|file|ftp)://|", user in "[a-z]{0,4}", text in "[ -~]{0,40}"
        ) {
            let _ = repo_of_remote(&text);
            if let Some(repo) = repo_of_remote(&format!("{scheme}{user}:S3CR3T@{text}")) {
                let kept = format!("{repo:?}");
                prop_assert!(!kept.contains("S3CR3T"), "{}", kept);
            }
        }
    }
}
