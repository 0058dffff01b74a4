//! Splits input into messages.

use memchr::memchr;

use super::repair::{BYTE_ORDER_MARK, without_mark};

/// How messages are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One message per line.
    Lines,
    /// `Content-Length` headers before each message, as in the Language Server Protocol.
    Headers,
}

/// A part of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The bytes of one message.
    Message(&'a [u8]),
    /// A message over the limit, which was skipped.
    TooLong,
    /// Headers without a valid message length, which were skipped.
    BadHeaders,
}

// Common clients send one or two short headers. Anything longer than this is not a header block.
const MAX_HEADER_BYTES: usize = 8 * 1024;
const READ_BYTES: usize = 64 * 1024;
// A buffer that grew beyond this for a long line is freed once the line is done.
const KEEP_BYTES: usize = 1024 * 1024;
const PREFIXES: [&[u8]; 2] = [b"content-length:", b"content-type:"];

/// Splits input into frames. Holds at most one message of `max_bytes` and the data of one read.
#[derive(Debug)]
pub struct Decoder {
    max_bytes: usize,
    framing: Option<Framing>,
    buffer: Vec<u8>,
    /// The start of unread input in `buffer`.
    start: usize,
    /// How much of the unread input is known to contain no line end.
    scanned: usize,
    skip: Skip,
    ended: bool,
}

/// Input that is discarded as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    Line,
    Bytes(u64),
}

enum Headers {
    Incomplete,
    /// Longer than any header block. Contains the length of the lines before the one that exceeds the limit.
    Hopeless(usize),
    /// The length of the block in bytes, and the length of the body that it states.
    Block(usize, Option<u64>),
}

impl Decoder {
    /// A decoder that detects the framing from the first bytes.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            framing: None,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            skip: Skip::Nothing,
            ended: false,
        }
    }

    /// The framing, once the first bytes have shown it.
    pub fn framing(&mut self) -> Option<Framing> {
        if self.framing.is_none() {
            while self.unread().starts_with(BYTE_ORDER_MARK) {
                self.advance(BYTE_ORDER_MARK.len());
            }
            self.framing = self.detect();
        }
        self.framing
    }

    /// The buffer for the next read. Call this only if [`Decoder::next_frame`] returned nothing.
    pub fn space(&mut self) -> &mut Vec<u8> {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            if self.buffer.capacity() > KEEP_BYTES {
                self.buffer = Vec::new();
            }
        } else if self.start > 0 {
            self.buffer.drain(..self.start);
        }
        self.start = 0;
        self.buffer.reserve(READ_BYTES);
        &mut self.buffer
    }

    /// Marks the end of the input, so that a last line without a line end counts as a message.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The next complete frame, if any.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        match self.framing()? {
            Framing::Lines => self.next_line(),
            Framing::Headers => self.next_body(),
        }
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn detect(&self) -> Option<Framing> {
        let unread = self.unread();
        if !unread.is_empty() && BYTE_ORDER_MARK.starts_with(unread) && !self.ended {
            return None;
        }
        let matching = |prefix: &&[u8]| {
            let shared = unread.len().min(prefix.len());
            unread[..shared].eq_ignore_ascii_case(&prefix[..shared])
        };
        let longest = PREFIXES.iter().filter(|prefix| matching(prefix)).map(|prefix| prefix.len()).max();
        match longest {
            None => Some(Framing::Lines),
            Some(_) if PREFIXES.iter().any(|prefix| matching(prefix) && unread.len() >= prefix.len()) => {
                Some(Framing::Headers)
            }
            Some(_) if self.ended => Some(Framing::Lines),
            Some(_) => None,
        }
    }

    fn next_line(&mut self) -> Option<Frame<'_>> {
        loop {
            let unread = &self.buffer[self.start..];
            let end = memchr(b'\n', &unread[self.scanned..]).map(|at| at + self.scanned);
            if self.skip == Skip::Line {
                // The error was sent when the line exceeded the limit; only the rest of the line is left to skip.
                if !self.skip_line() {
                    return None;
                }
                continue;
            }
            let (length, used) = match end {
                Some(end) => (end, end + 1),
                None if self.ended && !unread.is_empty() => (unread.len(), unread.len()),
                None if without_cr(unread) > self.max_bytes => {
                    self.start = self.buffer.len();
                    self.scanned = 0;
                    self.skip = Skip::Line;
                    return Some(Frame::TooLong);
                }
                None => {
                    self.scanned = unread.len();
                    return None;
                }
            };
            let at = self.start;
            self.advance(used);
            if without_cr(&self.buffer[at..at + length]) > self.max_bytes {
                return Some(Frame::TooLong);
            }
            let line = without_mark(&self.buffer[at..at + length]);
            if line.iter().all(is_blank) {
                continue;
            }
            let at = at + length - line.len();
            let length = line.len();
            return Some(Frame::Message(&self.buffer[at..at + length]));
        }
    }

    fn next_body(&mut self) -> Option<Frame<'_>> {
        if let Skip::Bytes(left) = self.skip {
            let here = self.unread().len();
            let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(here);
            self.advance(skipped);
            let left = left - skipped as u64;
            self.skip = if left == 0 { Skip::Nothing } else { Skip::Bytes(left) };
            if left > 0 {
                return None;
            }
        }
        if self.skip == Skip::Line && !self.skip_line() {
            return None;
        }
        // Some clients end each body with a line end, which would otherwise begin the next headers.
        loop {
            let unread = self.unread();
            let blank = unread.iter().take_while(|byte| is_blank(byte)).count();
            let mark = if unread[blank..].starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
            self.advance(blank + mark);
            if mark == 0 {
                break;
            }
        }
        let (header_bytes, length) = match read_headers(self.unread(), self.ended) {
            Headers::Incomplete => return None,
            Headers::Block(bytes, length) => (bytes, length),
            Headers::Hopeless(bytes) => {
                self.advance(bytes);
                self.skip = Skip::Line;
                return Some(Frame::BadHeaders);
            }
        };
        let Some(length) = length else {
            self.advance(header_bytes);
            return Some(Frame::BadHeaders);
        };
        if length > self.max_bytes as u64 {
            self.advance(header_bytes);
            self.skip = Skip::Bytes(length);
            return Some(Frame::TooLong);
        }
        let here = self.unread().len() - header_bytes;
        let length = match usize::try_from(length) {
            Ok(length) if length <= here => length,
            // A truncated body counts as one message, most likely an invalid one.
            _ if self.ended => here,
            _ => return None,
        };
        let at = self.start + header_bytes;
        self.advance(header_bytes + length);
        Some(Frame::Message(without_mark(&self.buffer[at..at + length])))
    }

    /// Discards a line over the limit, and returns whether its end was reached.
    fn skip_line(&mut self) -> bool {
        let end = memchr(b'\n', self.unread());
        self.advance(end.map_or(self.unread().len(), |end| end + 1));
        if end.is_some() {
            self.skip = Skip::Nothing;
        }
        end.is_some()
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.scanned = 0;
    }
}

