//! The command line, with one file per command.
//!
//! Commands access the store like any client, through the router and its handlers. Only `backup`, `check` and `doctor`,
//! which are about the file itself, access the store directly.

mod agents;
mod answer;
mod app_server;
mod approval;
mod approver;
mod backup;
mod call;
mod change;
mod check;
mod completions;
mod decide;
mod doctor;
mod duration;
mod failure;
#[cfg(unix)]
mod hook;
mod hooks;
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
mod tell;
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
  workroom tour                   see Workroom at work, on a temporary store
  workroom open                   the room of this repository
  workroom list                   your rooms, newest activity first
  workroom show LINK              the context that an agent gets from the link
  workroom inbox                  your pending items, and what is new
  workroom reply evt_… 'eu-west'  answer a question from the inbox
  workroom tail all               every event, as it happens
  workroom approval list          the pending approvals, to approve or deny
  workroom mcp install claude     let the agents of Claude Code take part
  workroom hooks install claude   see and answer your sessions of Claude Code from anywhere
  workroom app-server             serve JSON-RPC, one message per line

Environment:
  WORKROOM_HOME, CODEWHALE_HOME   the folder of the store, see --home
  CODEWHALE_RUNTIME_TOKEN         a token: commands act as its bearer
  WORKROOM_LOG                    error, warn (default), info, debug; on stderr

Exit codes: 0 success, 1 failure, 2 invalid usage.";

/// A shared log for you and your coding agents
#[derive(Debug, Parser)]
#[command(name = "workroom", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    /// The folder of the store
    ///
    /// Default: $WORKROOM_HOME, otherwise $CODEWHALE_HOME/workrooms, otherwise ~/.codewhale/workrooms.
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Your handle, if this command creates the store; ignored for an existing store. Default: the name of your account
    #[arg(long, global = true, value_name = "HANDLE", value_parser = owner_handle)]
    owner: Option<String>,
    /// Act as the bearer of the token in this file, instead of the token in CODEWHALE_RUNTIME_TOKEN
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    AppServer(app_server::AppServer),
    Mcp(mcp::Mcp),
    #[command(subcommand)]
    Hooks(hooks::Hooks),
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
    Agents(agents::Agents),
    Tell(tell::Tell),
    #[command(subcommand)]
    Away(agents::Away),
    #[cfg(unix)]
    #[command(subcommand)]
    Quiet(tell::Quiet),
    #[cfg(unix)]
    Hook(hook::Hook),
    #[cfg(unix)]
    Host(hook::Host),
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

impl Command {
    /// Whether this is a hook, which must be silent about whatever goes wrong.
    fn is_hook(&self) -> bool {
        #[cfg(unix)]
        return matches!(self, Self::Hook(_));
        #[cfg(not(unix))]
        false
    }
}

/// The result of a command: the exit code of the process, or the failure.
type Outcome = Result<ExitCode, Failure>;

/// The clock of this process. It is set once, because the command line is the whole process.
static CLOCK: OnceLock<Clock> = OnceLock::new();

/// The clock of this process.
fn clock() -> Clock {
    CLOCK.get().cloned().unwrap_or_default()
}

/// The time.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock().now().millis()).unwrap_or_default()
}

/// Runs the command that the arguments describe, with this clock.
pub fn main(arguments: impl IntoIterator<Item = OsString>, clock: Clock) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    #[cfg(unix)]
    if hook::is_hook(&arguments) {
        // An agent takes another exit code, or a word on its error output, for an answer.
        return match Cli::try_parse_from(arguments) {
            Ok(cli) => {
                run(cli, clock);
                ExitCode::SUCCESS
            }
            Err(_) => ExitCode::SUCCESS,
        };
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    run(cli, clock)
}

/// Runs a command.
fn run(cli: Cli, clock: Clock) -> ExitCode {
    let is_hook = cli.command.is_hook();
    let _ = CLOCK.set(clock);
    logging::start();
    // These two commands write files that are not part of the store and that everybody may read.
    if !matches!(cli.command, Command::Schema(_) | Command::Completions(_)) {
        keep_files_private();
    }
    let place = match Place::new(cli.home, cli.owner, cli.token_file.as_deref()) {
        Ok(place) => place,
        Err(_) if is_hook => return ExitCode::SUCCESS,
        Err(failure) => return failure.tell(),
    };
    let outcome = match cli.command {
        Command::AppServer(command) => command.run(&place),
        Command::Mcp(command) => command.run(&place),
        Command::Hooks(command) => command.run(&place),
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
        Command::Agents(command) => command.run(&place),
        Command::Tell(command) => command.run(&place),
        Command::Away(command) => command.run(&place),
        #[cfg(unix)]
        Command::Quiet(command) => command.run(&place),
        #[cfg(unix)]
        Command::Hook(command) => command.run(&place),
        #[cfg(unix)]
        Command::Host(command) => command.run(&place),
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
    outcome.unwrap_or_else(|failure| if is_hook { ExitCode::SUCCESS } else { failure.tell() })
}

/// Prints what is wrong with the arguments, or the requested help.
fn refuse(error: &clap::Error) -> ExitCode {
    let told = match error.use_stderr() {
        // The message repeats the arguments, which may come from somebody else: a script passes on what it received.
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

/// Makes every new file private to this user, whichever library creates it: SQLite creates files of its own.
fn keep_files_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Creates a runtime without extra threads. It starts immediately, and one connection has no work for a second thread.
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
