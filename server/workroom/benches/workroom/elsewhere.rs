//! Measures the delivery of an event from one process to the client of another.

use std::thread::sleep;
use std::time::Duration;

use crate::Outcome;
use crate::bench::Bench;
use crate::child;
use crate::driver::{Driver, shown};
use crate::figures::{Aim, Figure, Unit};
use crate::home::{Home, Thread};
use crate::rounds::{Rounds, each};

const EVENTS: usize = 500;
const IDLE: Duration = Duration::from_secs(3);

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let home = Home::new()?;
    let mut writer = home.relaxed_server()?;
    let message = Thread::new(&mut writer)?.message();
    writer.call("event/append", &message)?;
    let mut select = Driver::spawn(&mut child::select(&home.store())?)?;
    let floor = || {
        each(EVENTS, |_| {
            select.write(&[3])?;
            let line = select.line()?;
            if !line.starts_with(br#"{"seq":3,"#) {
                return Err(format!("not the event: {}", shown(line)).into());
            }
            Ok(())
        })
    };
    let mut whole = Vec::new();
    let figure = || {
        // The time until the other process delivers the event: an append until both have responded, minus an append
        // without a subscriber.
        let alone = each(EVENTS, |_| writer.call("event/append", &message).map(drop))?;
        let mut reader = home.server()?;
        reader.call("event/subscribe", "{}")?;
        let both = each(EVENTS, |_| {
            writer.call("event/append", &message)?;
            told(&mut reader)
        })?;
        whole.push(both);
        Ok(both - alone)
    };
    let rounds = Rounds::run(bench.rounds, floor, figure)?;
    let mut reader = home.server()?;
    reader.call("event/subscribe", "{}")?;
    let mut idle = Vec::new();
    for _ in 0..5 {
        let before = busy(reader.pid())?;
        sleep(IDLE);
        idle.push((busy(reader.pid())? - before).as_secs_f64() / IDLE.as_secs_f64());
    }
    Ok(vec![
        Figure::against("another process reads the event", Unit::Seconds, &rounds, Aim::AtMost(1.5)),
        Figure::alone("  the same, with the append", Unit::Seconds, whole.split_off(1), None),
        Figure::alone("processor while it waits", Unit::Share, idle, Aim::AtMost(0.0005)),
    ])
}

fn told(reader: &mut Driver) -> Outcome<()> {
    let line = reader.line()?;
    if !line.starts_with(br#"{"jsonrpc":"2.0","method":"event/appended","#) {
        return Err(format!("not an event: {}", shown(line)).into());
    }
    Ok(())
}

/// Returns how long the threads of a process have run on a processor.
fn busy(pid: u32) -> Outcome<Duration> {
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let schedstat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        total += schedstat.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}
