//! The command line: one file a command.
//!
//! Commands speak to the store as any client does, through the router and its handlers; only `backup`, `check` and
//! `doctor`, which are about the file itself, go to the store directly.

mod answer;
mod app_server;
mod approval;
mod approver;
mod backup;
mod call;
mod check;
mod completions;
mod decide;
mod doctor;
mod duration;
mod failure;
mod import;
mod inbox;
mod link;
mod list;
mod local;
mod logging;
mod mcp;
mod open;
mod owner;
mod place;
mod progress;
mod room;
mod schema;
mod show;
mod signals;
mod table;
mod tail;
mod terminal;
mod token;
mod tour;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

use self::failure::Failure;
use self::place::Place;
use workroom_clock::Clock;

const EXAMPLES: &str = "\
Examples:
  workroom tour                                  see it work, on a store of its own
  workroom call workroom/create '{\"workspace\":\"'\"$PWD\"'\"}'
  workroom open                                  the room of this repository, made if there is none
  workroom list                                  the rooms, newest activity first
  workroom show codewhale://workroom/wr_…        what an agent is told that is handed the link
  workroom inbox                                 what waits for you, and what is new
  workroom reply evt_… 'eu-west'                 the answer to a question in it
  workroom tail all --after-seq 0                every event so far, then live ones
  workroom approval list                         what waits for a decision; then approve or deny it
  workroom token create --handle codex --kind agent --scope post --out codex.token
  workroom app-server                            speak JSON-RPC, one message a line

Environment:
  WORKROOM_HOME, CODEWHALE_HOME  where the store is, see --home
  CODEWHALE_RUNTIME_TOKEN        the secret of a token: act as its bearer, with its rights and no more
  WORKROOM_LOG                   what is logged to stderr: error, warn (default), info, debug, or by module

Exit codes: 0 done, 1 failed, 2 not understood.";

/// Durable rooms that people and coding agents share.
#[derive(Debug, Parser)]
#[command(name = "workroom", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    /// The folder that holds the store
    ///
    /// Default: $WORKROOM_HOME, else $CODEWHALE_HOME/workrooms, else ~/.codewhale/workrooms.
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// What you are called, if this creates the store: a store that is there knows. Default: your account's name
    #[arg(long, global = true, value_name = "HANDLE", value_parser = owner_handle)]
    owner: Option<String>,
    /// Act as the bearer of the token in this file, instead of that in CODEWHALE_RUNTIME_TOKEN
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    AppServer(app_server::AppServer),
    Mcp(mcp::Mcp),
    Call(call::Call),
    Tail(tail::Tail),
    Open(open::Open),
    List(list::List),
    #[command(subcommand)]
    Room(room::Room),
    Show(show::Show),
    Approve(decide::Approve),
    Deny(decide::Deny),
    #[command(subcommand)]
    Approval(approval::Approval),
    #[command(subcommand)]
    Approver(approver::Approver),
    Inbox(inbox::Inbox),
    Reply(answer::Reply),
    Retry(answer::Retry),
    Dismiss(answer::Dismiss),
    #[command(subcommand)]
    Token(token::Token),
    Owner(owner::Owner),
    Import(import::Import),
    Backup(backup::Backup),
    Check(check::Check),
    Doctor(doctor::Doctor),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Tour(tour::Tour),
}

/// What a command returns: the code that the process ends with, or why it did not do what it was asked.
type Outcome = Result<ExitCode, Failure>;

/// What time it is for this process. The command line is the whole process, so this is said once.
static CLOCK: OnceLock<Clock> = OnceLock::new();

/// The clock of this process.
fn clock() -> Clock {
    CLOCK.get().cloned().unwrap_or_default()
}

/// The time.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock().now().millis()).unwrap_or_default()
}

/// Runs the command that the arguments name, by this clock.
pub fn main(arguments: impl IntoIterator<Item = OsString>, clock: Clock) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let _ = CLOCK.set(clock);
    logging::start();
    // What these two write is no part of the store, and for everybody to read.
    if !matches!(cli.command, Command::Schema(_) | Command::Completions(_)) {
        keep_files_private();
    }
    let place = match Place::new(cli.home, cli.owner, cli.token_file.as_deref()) {
        Ok(place) => place,
        Err(failure) => return failure.tell(),
    };
    let outcome = match cli.command {
        Command::AppServer(command) => command.run(&place),
        Command::Mcp(command) => command.run(&place),
        Command::Call(command) => command.run(&place),
        Command::Tail(command) => command.run(&place),
        Command::Open(command) => command.run(&place),
        Command::List(command) => command.run(&place),
        Command::Room(command) => command.run(&place),
        Command::Show(command) => command.run(&place),
        Command::Approve(command) => command.run(&place),
        Command::Deny(command) => command.run(&place),
        Command::Approval(command) => command.run(&place),
        Command::Approver(command) => command.run(&place),
        Command::Inbox(command) => command.run(&place),
        Command::Reply(command) => command.run(&place),
        Command::Retry(command) => command.run(&place),
        Command::Dismiss(command) => command.run(&place),
        Command::Token(command) => command.run(&place),
        Command::Owner(command) => command.run(&place),
        Command::Import(command) => command.run(&place),
        Command::Backup(command) => command.run(&place),
        Command::Check(command) => command.run(&place),
        Command::Doctor(command) => command.run(&place),
        Command::Schema(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Tour(command) => command.run(),
    };
    outcome.unwrap_or_else(|failure| failure.tell())
}

/// Tells what is wrong with the arguments, or what was asked about them.
fn refuse(error: &clap::Error) -> ExitCode {
    let told = match error.use_stderr() {
        // It repeats the arguments, which may be of others: a script passes on what it was given.
        true => terminal::usage_error(&error.render().to_string()),
        false => error.print(),
    };
    match told {
        Ok(()) => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
        Err(_) => ExitCode::FAILURE,
    }
}

fn owner_handle(text: &str) -> Result<String, String> {
    workroom_domain::handle::check(text).map(|()| text.to_owned()).map_err(|why| why.to_string())
}

/// Nothing that is created from here on can be read by others, whatever creates it: SQLite makes files of its own.
fn keep_files_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// A runtime without further threads: it starts at once, and one connection keeps no second one busy.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }
}
