//! Messages that wait to be written to the client.

use std::collections::VecDeque;
use std::io::Write;

use super::framing::Framing;

// Each write sends one chunk of about this size. A larger message gets its own chunk.
const CHUNK_BYTES: usize = 64 * 1024;
// How many emptied chunks are kept. Freeing and allocating their memory again costs more than filling it.
const MAX_SPARE: usize = 16;

/// Framed messages in the order in which they are sent, in chunks.
///
/// The outbox has no limit of its own. Callers check [`Outbox::bytes`] before they push.
#[derive(Debug)]
pub struct Outbox {
    framing: Framing,
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk is already written.
    written: usize,
    bytes: usize,
    /// Emptied chunks, kept for later messages.
    spare: Vec<Vec<u8>>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { framing: Framing::Lines, chunks: VecDeque::new(), written: 0, bytes: 0, spare: Vec::new() }
    }
}

impl Outbox {
    /// Sets the framing for messages pushed from now on, to match the client's own.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// The number of bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds one message, given in parts.
    pub fn push(&mut self, parts: &[&str]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if self.chunks.back().is_none_or(|chunk| chunk.len() + length > CHUNK_BYTES) {
            let fresh = || match self.chunks.is_empty() {
                true => Vec::new(),
                // If more than one chunk waits, this one will be filled too.
                false => Vec::with_capacity(CHUNK_BYTES),
            };
            let chunk = self.spare.pop().unwrap_or_else(fresh);
            self.chunks.push_back(chunk);
        }
        let Some(chunk) = self.chunks.back_mut() else { return };
        let before = chunk.len();
        if self.framing == Framing::Headers {
            // Writing to a Vec cannot fail.
            let _ = write!(chunk, "Content-Length: {length}\r\n\r\n");
        }
        for part in parts {
            chunk.extend_from_slice(part.as_bytes());
        }
        if self.framing == Framing::Lines {
            chunk.push(b'\n');
        }
        self.bytes += chunk.len() - before;
    }

    /// The bytes to write next; empty if nothing waits.
    pub fn front(&self) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| &chunk[self.written..])
    }

    /// Marks the first `count` bytes of [`Outbox::front`] as written.
    pub fn consume(&mut self, count: usize) {
        self.written += count;
        self.bytes -= count;
        if self.chunks.front().is_some_and(|chunk| chunk.len() == self.written) {
            self.written = 0;
            if let Some(mut chunk) = self.chunks.pop_front()
                && chunk.capacity() <= 2 * CHUNK_BYTES
                && self.spare.len() < MAX_SPARE
            {
                chunk.clear();
                self.spare.push(chunk);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(outbox: &mut Outbox, step: usize) -> String {
        let mut all = Vec::new();
        while !outbox.front().is_empty() {
            let count = outbox.front().len().min(step);
            all.extend_from_slice(&outbox.front()[..count]);
            outbox.consume(count);
        }
        assert_eq!(outbox.bytes(), 0);
        String::from_utf8(all).expect("UTF-8")
    }

    #[test]
    fn messages_are_sent_in_order_however_much_each_write_takes() {
        for step in [1, 5, usize::MAX] {
            let mut outbox = Outbox::default();
            let long = "x".repeat(CHUNK_BYTES);
            outbox.push(&["{", "}"]);
            outbox.push(&[&long]);
            outbox.push(&["[]"]);
            assert_eq!(written(&mut outbox, step), format!("{{}}\n{long}\n[]\n"));
        }
    }

    #[test]
    fn headers_count_in_bytes() {
        let mut outbox = Outbox::default();
        outbox.set_framing(Framing::Headers);
        outbox.push(&["\"é", "\""]);
        assert_eq!(written(&mut outbox, 3), "Content-Length: 4\r\n\r\n\"é\"");
    }
}
