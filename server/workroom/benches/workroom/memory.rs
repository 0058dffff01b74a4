//! Measures the memory of the process and the size of its files.

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::Driver;
use crate::figures::{Figure, Unit};
use crate::floors::Draw;
use crate::home::{Home, Thread, workroom};
use crate::pages::Page;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let small = Home::new()?;
    let mut server = small.server()?;
    server.call("workroom/list", "{}")?;
    let started = resident(&server)?;
    let message = Thread::new(&mut server)?.message();
    server.call("event/append", &message)?;
    let written = resident(&server)?;
    let history = bench.longest()?;
    let large = Home::with_copy(&history.store())?;
    let mut server = large.server()?;
    server.call("workroom/list", "{}")?;
    let opened = resident(&server)?;
    let mut draw = Draw::of(4);
    for page in [Page::Rooms { limit: 50 }, Page::Thread, Page::Resolve, Page::Inbox] {
        page.round(&mut server, history, 1_000, &mut draw)?;
    }
    let read = resident(&server)?;
    let store = std::fs::metadata(history.store())?.len() as f64;
    let bytes = |name: &str, value: f64| Figure::alone(name, Unit::Bytes, vec![value], None);
    let events = history.events;
    Ok(vec![
        bytes("resident, after the first answer", started),
        bytes("resident, after the first append", written),
        bytes(&format!("resident, {events} events, first answer"), opened),
        bytes(&format!("resident, {events} events, 4,000 pages read"), read),
        bytes("the binary", std::fs::metadata(workroom())?.len() as f64),
        bytes(&format!("the store of {events} events"), store),
    ])
}

/// Returns the resident memory of a process in bytes.
pub fn resident(server: &Driver) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no resident memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
