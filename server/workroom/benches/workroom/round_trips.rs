//! Measures a request and its response, one at a time and many at once.

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::Driver;
use crate::figures::{Aim, Figure, Unit};
use crate::floors::Echo;
use crate::home::{Home, Thread, member};
use crate::rounds::{Rounds, each, whole};

const CALLS: usize = 2_000;
const FLOOD: usize = 20_000;
const IN_FLIGHT: usize = 256;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let home = Home::new()?;
    let mut server = home.server()?;
    let thread = Thread::new(&mut server)?;
    let event = member(server.call("event/append", &thread.message())?, "id")?;
    let read = format!(r#"{{"event_id":"{event}"}}"#);
    let mut echo = Echo::start()?;
    let mut figures = Vec::new();
    let rounds = Rounds::run(bench.rounds, || echo.round(CALLS), || without_store(&mut server, CALLS))?;
    figures.push(Figure::against("round trip, no store", Unit::Seconds, &rounds, Aim::AtMost(1.5)));
    for (method, params) in [("workroom/list", "{}"), ("event/read", &read)] {
        let figure = || each(CALLS, |_| server.call(method, params).map(drop));
        let rounds = Rounds::run(bench.rounds, || echo.round(CALLS), figure)?;
        let name = format!("round trip, {method}");
        figures.push(Figure::against(name, Unit::Seconds, &rounds, Aim::AtMost(2.2)));
    }
    let mut other = home.server()?;
    let rounds =
        Rounds::run(bench.rounds, || rate(&mut server, 1, &read), || rate(&mut other, IN_FLIGHT, &read))?;
    let name = format!("event/read, {IN_FLIGHT} in flight against 1");
    figures.push(Figure::against(name, Unit::PerSecond, &rounds, Aim::AtLeast(4.0)));
    Ok(figures)
}

/// A round trip through the whole server except its store: the connection knows that no subscription has this id.
pub fn without_store(server: &mut Driver, count: usize) -> Outcome<f64> {
    let params = r#"{"subscription_id":"sub_00000000000000000000000000000000"}"#;
    each(count, |_| server.refusal("event/unsubscribe", params).map(drop))
}

fn rate(server: &mut Driver, depth: usize, params: &str) -> Outcome<f64> {
    let count = if depth == 1 { FLOOD / 4 } else { FLOOD };
    let flood = || server.flood((count, depth), "event/read", |_, text| text.push_str(params), |_, _| Ok(()));
    Ok(count as f64 / whole(flood)?)
}
