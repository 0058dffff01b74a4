//! Ends what agents leave running. All of it is found by id, and nothing else is touched.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// Kills all processes that were started with this home folder, including those that left their terminal and parent.
/// Does nothing on systems without `/proc`.
pub fn kill_all_of(home: &Path) {
    let variable = format!("HOME={}", home.display());
    // A process can start another one while this looks, but it cannot do so forever: it is killed in that round.
    for _ in 0..100 {
        let found = all(|folder| {
            let environment = fs::read(folder.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
        });
        if found.is_empty() {
            return;
        }
        found.into_iter().for_each(kill);
        std::thread::yield_now();
    }
}

/// Kills all processes of a session. Its id is that of the process that began it.
pub fn kill_session(id: Pid) {
    let session = id.as_raw_nonzero().to_string();
    let members = all(|folder| {
        let stat = fs::read_to_string(folder.join("stat")).unwrap_or_default();
        // The name of the program, in parentheses, can contain spaces. State, parent and group precede the session.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(3) == Some(&session)
    });
    members.into_iter().for_each(kill);
}

fn all(belongs: impl Fn(&Path) -> bool) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        Some((Pid::from_raw(id)?, entry.path()))
    });
    processes.filter(|(_, folder)| belongs(folder)).map(|(id, _)| id).collect()
}

fn kill(id: Pid) {
    // It may have ended by itself.
    let _ = kill_process(id, Signal::KILL);
}
