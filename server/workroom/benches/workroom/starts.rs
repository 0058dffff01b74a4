//! Measures the time from the start of a process to its first response.

use std::path::Path;

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::Driver;
use crate::figures::{Aim, Figure, Unit};
use crate::floors;
use crate::home::{Home, Thread, server};
use crate::rounds::{Rounds, median};

const STARTS: usize = 40;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let small = Home::new()?;
    let mut first = small.server()?;
    Thread::new(&mut first)?;
    first.finish()?;
    let history = bench.longest()?;
    let large = Home::with_copy(&history.store())?;
    let name = format!("first answer, {} events", history.events);
    let rows = [("first answer, small store", &small, 1.5), (name.as_str(), &large, 1.7)];
    let mut figures = Vec::new();
    for (name, home, aim) in rows {
        let floor = || floors::version(STARTS);
        let rounds = Rounds::run(bench.rounds, floor, || first_answers(home.path()))?;
        figures.push(Figure::against(name, Unit::Seconds, &rounds, Aim::AtMost(aim)));
    }
    Ok(figures)
}

/// Returns the duration of one start, without the end of the process.
fn first_answers(home: &Path) -> Outcome<f64> {
    let mut taken = Vec::new();
    for _ in 0..STARTS {
        let begun = std::time::Instant::now();
        let mut server = Driver::spawn(server(home).arg("app-server"))?;
        server.call("workroom/list", r#"{"limit":1}"#)?;
        taken.push(begun.elapsed().as_secs_f64());
        server.finish()?;
    }
    Ok(median(&taken))
}
