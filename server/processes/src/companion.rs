//! The files of companion processes. A companion follows one session of an agent.
//!
//! It is alive while it holds the lock on its lock file: the system releases the lock however the process ends. The files
//! are in a folder that only this user can open.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use workroom_protocol::presence::AgentPresence;

// Enough that no two sessions share a name, and short: the path of a socket has at most 107 bytes.
const KEY_BYTES: usize = 8;

/// The folder of all companions, in the folder of the store.
pub fn folder(home: &Path) -> PathBuf {
    home.join("agents")
}

/// The files of the companion of one session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Companion {
    folder: PathBuf,
    key: String,
}

/// A held lock. Dropping it releases it.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "it only has to stay open")] File);

impl Companion {
    /// The companion of a session of `agent`, which `session` names among that agent's sessions.
    pub fn of(home: &Path, agent: &str, session: &str) -> Self {
        let hash = Sha256::new().chain_update(agent).chain_update([0]).chain_update(session).finalize();
        let key = hash.iter().take(KEY_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self { folder: folder(home), key }
    }

    /// Creates the folder, if there is none.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn create_folder(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)
    }

    /// The folder of the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name that all files of this companion begin with.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name of the socket in [`Self::folder`].
    pub fn socket_name(&self) -> String {
        format!("{}.sock", self.key)
    }

    /// The path of one of the files.
    pub fn path(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.key))
    }

    /// Takes the lock. Returns `None` if another process holds it.
    ///
    /// # Errors
    /// If the lock file cannot be opened.
    pub fn lock(&self) -> io::Result<Option<Lock>> {
        let file = private(OpenOptions::new().create(true).append(true)).open(self.path("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether the companion is running.
    pub fn is_alive(&self) -> bool {
        let Ok(file) = File::open(self.path("lock")) else { return false };
        // A shared lock does not keep the companion from starting for longer than this line.
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Stores what the agent is doing. Readers see either the previous state or this one.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_presence(&self, presence: &AgentPresence) -> io::Result<()> {
        self.write("presence", &serde_json::to_vec(presence)?)
    }

    /// Replaces one of the files in one step.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, extension: &str, contents: &[u8]) -> io::Result<()> {
        let next = self.path(&format!("{extension}.next"));
        private(OpenOptions::new().create(true).write(true).truncate(true))
            .open(&next)?
            .write_all(contents)?;
        fs::rename(next, self.path(extension))
    }

    /// Deletes what is not needed to continue the session later.
    pub fn forget(&self) {
        for extension in ["sock", "presence", "log"] {
            // What is not there needs no deletion, and what cannot be deleted is tried again the next time.
            let _ = fs::remove_file(self.path(extension));
        }
    }
}

/// Makes a new file readable only for this user.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Every companion in the folder of a store, and what it last stored about its agent.
pub fn list(home: &Path) -> Vec<(Companion, AgentPresence)> {
    let folder = folder(home);
    let Ok(entries) = fs::read_dir(&folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut keys: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".presence")?.to_owned())).collect();
    keys.sort();
    let read = |key: String| {
        let companion = Companion { folder: folder.clone(), key };
        let text = fs::read(companion.path("presence")).ok()?;
        // A file of a newer version may have a form that this one cannot read.
        Some((companion, serde_json::from_slice(&text).ok()?))
    };
    keys.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_holds_the_lock() {
        let home = tempfile::tempdir().unwrap();
        let companion = Companion::of(home.path(), "claude", "s1");
        companion.create_folder().unwrap();
        assert!(!companion.is_alive());
        let lock = companion.lock().unwrap().expect("nobody holds it");
        assert!(companion.is_alive());
        assert!(companion.lock().unwrap().is_none());
        drop(lock);
        assert!(!companion.is_alive() && companion.lock().unwrap().is_some());
    }

    #[test]
    fn sessions_have_their_own_files() {
        let home = Path::new("/home");
        let keys = [("claude", "s1"), ("claude", "s2"), ("codex", "s1"), ("claudes", "1")]
            .map(|(agent, session)| Companion::of(home, agent, session).key);
        assert!(keys.iter().all(|key| key.len() == 16));
        assert!((1..keys.len()).all(|at| !keys[..at].contains(&keys[at])));
    }
}
