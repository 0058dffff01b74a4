//! What a new workroom reads from the git checkout that it is opened on.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Home, Server, needs};

/// A git checkout in a temporary folder.
struct Checkout {
    folder: TempDir,
}

impl Checkout {
    fn new(branch: &str) -> Self {
        let checkout = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(checkout.path()).unwrap();
        checkout.git(&["init", "--quiet", "--initial-branch", branch]);
        checkout
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn remote(self, name: &str, url: &str) -> Self {
        self.git(&["remote", "add", name, url]);
        self
    }

    fn commit(self) -> Self {
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "first"]);
        self
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(self.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@b.c"])
            .args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env_remove("GIT_DIR");
        assert!(command.status().unwrap().success(), "git {arguments:?}");
    }
}

/// Whether git is available. Without it, a room learns nothing from its folder.
fn git() -> bool {
    needs::met(&["git"], "what a room learns from a checkout")
}

/// The repository, branch and title of a room on `folder`.
#[track_caller]
fn check(folder: &Path, repo: Value, branch: Value, title: &str) {
    let home = Home::new();
    let mut server = home.server();
    let room = server.ok("workroom/create", json!({"workspace": folder}));
    assert_eq!(room["repo_identity"], repo);
    assert_eq!(room["branch"], branch);
    assert_eq!(room["title"], title);
    assert_eq!(room["workspace"], json!(folder));
}

#[test]
fn repository_branch_and_title_default_from_the_checkout() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("fix/parser").remote("origin", "git@github.com:octo/parser.git");
    check(&checkout.path(), json!({"owner": "octo", "name": "parser"}), json!("fix/parser"), "parser");
}

#[test]
fn values_from_the_client_take_precedence_over_the_checkout() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main").remote("origin", "git@github.com:octo/parser.git");
    let home = Home::new();
    let room = home.server().ok(
        "workroom/create",
        json!({
            "workspace": checkout.path(), "title": "Mine", "branch": "other",
            "repo_identity": {"owner": "o", "name": "r"},
        }),
    );
    assert_eq!(room["title"], "Mine");
    assert_eq!(room["branch"], "other");
    assert_eq!(room["repo_identity"], json!({"owner": "o", "name": "r"}));
}

#[test]
fn origin_takes_precedence_over_other_remotes() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main")
        .remote("fork", "https://github.com/me/fork.git")
        .remote("origin", "https://github.com/octo/parser.git");
    check(&checkout.path(), json!({"owner": "octo", "name": "parser"}), json!("main"), "parser");
}

#[test]
fn a_checkout_without_origin_uses_the_first_remote() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main").remote("upstream", "https://git.example.com/octo/parser.git");
    let repo = json!({"owner": "octo", "name": "parser", "host": "git.example.com"});
    check(&checkout.path(), repo, json!("main"), "parser");
}

/// The repository of a room on a checkout, for a server with these git settings and this response of ssh.
#[cfg(unix)]
fn repository_of(checkout: &Checkout, gitconfig: &str, hostname: Option<&str>) -> Value {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let folder = home.path().parent().unwrap().to_owned();
    std::fs::write(folder.join(".gitconfig"), gitconfig).unwrap();
    let ssh = folder.join("ssh");
    let answer =
        hostname.map_or("exit 255".to_owned(), |name| format!("printf 'user git\\nhostname {name}\\n'"));
    // The fake ssh answers only if it is called to print its configuration.
    std::fs::write(&ssh, format!("#!/bin/sh\n[ \"$1\" = -G ] || exit 1\n{answer}\n")).unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = home.command(["app-server"]);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.display())).env_remove("GIT_CONFIG_GLOBAL");
    let mut server = Server::spawn(command);
    server.ok("workroom/create", json!({"workspace": checkout.path()}))["repo_identity"].take()
}

