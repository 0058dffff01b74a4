//! Compares Workroom with `codex app-server`, which speaks a similar protocol to the same kind of client.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::bench::Bench;
use crate::driver::{Driver, shown};
use crate::figures::{Figure, Unit};
use crate::home::{Home, server};
use crate::memory::resident;
use crate::round_trips::without_store;
use crate::rounds::{Rounds, each, whole};

const STARTS: usize = 5;
const CALLS: usize = 500;
const FLOOD: usize = 5_000;
const IN_FLIGHT: usize = 64;

pub fn figures(bench: &Bench) -> Outcome<Vec<Figure>> {
    let binary = PathBuf::from(std::env::var_os("WORKROOM_BENCH_CODEX").unwrap_or("codex".into()));
    let version = Command::new(&binary).arg("--version").stderr(Stdio::null()).output();
    let version = version.map_err(|error| format!("{}: {error}", binary.display()))?;
    eprintln!("against {}", String::from_utf8_lossy(&version.stdout).trim());
    let home = Home::new()?;
    let codex = || Codex::start(&binary, &home);
    let ours = || -> Outcome<Driver> {
        let mut driver = Driver::spawn(server(home.path()).arg("app-server"))?;
        driver.call("initialize", r#"{"client_info":{"name":"bench","version":"1"}}"#)?;
        Ok(driver)
    };
    let starts = Rounds::run(
        bench.rounds,
        || each(STARTS, |_| ours().map(drop)),
        || each(STARTS, |_| codex().map(drop)),
    )?;
    let (mut ours, mut codex) = (ours()?, codex()?);
    let memory = Rounds { floors: vec![resident(&ours)?], figures: vec![resident(&codex.0)?] };
    let call = |codex: &mut Codex, method| each(CALLS, |_| codex.call(method));
    let plain = Rounds::run(
        bench.rounds,
        || without_store(&mut ours, CALLS),
        || call(&mut codex, "thread/loaded/list"),
    )?;
    let list = Rounds::run(
        bench.rounds,
        || each(CALLS, |_| ours.call("workroom/list", "{}").map(drop)),
        || call(&mut codex, "thread/list"),
    )?;
    let flood = Rounds::run(
        bench.rounds,
        || {
            let params = |_, text: &mut String| text.push_str("{}");
            let flood = || ours.flood((FLOOD, IN_FLIGHT), "workroom/list", params, |_, _| Ok(()));
            Ok(FLOOD as f64 / whole(flood)?)
        },
        || Ok(FLOOD as f64 / whole(|| codex.flood("thread/loaded/list"))?),
    )?;
    let after = Rounds { floors: vec![resident(&ours)?], figures: vec![resident(&codex.0)?] };
    Ok(vec![
        Figure::against("codex: start to initialize", Unit::Seconds, &starts, None),
        Figure::against("codex: round trip, nothing stored", Unit::Seconds, &plain, None),
        Figure::against("codex: round trip, list", Unit::Seconds, &list, None),
        Figure::against(format!("codex: {IN_FLIGHT} in flight"), Unit::PerSecond, &flood, None),
        Figure::against("codex: resident, after the start", Unit::Bytes, &memory, None),
        Figure::against("codex: resident, after the flood", Unit::Bytes, &after, None),
    ])
}

/// A `codex app-server` after `initialize`. Its messages have no `jsonrpc`, and it sends notifications between
/// responses.
struct Codex(Driver, u64);

impl Codex {
    fn start(binary: &PathBuf, home: &Home) -> Outcome<Self> {
        let folder = home.path().join("codex");
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(binary);
        command.arg("app-server").env("CODEX_HOME", folder).env("HOME", home.path()).stderr(Stdio::null());
        let mut codex = Self(Driver::spawn(&mut command)?, 0);
        codex.ask("initialize", r#"{"clientInfo":{"name":"bench","version":"1"}}"#)?;
        codex.answer()?;
        codex.0.write(b"{\"method\":\"initialized\"}\n")?;
        Ok(codex)
    }

    fn call(&mut self, method: &str) -> Outcome<()> {
        self.ask(method, "{}")?;
        let id = self.answer()?;
        if id != self.1 {
            return Err(format!("a response to request {id} instead of {}", self.1).into());
        }
        Ok(())
    }

    fn ask(&mut self, method: &str, params: &str) -> Outcome<()> {
        self.1 += 1;
        self.0
            .write(format!("{{\"id\":{},\"method\":\"{method}\",\"params\":{params}}}\n", self.1).as_bytes())
    }

    /// Returns the id of the next result.
    fn answer(&mut self) -> Outcome<u64> {
        loop {
            let line = self.0.line()?;
            if line.starts_with(br#"{"method":"#) {
                continue;
            }
            let id = line.strip_prefix(br#"{"id":"#).and_then(|rest| {
                let end = rest.iter().position(|byte| *byte == b',')?;
                let is_result = rest[end..].starts_with(br#","result":"#);
                is_result.then(|| std::str::from_utf8(&rest[..end]).ok()?.parse().ok())?
            });
            return id.ok_or_else(|| format!("not a result: {}", shown(line)).into());
        }
    }

    fn flood(&mut self, method: &str) -> Outcome<()> {
        let (mut sent, mut done) = (0, 0);
        let mut requests = Vec::new();
        while done < FLOOD {
            requests.clear();
            while sent < FLOOD && sent - done < IN_FLIGHT {
                self.1 += 1;
                writeln!(requests, r#"{{"id":{},"method":"{method}","params":{{}}}}"#, self.1)?;
                sent += 1;
            }
            self.0.write(&requests)?;
            self.answer()?;
            done += 1;
            while self.0.has_line() && done < FLOOD {
                self.answer()?;
                done += 1;
            }
        }
        Ok(())
    }
}
