//! The system's process table.

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id. The system gives the id of an ended process to a later one.
    pub pid: i32,
    /// When it started, in the system's own unit. Together with the id it names one process; 0 if it is not known.
    pub started: u64,
    /// Its arguments, which it can change itself.
    pub argv: Vec<String>,
    /// The name of its file or of its main thread; empty if it is not known.
    pub name: String,
}

// Deeper than any realistic nesting of shells and editors.
#[cfg(unix)]
const MAX_ANCESTORS: usize = 64;

/// The ancestors of this process, nearest first.
#[cfg(target_os = "linux")]
pub fn ancestors() -> Vec<Process> {
    let mut found = Vec::new();
    let mut pid = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    // In a container the agent may be process 1. The kernel is process 0.
    while let Some(of) = pid.filter(|pid| *pid > 0)
        && found.len() < MAX_ANCESTORS
    {
        let read = |file: &str| std::fs::read(format!("/proc/{of}/{file}")).unwrap_or_default();
        let argv = read("cmdline");
        let argv: Vec<_> =
            argv.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        // A program can change its first argument. The name of its file, or of its thread, shows how it was started.
        let name = String::from_utf8_lossy(&read("comm")).trim().to_owned();
        let stat = stat(of);
        let started = stat.as_ref().map_or(0, |stat| stat.started);
        found.push(Process { pid: of, started, argv, name });
        pid = stat.map(|stat| stat.parent);
    }
    found
}

/// The fields of `/proc/PID/stat` that are used here.
#[cfg(target_os = "linux")]
struct Stat {
    state: u8,
    parent: i32,
    started: u64,
}

#[cfg(target_os = "linux")]
fn stat(pid: i32) -> Option<Stat> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The fields start after the last `)`, because the name before it may contain anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<_> = rest.split_whitespace().collect();
    Some(Stat {
        state: *fields.first()?.as_bytes().first()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// Whether the process with this id that started then is still running.
#[cfg(target_os = "linux")]
pub fn is_alive(pid: i32, started: u64) -> bool {
    stat(pid)
        .is_some_and(|stat| !matches!(stat.state, b'Z' | b'X') && (started == 0 || stat.started == started))
}

/// The ancestors of this process from `ps`, which every other Unix has.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn ancestors() -> Vec<Process> {
    let Ok(output) = std::process::Command::new("ps").args(["-axo", "pid=,ppid=,command="]).output() else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let (pid, parent): (i32, i32) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some((pid, (parent, words.map(str::to_owned).collect::<Vec<_>>())))
    };
    let processes: std::collections::HashMap<_, _> = text.lines().filter_map(row).collect();
    let mut found = Vec::new();
    let mut pid = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    while let Some((of, (parent, argv))) = pid.and_then(|pid| Some((pid, processes.get(&pid)?)))
        && found.len() < MAX_ANCESTORS
    {
        found.push(Process { pid: of, started: 0, argv: argv.clone(), name: String::new() });
        pid = Some(*parent).filter(|parent| *parent > 0);
    }
    found
}

/// Whether a process with this id is running. Other systems do not report when it started as cheaply.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn is_alive(pid: i32, _: u64) -> bool {
    rustix::process::Pid::from_raw(pid)
        .is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// Other systems do not provide this.
#[cfg(not(unix))]
pub fn ancestors() -> Vec<Process> {
    Vec::new()
}

/// Other systems do not provide this.
#[cfg(not(unix))]
pub fn is_alive(_: i32, _: u64) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_ended_process_is_not_alive() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let started = stat(pid).unwrap().started;
        assert!(is_alive(pid, started) && is_alive(pid, 0));
        assert!(!is_alive(pid, started + 1), "another process that has the id now");
        child.kill().unwrap();
        // Until somebody waits for it, the system keeps an entry for it.
        while is_alive(pid, started) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!is_alive(pid, started));
    }

    #[test]
    fn the_nearest_ancestor_comes_first() {
        let ancestors = ancestors();
        assert_eq!(Some(ancestors[0].pid), rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()));
        assert!(ancestors.iter().all(|process| is_alive(process.pid, process.started)));
    }
}
