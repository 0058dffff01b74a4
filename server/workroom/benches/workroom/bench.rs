//! The command line, and the groups of measurements.

use clap::Parser;

use crate::figures::{self, Figure};
use crate::histories::History;
use crate::{
    Outcome, appends, codex, elsewhere, growth, memory, pages, round_trips, starts, subscriptions,
    typescript, writers,
};

/// Measures Workroom against floors of the same run.
#[derive(Debug, Parser)]
#[command(name = "workroom-bench")]
struct Arguments {
    /// The groups to run. Default: all except `codex`
    #[arg(value_name = "NAME")]
    groups: Vec<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Run fewer rounds, with a tenth of the long history
    #[arg(long)]
    quick: bool,
    /// How often each figure and its floor are measured
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(5..))]
    rounds: u16,
    // Cargo passes this argument to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The settings of a group.
pub struct Bench {
    /// How often each figure and its floor are measured.
    pub rounds: usize,
    /// From short to long; empty if no group needs them.
    pub histories: Vec<History>,
}

impl Bench {
    /// The longest history.
    pub fn longest(&self) -> Outcome<&History> {
        Ok(self.histories.last().ok_or("no history was made")?)
    }
}

struct Group {
    name: &'static str,
    needs_histories: bool,
    run: fn(&Bench) -> Outcome<Vec<Figure>>,
}

const fn group(name: &'static str, run: fn(&Bench) -> Outcome<Vec<Figure>>) -> Group {
    Group { name, needs_histories: false, run }
}

const fn long(name: &'static str, run: fn(&Bench) -> Outcome<Vec<Figure>>) -> Group {
    Group { name, needs_histories: true, run }
}

const GROUPS: [Group; 10] = [
    group("round-trips", round_trips::figures),
    long("starts", starts::figures),
    group("appends", appends::figures),
    group("writers", writers::figures),
    long("pages", pages::figures),
    group("elsewhere", elsewhere::figures),
    group("subscriptions", subscriptions::figures),
    long("growth", growth::figures),
    group("typescript", typescript::figures),
    long("memory", memory::figures),
];

// These groups run only on request, because they need another program.
const CODEX: Group = group("codex", codex::figures);

/// Runs the requested groups.
pub fn run() -> Outcome<()> {
    let arguments = Arguments::parse();
    let groups = chosen(&arguments.groups)?;
    let rounds = if arguments.quick { 5 } else { arguments.rounds.into() };
    let lengths: &[usize] = if arguments.quick { &[10_000, 100_000] } else { &[10_000, 100_000, 1_000_000] };
    let histories = match groups.iter().any(|group| group.needs_histories) {
        // This runs on all processors, before the process is pinned to one.
        true => lengths.iter().map(|&events| History::of(events)).collect::<Outcome<_>>()?,
        false => Vec::new(),
    };
    pin()?;
    let bench = Bench { rounds, histories };
    let mut rows = Vec::new();
    for group in groups {
        eprintln!("{} …", group.name);
        rows.extend((group.run)(&bench).map_err(|error| format!("{}: {error}", group.name))?);
    }
    if arguments.json {
        let rows: Vec<_> = rows.iter().map(Figure::json).collect();
        println!("{}", serde_json::json!({"rounds": rounds, "figures": rows}));
    } else {
        print!("{}", figures::table(&rows));
    }
    Ok(())
}

fn chosen(names: &[String]) -> Outcome<Vec<&'static Group>> {
    if names.is_empty() {
        return Ok(GROUPS.iter().collect());
    }
    let find = |name: &String| {
        let group = GROUPS.iter().chain([&CODEX]).find(|group| group.name == name);
        group.ok_or_else(|| {
            let known: Vec<_> = GROUPS.iter().chain([&CODEX]).map(|group| group.name).collect();
            format!("unknown group `{name}`; the groups are {}", known.join(", ")).into()
        })
    };
    names.iter().map(find).collect()
}

/// Pins this process and its children to one processor. Waking an idle processor takes several times as long as what is
/// measured, and would hide it. The last processor is used because interrupts and other programs prefer the first.
#[cfg(target_os = "linux")]
fn pin() -> Outcome<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None)?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|&cpu| allowed.is_set(cpu)).ok_or("no processor")?;
    let mut one = CpuSet::new();
    one.set(last);
    Ok(sched_setaffinity(None, &one)?)
}

#[cfg(not(target_os = "linux"))]
fn pin() -> Outcome<()> {
    eprintln!("not pinned to one processor: the ratios are not reliable");
    Ok(())
}
