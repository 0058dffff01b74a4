//! The floors of the figures: the minimum that any program of this kind must do.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::{Connection, OpenFlags};

use crate::Outcome;
use crate::child;
use crate::driver::Driver;
use crate::home::workroom;
use crate::rounds::each;

/// Sends a line through two pipes to another process and back.
pub struct Echo(Driver);

impl Echo {
    pub fn start() -> Outcome<Self> {
        Ok(Self(Driver::spawn(&mut child::echo()?)?))
    }

    pub fn round(&mut self, count: usize) -> Outcome<f64> {
        let line = br#"{"jsonrpc":"2.0","id":1000,"method":"workroom/list","params":{}}"#;
        let sent = [&line[..], b"\n"].concat();
        each(count, |_| {
            self.0.write(&sent)?;
            if self.0.line()? != line {
                return Err("the echo differs from the input".into());
            }
            Ok(())
        })
    }
}

// The approximate size of one append: five pages of the store.
const APPENDED: usize = 20 * 1024;

/// Appends to a file and calls `fdatasync`.
pub struct Sync(File);

impl Sync {
    pub fn start(folder: &Path) -> Outcome<Self> {
        Ok(Self(File::create(folder.join("floor"))?))
    }

    pub fn round(&mut self, count: usize) -> Outcome<f64> {
        // Each round starts with a file of the same size.
        self.0.set_len(0)?;
        std::io::Seek::rewind(&mut self.0)?;
        self.0.sync_all()?;
        let bytes = vec![7; APPENDED];
        each(count, |_| {
            self.0.write_all(&bytes)?;
            Ok(self.0.sync_data()?)
        })
    }
}

/// Reads one event of a store by its position, through a prepared statement, in this process.
pub struct Select {
    conn: Connection,
    head: u64,
}

impl Select {
    pub fn start(store: &Path) -> Outcome<Self> {
        let conn = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let head = conn.query_row("SELECT max(seq) FROM event", [], |row| row.get(0))?;
        Ok(Self { conn, head })
    }

    pub fn round(&mut self, count: usize, draw: &mut Draw) -> Outcome<f64> {
        let mut statement = self.conn.prepare_cached("SELECT json FROM event WHERE seq = ?1")?;
        let head = self.head;
        each(count, |_| {
            let seq = 1 + draw.below(head);
            let length = statement.query_row([seq], |row| Ok(row.get_ref(0)?.as_str()?.len()))?;
            if std::hint::black_box(length) == 0 {
                return Err("an empty event".into());
            }
            Ok(())
        })
    }
}

/// Runs the binary with `--version`, which measures the cost of starting and ending it.
pub fn version(count: usize) -> Outcome<f64> {
    each(count, |_| {
        let status = Command::new(workroom()).arg("--version").stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err(format!("--version ended with {status}").into());
        }
        Ok(())
    })
}

/// Numbers that are the same in every run.
pub struct Draw(u64);

impl Draw {
    /// Creates the numbers of one seed.
    pub fn of(seed: u64) -> Self {
        let mut draw = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        draw.below(1);
        draw
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
