//! Notices that the agent has ended, however that happened.

use std::io;
use std::time::Duration;

use workroom_processes::is_alive;

use super::desk::Desk;
use crate::sign::ProcessId;

// An agent that was killed is shown as gone within five seconds.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
// A busy store is tried again after this time.
const AFTER_TROUBLE: Duration = Duration::from_millis(300);
// The hooks of an ended agent may still be writing.
const AFTER_END: Duration = Duration::from_millis(500);
// Without a process to watch, the session is taken to be over after this time without a hook.
const WITHOUT_PROCESS: Duration = Duration::from_secs(600);

/// Returns when the agent has ended.
pub(super) async fn until_ended(desk: &Desk) -> io::Result<()> {
    // What was written before the companion started.
    desk.read_all().await;
    let mut idle = Duration::ZERO;
    loop {
        if desk.has_ended().await {
            break;
        }
        match desk.process().await {
            Some(process) if !is_running(process) => break,
            Some(process) => tokio::select! {
                () = wait(process) => {}
                () = desk.again.notified() => tokio::time::sleep(AFTER_TROUBLE).await,
            },
            None if idle >= WITHOUT_PROCESS => break,
            None => {
                tokio::time::sleep(BETWEEN_LOOKS).await;
                idle += BETWEEN_LOOKS;
            }
        }
        if desk.read_all().await {
            idle = Duration::ZERO;
        }
    }
    tokio::time::sleep(AFTER_END).await;
    Ok(())
}

fn is_running(process: ProcessId) -> bool {
    is_alive(process.pid, process.started)
}

/// Waits until the process ends, or for a moment. The system reports the end where it can.
#[cfg(target_os = "linux")]
async fn wait(process: ProcessId) {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let watched = Pid::from_raw(process.pid)
        .and_then(|pid| pidfd_open(pid, PidfdFlags::NONBLOCK).ok())
        .and_then(|fd| workroom_watched_fd::watch(fd, tokio::io::Interest::READABLE).ok());
    match watched {
        // The process may have ended, and its id be another's, before it was opened.
        Some(watched) if is_running(process) => {
            let _ = tokio::time::timeout(WITHOUT_NEWS, watched.readable()).await;
        }
        Some(_) => {}
        None => tokio::time::sleep(BETWEEN_LOOKS).await,
    }
}

// The companion reads the spool when a hook tells it to. It also looks by itself, in case a hook was killed before.
#[cfg(target_os = "linux")]
const WITHOUT_NEWS: Duration = Duration::from_secs(10);

#[cfg(not(target_os = "linux"))]
async fn wait(_: ProcessId) {
    tokio::time::sleep(BETWEEN_LOOKS).await;
}
