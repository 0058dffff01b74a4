//! Measures the TypeScript client in Node against a plain line reader and writer in Node.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::bench::Bench;
use crate::figures::{Aim, Figure, Unit};
use crate::home::{Home, Thread, member, server, workroom};
use crate::rounds::Rounds;
use crate::{Outcome, child};

/// The output of the script: seconds, by round.
#[derive(Deserialize)]
struct Said {
    floors: Vec<f64>,
    figures: Vec<f64>,
}

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/ts");
    let is_there = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there || !client.join("dist/node.js").exists() {
        eprintln!("skipped: needs Node, and `npm ci && npm run build` in clients/ts");
        return Ok(Vec::new());
    }
    let home = Home::new()?;
    let mut first = home.server()?;
    let message = Thread::new(&mut first)?.message();
    let event = member(first.call("event/append", &message)?, "id")?;
    first.finish()?;
    let echo = child::echo()?;
    let mut node = Command::new("node");
    node.arg(client.join("bench/round-trip.mjs")).arg(bench.rounds.to_string()).arg(event);
    node.arg(workroom()).arg(echo.get_program()).args(echo.get_args());
    node.envs(server(home.path()).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = node.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let Said { floors, figures } = serde_json::from_slice(&output.stdout)?;
    let rounds = Rounds { floors, figures };
    let name = "TypeScript client, event/read";
    Ok(vec![Figure::against(name, Unit::Seconds, &rounds, Aim::AtMost(1.5))])
}
