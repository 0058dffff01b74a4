//! Measures the cost of a list, a page or the context of a link in a large store.

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::Driver;
use crate::figures::{Aim, Figure, Unit};
use crate::floors::{Draw, Select};
use crate::histories::History;
use crate::home::Home;
use crate::round_trips::without_store;
use crate::rounds::{Rounds, each};

const READS: usize = 500;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let history = bench.longest()?;
    let home = Home::with_copy(&history.store())?;
    let mut server = home.server()?;
    let mut select = Select::start(&home.store())?;
    let mut draw = Draw::of(1);
    let mut figures = Vec::new();
    for (page, aim) in
        [(Page::Rooms { limit: 50 }, 5.0), (Page::Thread, 20.0), (Page::Resolve, 30.0), (Page::Inbox, 28.0)]
    {
        let mut whole = Vec::new();
        let mut targets = Draw::of(2);
        let figure = || {
            // The round trip is a separate row; this row is the cost of the store and the response.
            let empty = without_store(&mut server, READS)?;
            let full = page.round(&mut server, history, READS, &mut targets)?;
            whole.push(full);
            Ok(full - empty)
        };
        let rounds = Rounds::run(bench.rounds, || select.round(READS, &mut draw), figure)?;
        figures.push(Figure::against(page.name(), Unit::Seconds, &rounds, Aim::AtMost(aim)));
        figures.push(Figure::alone("  the same, whole round trip", Unit::Seconds, whole.split_off(1), None));
    }
    Ok(figures)
}

/// What is read.
#[derive(Clone, Copy)]
pub enum Page {
    Rooms { limit: u32 },
    Thread,
    Resolve,
    Inbox,
}

impl Page {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rooms { .. } => "list of rooms",
            Self::Thread => "page of a thread",
            Self::Resolve => "resolve",
            Self::Inbox => "page of the inbox",
        }
    }

    /// Returns how long one read takes, for random threads of the history.
    pub fn round(
        self,
        server: &mut Driver,
        history: &History,
        count: usize,
        draw: &mut Draw,
    ) -> Outcome<f64> {
        let mut params = Vec::new();
        for _ in 0..count {
            let (room, thread) = &history.threads[draw.below(history.threads.len() as u64) as usize];
            params.push(match self {
                Self::Rooms { limit } => format!(r#"{{"limit":{limit}}}"#),
                Self::Thread => format!(r#"{{"thread_id":"{thread}"}}"#),
                Self::Resolve => format!(r#"{{"link":"codewhale://workroom/{room}/thread/{thread}"}}"#),
                Self::Inbox => "{}".into(),
            });
        }
        let method = match self {
            Self::Rooms { .. } => "workroom/list",
            Self::Thread => "thread/read",
            Self::Resolve => "workroom/resolve",
            Self::Inbox => "inbox/list",
        };
        each(count, |number| server.call(method, &params[number]).map(drop))
    }
}
