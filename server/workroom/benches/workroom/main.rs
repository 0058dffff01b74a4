//! Measures Workroom against floors of the same run: `cargo bench -p workroom --bench workroom`.
//!
//! `docs/performance.md` explains each row. The exit code depends on the responses, not on the figures: a missed target
//! is shown, and a wrong response ends the run.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(unix)]
mod appends;
#[cfg(unix)]
mod bench;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod codex;
#[cfg(unix)]
mod driver;
#[cfg(unix)]
mod elsewhere;
#[cfg(unix)]
mod figures;
#[cfg(unix)]
mod floors;
#[cfg(unix)]
mod growth;
#[cfg(unix)]
mod histories;
#[cfg(unix)]
mod home;
#[cfg(unix)]
mod memory;
#[cfg(unix)]
mod pages;
#[cfg(unix)]
mod round_trips;
#[cfg(unix)]
mod rounds;
#[cfg(unix)]
mod starts;
#[cfg(unix)]
mod subscriptions;
#[cfg(unix)]
mod typescript;
#[cfg(unix)]
mod writers;

/// What went wrong, which ends the run.
#[cfg(unix)]
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    let outcome = child::run().unwrap_or_else(bench::run);
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workroom-bench: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() {
    eprintln!("workroom-bench: the floors need Unix");
}
