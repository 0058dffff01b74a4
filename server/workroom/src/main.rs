//! The `workroom` binary.

use std::process::ExitCode;

use workroom::cli;
use workroom_clock::Clock;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), Clock::system())
}
