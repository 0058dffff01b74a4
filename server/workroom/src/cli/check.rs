//! `workroom check`

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::place::Place;
use super::progress::Progress;
use super::terminal::{BAD, DOUBTFUL, GOOD, plain};
use super::{Outcome, terminal};
use workroom_store::{self as store, CheckReport};

/// Check the integrity of the store, and repair what can be repaired
///
/// Reads the whole file and every event, and compares the derived lists with what the events imply. Exit codes: 0 the
/// store is sound, 1 it is not.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Rebuild derived lists that differ from the events
    #[arg(long)]
    repair: bool,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let bar = Progress::new("Checking", "events");
        let report = store::check(place.folder()?, self.repair, &mut |done, total| bar.set(done, total))?;
        drop(bar);
        let sound = report.is_sound();
        let mut out = terminal::out();
        if self.json {
            let CheckReport { events, damage, stale, repaired } = &report;
            let report = json!({
                "sound": sound, "events": events, "damage": damage, "stale": stale, "repaired": repaired,
            });
            terminal::json(&mut out, &report, terminal::stdout_is_terminal())?;
        } else {
            print(&mut out, &report)?;
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn print(out: &mut impl Write, report: &CheckReport) -> std::io::Result<()> {
    for damage in &report.damage {
        writeln!(out, "{BAD}damaged:{BAD:#} {}", plain(damage))?;
    }
    for list in &report.stale {
        let style = if report.repaired { GOOD } else { DOUBTFUL };
        let state = if report.repaired { "rebuilt" } else { "differs from the events" };
        writeln!(out, "{style}{list}:{style:#} {state}")?;
    }
    let events = report.events;
    if !report.damage.is_empty() {
        writeln!(out, "Not sound: the damaged data can only be restored from a backup.")
    } else if !report.is_sound() {
        writeln!(out, "Not sound: {events} events are intact; `workroom check --repair` rebuilds the lists.")
    } else {
        writeln!(out, "{GOOD}Sound:{GOOD:#} every list agrees with the log of {events} events.")
    }
}
