//! A clock that can be set, for one process or several.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workroom_protocol::Timestamp;

use super::{Home, Server};

/// A clock for servers to go by.
#[derive(Debug)]
pub struct Clock {
    offset: tempfile::NamedTempFile,
}

impl Clock {
    /// A clock that is right.
    pub fn new() -> Self {
        let clock = Self { offset: tempfile::NamedTempFile::new().unwrap() };
        clock.set("+0");
        clock
    }

    /// Sets it by so much from the right time, such as `+2h` or `-1y`, also for those that run.
    pub fn set(&self, offset: &str) {
        // In one step: a process that looks meanwhile must not see an empty file.
        let next = tempfile::NamedTempFile::new_in(self.offset.path().parent().unwrap()).unwrap();
        std::fs::write(next.path(), offset).unwrap();
        next.persist(self.offset.path()).unwrap();
    }

    /// Makes a command go by it.
    pub fn drives(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", self.offset.path())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    /// A server that goes by it.
    pub fn server(&self, home: &Home) -> Server {
        let mut command = home.command(["app-server"]);
        self.drives(&mut command);
        Server::spawn(command)
    }
}

/// The time so long from now, by the right clock.
pub fn from_now(wait: Duration) -> String {
    let since = (SystemTime::now() + wait).duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since.as_millis() as i64).to_string()
}

/// The library that makes a process believe in another time: `libfaketime`, which `.ci/run` installs.
fn library() -> PathBuf {
    let places = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|arch| format!("/usr/lib/{arch}/faketime/libfaketime.so.1"));
    let found = places.iter().map(Path::new).find(|path| path.exists());
    found.expect("libfaketime: `apt-get install faketime`").to_owned()
}
