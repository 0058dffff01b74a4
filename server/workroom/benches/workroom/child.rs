//! What this program does when it starts itself as the child process of a floor.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Command;

use rusqlite::{Connection, OpenFlags};

use crate::Outcome;

// An argument that nobody would type.
const MARK: &str = "workroom-bench-child";

/// Starts a child that repeats every line.
pub fn echo() -> Outcome<Command> {
    command(&["echo"])
}

/// Starts a child that, for each input byte, reads one event by its position and writes it.
pub fn select(store: &Path) -> Outcome<Command> {
    command(&["select", store.to_str().ok_or("the path of the store is not text")?])
}

/// Starts a child that, for each line, joins a prefix, one of `count` subscriptions and the body in one buffer, and
/// writes it.
pub fn splice(count: usize, body: &str) -> Outcome<Command> {
    command(&["splice", &count.to_string(), body])
}

fn command(arguments: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(MARK).args(arguments);
    Ok(command)
}

/// Runs the child's work if this process is a child.
pub fn run() -> Option<Outcome<()>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.split_first() {
        Some((&MARK, ["echo"])) => Some(run_echo()),
        Some((&MARK, ["select", store])) => Some(run_select(Path::new(store))),
        Some((&MARK, ["splice", count, body])) => Some(run_splice(count, body)),
        _ => None,
    }
}

fn run_echo() -> Outcome<()> {
    let mut input = BufReader::with_capacity(64 * 1024, std::io::stdin().lock());
    let mut output = raw_output()?;
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        output.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

fn run_select(store: &Path) -> Outcome<()> {
    let conn = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = conn.prepare("SELECT json FROM event WHERE seq = ?1")?;
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = raw_output()?;
    let mut line = Vec::new();
    while let [byte, ..] = input.fill_buf()? {
        let seq = u32::from(*byte);
        input.consume(1);
        line.clear();
        statement.query_row([seq], |row| {
            line.extend_from_slice(row.get_ref(0)?.as_str()?.as_bytes());
            Ok(())
        })?;
        line.push(b'\n');
        output.write_all(&line)?;
    }
    Ok(())
}

fn run_splice(count: &str, body: &str) -> Outcome<()> {
    let ids: Vec<String> = (0..count.parse()?).map(|number: u128| format!("sub_{number:032x}")).collect();
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = raw_output()?;
    let mut line = Vec::new();
    let mut buffer = String::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        line.clear();
        buffer.clear();
        for id in &ids {
            write!(
                buffer,
                r#"{{"jsonrpc":"2.0","method":"event/appended","params":{{"subscription_id":"{id}","event":"#
            )?;
            buffer.push_str(body);
            buffer.push_str("}}\n");
        }
        output.write_all(buffer.as_bytes())?;
    }
    Ok(())
}

/// Returns the output without Rust's line buffer, which would copy everything once more.
fn raw_output() -> Outcome<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(std::io::stdout().as_fd().try_clone_to_owned()?.into())
}