/// The length of a line without a trailing carriage return.
fn without_cr(line: &[u8]) -> usize {
    line.len() - usize::from(line.ends_with(b"\r"))
}

/// Whether JSON treats the byte as white space.
fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Reads a block of header lines up to the blank line.
fn read_headers(input: &[u8], ended: bool) -> Headers {
    let mut at = 0;
    let mut length = None;
    loop {
        let Some(end) = memchr(b'\n', &input[at..input.len().min(MAX_HEADER_BYTES)]) else {
            return match ended {
                _ if input.len() >= MAX_HEADER_BYTES => Headers::Hopeless(at),
                true if !input.is_empty() => Headers::Block(input.len(), None),
                _ => Headers::Incomplete,
            };
        };
        let line = input[at..at + end].trim_ascii();
        at += end + 1;
        if line.is_empty() {
            return Headers::Block(at, length);
        }
        let Some(colon) = memchr(b':', line) else { continue };
        if line[..colon].trim_ascii().eq_ignore_ascii_case(b"content-length") {
            let digits = line[colon + 1..].trim_ascii();
            // Parsing as `u64` would accept a sign.
            let number =
                digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()).flatten();
            length = number.and_then(|digits| digits.parse().ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All frames of `input`, delivered in pieces of `step` bytes. Errors begin with `!`.
    fn frames(input: &[u8], step: usize, max_bytes: usize) -> Vec<String> {
        let mut decoder = Decoder::new(max_bytes);
        let mut found = Vec::new();
        for piece in input.chunks(step.max(1)) {
            decoder.space().extend_from_slice(piece);
            drain(&mut decoder, &mut found);
        }
        decoder.end();
        drain(&mut decoder, &mut found);
        found
    }

    fn drain(decoder: &mut Decoder, found: &mut Vec<String>) {
        while let Some(frame) = decoder.next_frame() {
            found.push(match frame {
                Frame::Message(bytes) => String::from_utf8_lossy(bytes).trim().to_string(),
                Frame::TooLong => "! too long".into(),
                Frame::BadHeaders => "! bad headers".into(),
            });
        }
    }

    #[track_caller]
    fn check(input: &str, expected: &[&str]) {
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(frames(input.as_bytes(), step, 32), expected, "in steps of {step}");
        }
    }

    #[test]
    fn lines_end_with_lf_or_crlf_or_the_end_of_input() {
        check("{}\n{\"a\":1}\r\n\n  \r\n[]", &["{}", "{\"a\":1}", "[]"]);
        check("", &[]);
        check("\n\n", &[]);
    }

    #[test]
    fn a_line_over_the_limit_is_one_error_and_the_next_is_read() {
        let long = "x".repeat(33);
        check(&format!("{long}\n{{}}\n"), &["! too long", "{}"]);
        check(&format!("{{}}\n{}{long}", "y".repeat(1000)), &["{}", "! too long"]);
        let exact = "x".repeat(32);
        check(&format!("{exact}\n{exact}"), &[&exact, &exact]);
    }

    #[test]
    fn headers_are_detected_and_bodies_are_split_by_length() {
        check("Content-Length: 2\r\n\r\n{}Content-Length:3\n\n[1]", &["{}", "[1]"]);
        check("Content-Type: application/x; charset=utf-8\r\ncontent-length: 2\r\n\r\n{}\n", &["{}"]);
        check("CONTENT-LENGTH: 2\r\n\r\n{}\r\nContent-Length: 2\r\n\r\n[]", &["{}", "[]"]);
    }

    #[test]
    fn bad_headers_are_one_error_and_the_next_message_is_read() {
        let good = "Content-Length: 2\r\n\r\n{}";
        check(&format!("Content-Length: -1\r\n\r\n{good}"), &["! bad headers", "{}"]);
        check(&format!("Content-Length: +2\r\n\r\n{good}"), &["! bad headers", "{}"]);
        check(&format!("Content-Type: x\r\n\r\n{good}"), &["! bad headers", "{}"]);
        check(&format!("Content-Length: 99\r\n\r\n{}{good}", "x".repeat(99)), &["! too long", "{}"]);
        check("Content-Length: 9\r\n\r\n{}", &["{}"]);
        check("Content-Length: 9", &["! bad headers"]);
        let long = "x".repeat(3 * MAX_HEADER_BYTES);
        check(&format!("{good}{long}\r\n{good}"), &["{}", "! bad headers", "{}"]);
        check(&format!("{good}{long}"), &["{}", "! bad headers"]);
        check("Cont", &["Cont"]);
    }

    #[test]
    fn a_byte_order_mark_before_a_message_is_ignored() {
        check("\u{feff}{}\n{}", &["{}", "{}"]);
        check("{}\n\u{feff}[]\r\n\u{feff}\n\u{feff}", &["{}", "[]"]);
        check("\u{feff}\u{feff}{}", &["{}"]);
        let good = "Content-Length: 2\r\n\r\n{}";
        check(&format!("\u{feff}{good}\u{feff}{good}"), &["{}", "{}"]);
        check("\u{feff}Content-Length: 5\r\n\r\n\u{feff}{}Content-Length: 2\r\n\r\n[]", &["{}", "[]"]);
        check("\u{feff}Cont", &["Cont"]);
    }

    #[test]
    fn a_long_line_is_not_kept_in_memory() {
        let mut decoder = Decoder::new(1000);
        for _ in 0..1000 {
            decoder.space().extend_from_slice(&[b'x'; READ_BYTES]);
            while decoder.next_frame().is_some() {}
        }
        assert!(decoder.buffer.capacity() <= 4 * READ_BYTES, "{}", decoder.buffer.capacity());
    }

    proptest! {
        #[test]
        fn the_frames_do_not_depend_on_the_size_of_reads(
            input in proptest::collection::vec(
                prop_oneof![Just(b"\n".to_vec()), Just(BYTE_ORDER_MARK.to_vec()), Just(BYTE_ORDER_MARK[..1].to_vec()), Just(b"Content-Length: 3\r\n\r\n".to_vec()), any::<[u8; 3]>().prop_map(Vec::from)],
                0..20,
            ),
            step in 1usize..40,
        ) {
            let input = input.concat();
            prop_assert_eq!(frames(&input, step, 16), frames(&input, usize::MAX, 16));
        }
    }
}
