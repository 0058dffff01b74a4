//! Several processes that write to one store as fast as possible.

use std::collections::VecDeque;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::Driver;
use crate::figures::{Aim, Figure, Unit};
use crate::home::{Home, Thread};
use crate::rounds::Rounds;

const WRITERS: usize = 4;
// Enough for the process to always have a group to commit.
const IN_FLIGHT: usize = 16;
const ROUND: Duration = Duration::from_millis(1500);

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let home = Home::new()?;
    let mut writers = (0..WRITERS).map(|_| Writer::start(&home)).collect::<Outcome<Vec<_>>>()?;
    let mut alone = [Writer::start(&home)?];
    let (mut worst, mut fairness) = (Vec::new(), Vec::new());
    let rounds = Rounds::run(
        bench.rounds,
        || rate(&race(&mut alone)?),
        || {
            let runs = race(&mut writers)?;
            worst.push(runs.iter().map(|run| run.worst.as_secs_f64()).fold(0.0, f64::max));
            let counts = || runs.iter().map(|run| run.count as f64);
            fairness.push(counts().fold(f64::INFINITY, f64::min) / counts().fold(1.0, f64::max));
            rate(&runs)
        },
    )?;
    let name = |what| format!("{WRITERS} processes writing, {what}");
    Ok(vec![
        Figure::against(name("total against one"), Unit::PerSecond, &rounds, Aim::AtLeast(0.75)),
        Figure::alone(name("worst wait"), Unit::Seconds, worst, Aim::AtMost(0.1)),
        Figure::alone(name("fairness"), Unit::Ratio, fairness, Aim::AtLeast(0.6)),
    ])
}

struct Writer {
    server: Driver,
    message: String,
}

/// What one process did in a round.
struct Run {
    count: usize,
    worst: Duration,
}

impl Writer {
    fn start(home: &Home) -> Outcome<Self> {
        let mut server = home.server()?;
        let message = Thread::new(&mut server)?.message();
        Ok(Self { server, message })
    }

    fn run(&mut self) -> Outcome<Run> {
        let begun = Instant::now();
        let mut unanswered = VecDeque::new();
        let mut run = Run { count: 0, worst: Duration::ZERO };
        loop {
            while unanswered.len() < IN_FLIGHT && begun.elapsed() < ROUND {
                unanswered.push_back((self.server.send("event/append", &self.message)?, Instant::now()));
            }
            // Appends of one connection are answered in the order in which they were sent.
            let Some((id, sent)) = unanswered.pop_front() else { return Ok(run) };
            self.server.answer(id, "result")?;
            run.worst = run.worst.max(sent.elapsed());
            run.count += 1;
        }
    }
}

/// Runs all writers at the same time.
fn race(writers: &mut [Writer]) -> Outcome<Vec<Run>> {
    let start = Barrier::new(writers.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                scope.spawn(|| {
                    start.wait();
                    writer.run()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a writer panicked")?).collect()
    })
}

fn rate(runs: &[Run]) -> Outcome<f64> {
    Ok(runs.iter().map(|run| run.count).sum::<usize>() as f64 / ROUND.as_secs_f64())
}
