//! A clock that tests can set, for one or several processes.
//!
//! A server that uses it is this test program itself, started again as a child, because the released binary has no
//! such hook.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workroom_protocol::Timestamp;

use super::{Home, Server};

/// The environment variables of a test program that runs as a server: the file with the time, and the arguments,
/// separated by line ends.
const TIME: &str = "WORKROOM_TEST_TIME";
const ARGUMENTS: &str = "WORKROOM_TEST_ARGUMENTS";
/// The test below, under the name that the harness uses.
const TEST: &str = "support::clock::serve_as_a_child";

/// A clock for servers.
#[derive(Debug)]
pub struct Clock {
    time: tempfile::NamedTempFile,
}

impl Clock {
    /// A clock with the correct time.
    pub fn new() -> Self {
        let clock = Self { time: tempfile::NamedTempFile::new().unwrap() };
        clock.set("+0");
        clock
    }

    /// Sets the clock relative to the correct time, such as `+2h` or `-1y`, for running servers too. Or stops it at a
    /// time such as `2026-01-02T03:04:05Z`.
    pub fn set(&self, time: &str) {
        read(time, 0);
        // In one step, so that a process that reads at the same time never finds an empty file.
        let next = tempfile::NamedTempFile::new_in(self.time.path().parent().unwrap()).unwrap();
        std::fs::write(next.path(), time).unwrap();
        next.persist(self.time.path()).unwrap();
    }

    /// A command on this home that uses the clock.
    pub fn command(&self, home: &Home, arguments: &[&str]) -> Command {
        let like = home.command([]);
        // The harness of the tests writes to stdout; the shell gives the server the real stdout as another
        // descriptor.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3>&1 1>/dev/null"]).arg(std::env::current_exe().unwrap());
        command.args([TEST, "--exact", "--nocapture", "--test-threads=1"]);
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env(TIME, self.time.path()).env(ARGUMENTS, arguments.join("\n"));
        command
    }

    /// A server that uses the clock.
    pub fn server(&self, home: &Home) -> Server {
        Server::spawn(self.command(home, &["app-server"]))
    }
}

/// The milliseconds that a clock shows when the correct clock shows `right`.
fn read(time: &str, right: i64) -> i64 {
    let time = time.trim();
    let Some(offset) = time.strip_prefix('+').or_else(|| time.strip_prefix('-')) else {
        return serde_json::from_value::<Timestamp>(time.into()).unwrap().millis();
    };
    let (number, unit) = offset.split_at(offset.find(|c: char| !c.is_ascii_digit()).unwrap_or(offset.len()));
    let seconds = match unit {
        "" => 1,
        "h" => 3600,
        "y" => 365 * 24 * 3600,
        other => panic!("no unit `{other}`"),
    };
    let offset = number.parse::<i64>().unwrap() * seconds * 1000;
    if time.starts_with('-') { right - offset } else { right + offset }
}

/// The time at this distance from now, by the correct clock.
pub fn from_now(wait: Duration) -> String {
    Timestamp::from_millis(right_millis() + wait.as_millis() as i64).to_string()
}

fn right_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Not a test, but what [`Clock::command`] starts. Run as a test, it does nothing.
#[test]
fn serve_as_a_child() {
    let (Some(time), Ok(arguments)) = (std::env::var_os(TIME), std::env::var(ARGUMENTS)) else { return };
    // From here on, nothing on stdout is for the harness.
    std::io::Write::flush(&mut std::io::stdout()).unwrap();
    let ours = std::fs::File::options().write(true).open("/dev/fd/3").unwrap();
    rustix::stdio::dup2_stdout(&ours).unwrap();
    drop(ours);
    let clock = workroom_clock::Clock::from_fn(move || {
        let time = std::fs::read_to_string(&time).expect("the test has ended");
        Timestamp::from_millis(read(&time, right_millis()))
    });
    let arguments = std::iter::once("workroom").chain(arguments.split('\n')).map(Into::into);
    let code = workroom::cli::main(arguments.collect::<Vec<_>>(), clock);
    // Exits before the harness reports the result of the test.
    std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
}