#[cfg(unix)]
#[test]
fn a_git_or_ssh_alias_stands_for_its_host() {
    if !git() {
        return;
    }
    let github = json!({"owner": "acme", "name": "rocket"});
    let alias = Checkout::new("main").remote("origin", "git@github.com-work:acme/rocket.git");
    for hostname in [None, Some("github.com"), Some("github.com-work")] {
        assert_eq!(repository_of(&alias, "", hostname), github, "{hostname:?}");
    }
    let own = Checkout::new("main").remote("origin", "git@work:acme/rocket.git");
    assert_eq!(repository_of(&own, "", Some("ssh.github.com")), github);
    let elsewhere = json!({"owner": "acme", "name": "rocket", "host": "git.example.com"});
    assert_eq!(repository_of(&own, "", Some("git.example.com")), elsewhere);
    let short = Checkout::new("main").remote("origin", "gh:acme/rocket");
    let settings = "[url \"https://github.com/\"]\n\tinsteadOf = gh:\n";
    assert_eq!(repository_of(&short, settings, None), github);
    let settings = "[url \"git@github.com-work:\"]\n\tinsteadOf = gh:\n";
    assert_eq!(repository_of(&short, settings, None), github);
}

#[cfg(unix)]
#[test]
fn an_unresponsive_ssh_does_not_block_the_server() {
    if !git() {
        return;
    }
    let alias = Checkout::new("main").remote("origin", "git@github.com-work:acme/rocket.git");
    // This host name becomes part of the fake ssh and makes it sleep for longer than the server waits.
    let github = json!({"owner": "acme", "name": "rocket"});
    assert_eq!(repository_of(&alias, "", Some("x'; exec sleep 1000; '")), github);
}

#[test]
fn a_checkout_without_remote_has_no_repository() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main");
    check(&checkout.path(), Value::Null, json!("main"), "project");
}

#[test]
fn a_subfolder_belongs_to_its_checkout() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main");
    let folder = checkout.path().join("src/deep");
    std::fs::create_dir_all(&folder).unwrap();
    check(&folder, Value::Null, json!("main"), "project");
}

#[test]
fn a_worktree_has_its_own_branch_and_the_repository_of_its_checkout() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main").remote("origin", "https://github.com/octo/parser").commit();
    checkout.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    let side = checkout.folder.path().join("side");
    check(&side, json!({"owner": "octo", "name": "parser"}), json!("side"), "parser");
}

#[test]
fn a_detached_head_has_no_branch() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main").commit();
    checkout.git(&["checkout", "--quiet", "--detach"]);
    check(&checkout.path(), Value::Null, Value::Null, "project");
}

#[test]
fn a_folder_without_a_checkout_gives_only_the_title() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("some folder");
    std::fs::create_dir(&project).unwrap();
    check(&project, Value::Null, Value::Null, "some folder");
}

#[test]
fn a_missing_folder_gives_only_the_title() {
    check(Path::new("/nowhere/at/all"), Value::Null, Value::Null, "all");
}

#[test]
fn credentials_in_a_remote_are_in_no_response_and_no_file() {
    if !git() {
        return;
    }
    let checkout = Checkout::new("main").remote("origin", "https://hunter:S3CR3T0TOKEN@github.com/o/r.git");
    let home = Home::new();
    let mut server = home.server();
    let room = server.ok("workroom/create", json!({"workspace": checkout.path(), "title": "x"}));
    assert_eq!(room["repo_identity"], json!({"owner": "o", "name": "r"}));
    let read = server.ok("workroom/read", json!({"workroom_id": room["id"]}));
    let listed = server.ok("workroom/list", json!({}));
    let events = server.ok("event/list", json!({}));
    for answer in [room, read, listed, events] {
        let text = answer.to_string();
        assert!(!text.contains("S3CR3T0TOKEN") && !text.contains("hunter"), "{text}");
    }
    for file in std::fs::read_dir(home.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in [b"S3CR3T0TOKEN".as_slice(), b"hunter"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{}", path.display());
        }
    }
}
