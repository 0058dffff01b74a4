//! The ordinary user whom agents under test run as.

use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::model::Model;
use super::processes;
use crate::support::{Ran, Server, workroom};

/// The id of `nobody` on Debian. Agents refuse to run as root, so tests that run as root run them as this user.
const ORDINARY: u32 = 65534;

/// A user with a home folder, a project that is a git repository, and a mock model. Dropping it ends all of the user's
/// processes and deletes the files.
///
/// In tests that root runs, commands of this user and their files belong to `nobody`. So use the store that
/// [`User::workroom`] and [`User::server`] open, which is at its usual place in the home folder, and no
/// [`crate::support::Home`], whose files agents and their hooks could not read.
pub struct User {
    folder: TempDir,
    model: Model,
    binary: PathBuf,
}

impl User {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        own(folder.path());
        let model = Model::start(folder.path());
        let binary = folder.path().join("bin/workroom");
        let user = Self { model, binary, folder };
        for name in ["home", "project", "tmp", "bin"] {
            user.make_folder(&user.folder.path().join(name));
        }
        provide(workroom(), &user.binary);
        let git = Ran::command(user.command("git", ["init", "--quiet"]), "");
        assert_eq!(git.code, Some(0), "{git:?}");
        user
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder in which the user's commands run.
    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The binary under test, at a path that this user can run.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// A command of this user, in the project and with none of the test's environment but the path.
    pub fn command<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.project()).env_clear();
        let binaries = self.binary.parent().unwrap();
        let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("HOME", self.home()).env("TMPDIR", self.folder.path().join("tmp"));
        command.env("USER", "ada").env("LANG", "C.UTF-8").env("SHELL", "/bin/bash");
        if is_root() {
            command.uid(ORDINARY).gid(ORDINARY);
        }
        command
    }

    /// Runs `workroom` as this user, with the user's store.
    pub fn workroom<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        Ran::command(self.command(self.binary.to_str().unwrap(), arguments), "")
    }

    /// A server on the user's store.
    pub fn server(&self) -> Server {
        Server::spawn(self.command(self.binary.to_str().unwrap(), ["app-server"]))
    }

    /// Writes a file of the user, whose path is relative to the home folder.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.home().join(path);
        self.make_folder(path.parent().unwrap());
        std::fs::write(&path, text).unwrap();
        own(&path);
    }

    /// The text of a file of the user, or nothing if there is no such file.
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.home().join(path)).ok()
    }

    /// Adds members to a file with a JSON object. Members of both that are objects are united.
    pub fn add_json(&self, path: &str, members: &Value) {
        let mut whole = self.read(path).map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        unite(&mut whole, members);
        self.write(path, &serde_json::to_string_pretty(&whole).unwrap());
    }

    /// Waits until a file exists in the project.
    #[track_caller]
    pub fn has_file(&self, name: &str) {
        let path = self.project().join(name);
        super::until(&format!("the file {name}"), || path.exists().then_some(()));
    }

    /// Puts a program of this machine into the user's PATH.
    pub fn provide(&self, name: &str, program: &Path) {
        let path = self.binary.with_file_name(name);
        if path.symlink_metadata().is_err() {
            provide(program, &path);
        }
    }

    fn make_folder(&self, path: &Path) {
        if !path.exists() {
            self.make_folder(path.parent().unwrap());
            std::fs::create_dir(path).unwrap();
            own(path);
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        processes::kill_all_of(&self.home());
        // Codex keeps the sockets of its server outside of its folder, which only has links to them.
        for folder in ["app-server-control", "app-server-daemon"] {
            let entries = std::fs::read_dir(self.home().join(".codex").join(folder)).into_iter().flatten();
            for socket in entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok()) {
                let _ = std::fs::remove_file(&socket);
                let _ = std::fs::remove_file(socket.with_extension("lock"));
            }
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Gives a file that a test made to the user.
fn own(path: &Path) {
    if is_root() {
        chown(path, Some(ORDINARY), Some(ORDINARY)).unwrap();
    }
}

/// Makes a program of this machine available at a path, also to a user who cannot enter the folders where it is.
fn provide(program: &Path, path: &Path) {
    let is_open = program.ancestors().all(|part| part.metadata().unwrap().mode() & 0o001 != 0);
    if !is_root() || is_open {
        symlink(program, path).unwrap();
    } else if std::fs::hard_link(program, path).is_err() {
        std::fs::copy(program, path).unwrap();
    }
}

fn unite(whole: &mut Value, members: &Value) {
    match (whole, members) {
        (Value::Object(whole), Value::Object(members)) => {
            for (name, value) in members {
                unite(whole.entry(name).or_insert(Value::Null), value);
            }
        }
        (whole, value) => *whole = value.clone(),
    }
}
