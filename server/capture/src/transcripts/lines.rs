//! The lines of a transcript.

use std::io::{self, BufRead, Read};

use serde_json::Value;

// Far longer than any text that an agent stores, such as an image in a prompt. A longer line would need most of the
// memory of an import, so it is skipped and counted.
const MAX_LINE: usize = 8 * 1024 * 1024;

/// Reads one JSON value per line. Lines that cannot be read are counted.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    skipped: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0, skipped: 0 }
    }

    /// The next line that can be read, and its number.
    pub(super) fn next_record(&mut self) -> io::Result<Option<(u64, Value)>> {
        loop {
            self.line.clear();
            let read = (&mut self.input).take(MAX_LINE as u64).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read == MAX_LINE && self.line.last() != Some(&b'\n') {
                self.input.skip_until(b'\n')?;
                self.skipped += 1;
                continue;
            }
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(&self.line) {
                Ok(record @ Value::Object(_)) => return Ok(Some((self.number, record))),
                _ => self.skipped += 1,
            }
        }
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    pub(super) fn into_input(self) -> R {
        self.input
    }
}
