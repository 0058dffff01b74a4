//! `workroom doctor`

mod checks;
mod disk;

use std::io::Write;
use std::process::ExitCode;

use anstyle::Style;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::place::Place;
use super::terminal::{BAD, DOUBTFUL, FAINT, GOOD, plain};
use super::{Outcome, terminal};

/// Check the installation and the store, and suggest fixes
///
/// Changes nothing, except for a test file that is removed at the end. The exit code is 1 if something is wrong. To
/// check the contents of the store, use `workroom check`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    /// It works, but could work better.
    Warning,
    /// It does not work.
    Wrong,
}

/// The result of one check.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    name: &'static str,
    status: Status,
    detail: String,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Status::Ok, detail: detail.into(), advice: None }
    }

    fn warning(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, status: Status::Warning, detail: detail.into(), advice: Some(advice.into()) }
    }

    fn wrong(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, status: Status::Wrong, detail: detail.into(), advice: Some(advice.into()) }
    }
}

impl Doctor {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let findings = checks::all(place);
        let well = findings.iter().all(|finding| finding.status != Status::Wrong);
        let mut out = terminal::out();
        if self.json {
            let report = json!({"ok": well, "findings": findings});
            terminal::json(&mut out, &report, terminal::stdout_is_terminal())?;
        } else {
            print(&mut out, &findings)?;
        }
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn print(out: &mut impl Write, findings: &[Finding]) -> std::io::Result<()> {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    for Finding { name, status, detail, advice } in findings {
        let (style, word) = word(*status);
        writeln!(out, "{style}{word:<7}{style:#}  {name:<width$}  {}", plain(detail))?;
        if let Some(advice) = advice {
            writeln!(out, "{:7}  {:width$}  {FAINT}→{FAINT:#} {}", "", "", plain(advice))?;
        }
    }
    Ok(())
}

fn word(status: Status) -> (Style, &'static str) {
    match status {
        Status::Ok => (GOOD, "ok"),
        Status::Warning => (DOUBTFUL, "warning"),
        Status::Wrong => (BAD, "wrong"),
    }
}
