//! Repository names from git remotes and from clients.

use url::Url;
use workroom_protocol::workroom::RepoRef;

use super::external_ref::{RefError, names};

/// The GitHub repository of a git remote; `None` for anything else.
///
/// Accepts `git@github.com:o/r.git`, `ssh://git@host:22/o/r`, `https://user:token@github.com/o/r.git` and `git://…`.
/// Returns `None` for local paths, `file://`, forges known not to be GitHub, and paths with more than two segments
/// (nested groups, which GitHub does not have). The port of ssh and git URLs is dropped, because the pages are not
/// served there; the port of an https URL stays unless it is the default. Credentials are always removed.
///
/// `ssh_host` is the host that ssh connects to, if the URL uses an alias. Without it, a host such as
/// `github.com-work` is read as the well-known host that it begins with.
pub fn repo_of_remote(url: &str, ssh_host: Option<&str>) -> Option<RepoRef> {
    let url = parse(url)?;
    let authority = match url.scheme() {
        "http" | "https" => match url.port() {
            Some(port) => format!("{}:{port}", url.host_str()?),
            None => url.host_str()?.to_owned(),
        },
        "ssh" | "git+ssh" | "ssh+git" => {
            let named = url.host_str()?;
            well_known(ssh_host.unwrap_or(named))
                .or_else(|| well_known(named))
                .unwrap_or_else(|| ssh_host.unwrap_or(named).to_owned())
        }
        "git" => url.host_str()?.to_owned(),
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

/// The host of a remote, if ssh may know it as an alias of another host. `None` if ssh need not be asked: for other
/// schemes, for GitHub itself, and for names that cannot be aliases.
pub fn ssh_host(url: &str) -> Option<String> {
    let url = parse(url)?;
    let host = url.host_str().filter(|_| matches!(url.scheme(), "ssh" | "git+ssh" | "ssh+git"))?;
    // The host becomes an argument of ssh, and ssh expands it in the user's configuration.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_plain = host.chars().all(plain) && host.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_known = WELL_KNOWN.iter().any(|known| host.eq_ignore_ascii_case(known));
    (is_plain && !is_known && host.len() <= MAX_ALIAS).then(|| host.to_owned())
}

// The maximum length of a host name in DNS.
const MAX_ALIAS: usize = 253;

/// Hosts for which people define aliases, one for each account: `github.com-work`, `github-work`.
const WELL_KNOWN: [&str; 4] = ["github.com", "ssh.github.com", "gitlab.com", "bitbucket.org"];

/// The well-known host that a name equals or begins with, as an alias does.
fn well_known(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let is_alias = |known: &str| {
        let rest = host.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    if let Some(known) = WELL_KNOWN.into_iter().find(|known| is_alias(known)) {
        return Some(known.to_owned());
    }
    // `github-work` has no dot, so it cannot be a real host.
    (is_alias("github") && !host.contains('.')).then(|| "github.com".to_owned())
}

/// Reads a remote as a URL, including the form `host:path`.
fn parse(url: &str) -> Option<Url> {
    let url = url.trim();
    if url.contains("://") { Url::parse(url).ok() } else { scp(url) }
}

/// Validates and normalises a repository from a client, by the rules of external references.
///
/// `.git` is removed from the name, the host becomes lower case, and the host `github.com` becomes `None`.
///
/// # Errors
/// [`RefError::Owner`], [`RefError::Repository`], or an error about the host.
pub fn check(repo: RepoRef) -> Result<RepoRef, RefError> {
    Ok(RepoRef {
        owner: names::owner(&repo.owner)?,
        name: names::repository(&repo.name)?,
        host: names::host(repo.host.as_deref())?,
    })
}

/// Reads `[user@]host:path`, which git treats as ssh if no slash precedes the colon.
fn scp(text: &str) -> Option<Url> {
    let (place, path) = text.split_once(':')?;
    let (_, host) = place.rsplit_once('@').unwrap_or(("", place));
    // A single letter before the colon is a drive, not a host.
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
            assert_eq!(repo_of_remote(remote, None), repo("o", "r", None), "{remote}");
        }
        for (remote, host) in [
            ("git@git.example.com:o/r.git", "git.example.com"),
            ("ssh://git@Git.Example.com:7999/o/r.git", "git.example.com"),
            ("https://git.example.com:8443/o/r.git", "git.example.com:8443"),
            ("https://u:p@git.example.com:443/o/r.git", "git.example.com"),
            ("https://octocorp.ghe.com/o/r.git", "octocorp.ghe.com"),
        ] {
            assert_eq!(repo_of_remote(remote, None), repo("o", "r", Some(host)), "{remote}");
        }
        let remote = "git@github.com:Some-Org/.github.git";
        assert_eq!(repo_of_remote(remote, None), repo("Some-Org", ".github", None));
    }

    #[test]
    fn other_remotes_have_no_github_repository() {
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
            assert_eq!(repo_of_remote(remote, None), None, "{remote}");
        }
    }

    #[test]
    fn an_ssh_alias_stands_for_its_host() {
        for (remote, ssh_host, host) in [
            ("git@github.com-work:o/r.git", None, None),
            ("git@github.com_work:o/r.git", None, None),
            ("ssh://git@GitHub.com-work/o/r.git", None, None),
            ("git@github-work:o/r.git", None, None),
            ("work:o/r.git", Some("github.com"), None),
            ("work:o/r.git", Some("ssh.github.com"), None),
            ("work:o/r.git", Some("git.example.com"), Some("git.example.com")),
            ("git@git.example.com:o/r.git", Some("git.example.com"), Some("git.example.com")),
            // Through a jump host that has its own address.
            ("git@github.com-work:o/r.git", Some("140.82.121.4"), None),
            ("git@github.community:o/r.git", None, Some("github.community")),
            ("git@github-mirror.example.com:o/r.git", None, Some("github-mirror.example.com")),
        ] {
            assert_eq!(repo_of_remote(remote, ssh_host), repo("o", "r", host), "{remote}");
        }
        assert_eq!(repo_of_remote("git@gitlab.com-work:o/r.git", None), None);
    }

    #[test]
    fn ssh_is_asked_only_about_aliases() {
        for (remote, alias) in [
            ("git@github.com-work:o/r.git", Some("github.com-work")),
            ("ssh://git@work:22/o/r", Some("work")),
            ("git@github.com:o/r.git", None),
            ("https://work/o/r", None),
            ("git@-oProxyCommand=evil:o/r", None),
            ("git@$(evil):o/r", None),
            ("git@a`evil`:o/r", None),
        ] {
            assert_eq!(ssh_host(remote).as_deref(), alias, "{remote}");
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
            let _ = (repo_of_remote(&text, None), repo_of_remote(&text, Some(&text)), ssh_host(&text));
            if let Some(repo) = repo_of_remote(&format!("{scheme}{user}:S3CR3T@{text}"), None) {
                let kept = format!("{repo:?}");
                prop_assert!(!kept.contains("S3CR3T"), "{}", kept);
            }
        }
    }
}
