//! The `workroom` binary.

use std::process::ExitCode;

use workroom_server::cli;
use workroom_server::clock::Clock;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), Clock::system())
}
