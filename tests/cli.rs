//! The command line, as people and scripts use it.
#![cfg(unix)]

mod app_server;
mod approval;
mod backup;
mod call;
mod check;
mod decide;
mod doctor;
mod import;
mod inbox;
mod open;
mod output;
mod people;
mod schema;
mod tail;
mod token;
mod tour;

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal to a process.
fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
}

/// Waits for a process to end by itself.
#[track_caller]
fn end_of(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > crate::support::PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        // There is no way to wait for the end of a process with a time limit.
        std::thread::sleep(Duration::from_millis(5));
    }
}
