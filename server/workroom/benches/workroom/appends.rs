//! Appends whose events are on disk when the response arrives.

use crate::Outcome;
use crate::bench::Bench;
use crate::figures::{Aim, Figure, Unit};
use crate::floors::Sync;
use crate::home::{Home, Thread};
use crate::rounds::{Rounds, each, whole};

const ALONE: usize = 200;
const FLOOD: usize = 2_000;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let home = Home::new()?;
    let mut server = home.server()?;
    let message = Thread::new(&mut server)?.message();
    let mut sync = Sync::start(home.path())?;
    let alone = || each(ALONE, |_| server.call("event/append", &message).map(drop));
    let rounds = Rounds::run(bench.rounds, || sync.round(ALONE), alone)?;
    let mut figures =
        vec![Figure::against("durable append, alone", Unit::Seconds, &rounds, Aim::AtMost(3.0))];
    for (depth, aim) in [(16, 1.3), (64, 2.0)] {
        let flood = || {
            let taken = whole(|| {
                let params = |_, text: &mut String| text.push_str(&message);
                server.flood((FLOOD, depth), "event/append", params, |_, _| Ok(()))
            })?;
            Ok(FLOOD as f64 / taken)
        };
        let rounds = Rounds::run(bench.rounds, || Ok(1.0 / sync.round(ALONE)?), flood)?;
        let name = format!("durable appends, {depth} in flight");
        figures.push(Figure::against(name, Unit::PerSecond, &rounds, Aim::AtLeast(aim)));
    }
    Ok(figures)
}
