//! When an agent's hooks last ran.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use workroom_processes::folder;
use workroom_protocol::Timestamp;

use super::agent::Agent;

/// The file that every hook of `agent` touches, in the folder of the store.
pub fn last_event_file(home: &Path, agent: Agent) -> PathBuf {
    folder(home).join(format!("last-{}", agent.name()))
}

/// Returns when a hook of `agent` last ran; `None` if none has run yet.
pub fn last_event(home: &Path, agent: Agent) -> Option<Timestamp> {
    let touched =
        std::fs::metadata(last_event_file(home, agent)).and_then(|metadata| metadata.modified()).ok()?;
    let since = touched.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_is_the_time_of_the_file() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        assert_eq!(last_event(home.path(), Agent::Codex), None);
        let file = last_event_file(home.path(), Agent::Codex);
        std::fs::create_dir(home.path().join("agents"))?;
        let written = std::fs::File::create(file)?;
        written.set_modified(UNIX_EPOCH + std::time::Duration::from_millis(1_234_567))?;
        assert_eq!(last_event(home.path(), Agent::Codex), Some(Timestamp::from_millis(1_234_567)));
        assert_eq!(last_event(home.path(), Agent::Claude), None);
        Ok(())
    }
}
