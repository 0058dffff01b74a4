//! Measures how the cost of a request grows with the history.

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::Driver;
use crate::figures::{Aim, Figure, Unit};
use crate::floors::Draw;
use crate::histories::History;
use crate::home::{Home, message};
use crate::pages::Page;
use crate::rounds::{Rounds, each};

const APPENDS: usize = 1_000;
const READS: usize = 300;

struct Place<'h> {
    history: &'h History,
    server: Driver,
    draw: Draw,
    // Dropped last, because the server has its files open.
    _home: Home,
}

impl<'h> Place<'h> {
    fn new(history: &'h History) -> Outcome<Self> {
        let home = Home::with_copy(&history.store())?;
        Ok(Self { history, server: home.relaxed_server()?, draw: Draw::of(3), _home: home })
    }

    fn append(&mut self) -> Outcome<f64> {
        let threads = &self.history.threads;
        let mut draw = || message(&threads[self.draw.below(threads.len() as u64) as usize].1);
        let params: Vec<_> = (0..APPENDS).map(|_| draw()).collect();
        each(APPENDS, |number| self.server.call("event/append", &params[number]).map(drop))
    }

    fn read(&mut self, page: Page) -> Outcome<f64> {
        page.round(&mut self.server, self.history, READS, &mut self.draw)
    }
}

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let (short, longer) = bench.histories.split_first().ok_or("no history was made")?;
    let mut figures = Vec::new();
    for history in longer {
        let (mut small, mut large) = (Place::new(short)?, Place::new(history)?);
        let name = |what: &str| format!("{what}, {} events against {}", history.events, short.events);
        // The limit is the number of rooms in the short history, so that all pages have the same size.
        for page in [Page::Rooms { limit: 20 }, Page::Inbox, Page::Resolve] {
            let rounds = Rounds::run(bench.rounds, || small.read(page), || large.read(page))?;
            figures.push(Figure::against(name(page.name()), Unit::Seconds, &rounds, Aim::AtMost(1.3)));
        }
        let rounds = Rounds::run(bench.rounds, || small.append(), || large.append())?;
        figures.push(Figure::against(name("append"), Unit::Seconds, &rounds, Aim::AtMost(1.3)));
    }
    Ok(figures)
}
