//! Folders with stores, and servers on them.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Outcome;
use crate::driver::Driver;

/// The release binary under test.
pub fn workroom() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_workroom"))
}

/// Where stores are created: on the disk with the build, not in memory.
pub fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A folder with one store, which is removed when dropped.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Outcome<Self> {
        std::fs::create_dir_all(scratch())?;
        Ok(Self { folder: tempfile::Builder::new().prefix("bench-").tempdir_in(scratch())? })
    }

    /// Creates a home with a copy of a store that no process has open.
    pub fn with_copy(store: &Path) -> Outcome<Self> {
        let home = Self::new()?;
        std::fs::copy(store, home.store())?;
        // Otherwise its pages would be written to disk while the first figures are measured.
        std::fs::File::open(home.store())?.sync_all()?;
        Ok(home)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join(workroom_store::FILE_NAME)
    }

    /// Starts a server with default settings.
    pub fn server(&self) -> Outcome<Driver> {
        Driver::spawn(server(self.path()).arg("app-server"))
    }

    /// Starts a server whose responses do not wait for the disk: the sync would hide the other costs of an append.
    pub fn relaxed_server(&self) -> Outcome<Driver> {
        Driver::spawn(server(self.path()).args(["app-server", "--durability", "relaxed"]))
    }
}

/// Returns a command that runs the binary with this home and its own environment.
pub fn server(home: &Path) -> Command {
    let mut command = Command::new(workroom());
    command.args(["--owner", OWNER]).env("WORKROOM_HOME", home).env("HOME", home);
    for name in ["CODEWHALE_HOME", "CODEWHALE_RUNTIME_TOKEN", "WORKROOM_LOG"] {
        command.env_remove(name);
    }
    command
}

/// The owner of the stores.
pub const OWNER: &str = "ada";

/// The id of a new thread.
pub struct Thread(pub String);

impl Thread {
    pub fn new(server: &mut Driver) -> Outcome<Self> {
        let room = member(server.call("workroom/create", r#"{"title":"Bench"}"#)?, "id")?;
        let params = format!(r#"{{"workroom_id":"{room}","title":"Bench","kind":"channel"}}"#);
        Ok(Self(member(server.call("thread/create", &params)?, "id")?))
    }

    /// Returns the params of an `event/append` of an ordinary message.
    pub fn message(&self) -> String {
        message(&self.0)
    }
}

/// The params of an `event/append` of an ordinary message.
pub fn message(thread: &str) -> String {
    let content =
        "The build fails on the second step because the cache is stale; rename the folder or drop it.";
    format!(r#"{{"thread_id":"{thread}","kind":{{"event":"message","content":"{content}"}}}}"#)
}

/// Returns a text member of the result of a response, or of the event in it.
pub fn member(answer: &[u8], name: &str) -> Outcome<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer)?;
    let result = &answer["result"];
    let text = result[name].as_str().or_else(|| result["event"][name].as_str());
    Ok(text.ok_or_else(|| format!("no `{name}` in {answer}"))?.to_owned())
}
