//! A client with as little overhead as possible: it blocks on two pipes, and reads only the beginning of a response.

use std::io::{Read, Write};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Outcome;

// Larger than any response in a benchmark: a page of a megabyte is read in one piece.
const BUFFER_BYTES: usize = 2 * 1024 * 1024;

/// A child process that answers lines with lines. It is killed when dropped.
pub struct Driver {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    buffer: Vec<u8>,
    /// The range of the buffer that was read but not taken yet.
    begin: usize,
    end: usize,
    next_id: u64,
    request: Vec<u8>,
    expected: Vec<u8>,
}

impl Driver {
    pub fn spawn(command: &mut Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("the child has no output")?;
        Ok(Self {
            child,
            input,
            output,
            buffer: vec![0; BUFFER_BYTES],
            begin: 0,
            end: 0,
            next_id: 0,
            request: Vec::new(),
            expected: Vec::new(),
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes bytes unchanged.
    pub fn write(&mut self, bytes: &[u8]) -> Outcome<()> {
        let input = self.input.as_mut().ok_or("the input is closed")?;
        Ok(input.write_all(bytes)?)
    }

    /// Returns the next line, without its newline.
    pub fn line(&mut self) -> Outcome<&[u8]> {
        let line = self.next_line()?;
        Ok(&self.buffer[line])
    }

    /// Returns the range of the next line in the buffer.
    fn next_line(&mut self) -> Outcome<Range<usize>> {
        let mut looked = self.begin;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[looked..self.end]) {
                let line = self.begin..looked + at;
                self.begin = line.end + 1;
                return Ok(line);
            }
            self.make_room();
            looked = self.end;
            let read = self.output.read(&mut self.buffer[self.end..])?;
            if read == 0 {
                return Err("the child ended before it responded".into());
            }
            self.end += read;
        }
    }

    /// Whether a complete line is in the buffer.
    pub fn has_line(&self) -> bool {
        memchr::memchr(b'\n', &self.buffer[self.begin..self.end]).is_some()
    }

    fn make_room(&mut self) {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
            if self.end > BUFFER_BYTES / 2 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
    }

    /// Sends a request, and returns its id.
    pub fn send(&mut self, method: &str, params: &str) -> Outcome<u64> {
        self.next_id += 1;
        self.request.clear();
        write_request(&mut self.request, self.next_id, method, params)?;
        let input = self.input.as_mut().ok_or("the input is closed")?;
        input.write_all(&self.request)?;
        Ok(self.next_id)
    }

    /// Sends a request and reads its response, which must be a result.
    pub fn call(&mut self, method: &str, params: &str) -> Outcome<&[u8]> {
        let id = self.send(method, params)?;
        self.answer(id, "result")
    }

    /// Sends a request that must fail, and reads the error.
    pub fn refusal(&mut self, method: &str, params: &str) -> Outcome<&[u8]> {
        let id = self.send(method, params)?;
        self.answer(id, "error")
    }

    /// Returns the response to the request with this id, which must be the next line.
    pub fn answer(&mut self, id: u64, member: &str) -> Outcome<&[u8]> {
        self.expected.clear();
        write!(self.expected, r#"{{"jsonrpc":"2.0","id":{id},"{member}":"#)?;
        let line = self.next_line()?;
        let line = &self.buffer[line];
        if !line.starts_with(&self.expected) {
            return Err(format!("not a {member} of request {id}: {}", shown(line)).into());
        }
        Ok(line)
    }

    /// Calls a method `count` times with at most `depth` requests in flight, and passes every result on with the number
    /// of its call.
    ///
    /// Requests are sent as soon as responses make room, as many as possible in one write.
    pub fn flood(
        &mut self,
        (count, depth): (usize, usize),
        method: &str,
        mut params: impl FnMut(usize, &mut String),
        mut answered: impl FnMut(usize, &[u8]) -> Outcome<()>,
    ) -> Outcome<()> {
        let first = self.next_id + 1;
        let mut is_answered = vec![false; count];
        let (mut sent, mut done) = (0, 0);
        let mut text = String::new();
        while done < count {
            self.request.clear();
            while sent < count && sent - done < depth {
                self.next_id += 1;
                text.clear();
                params(sent, &mut text);
                write_request(&mut self.request, self.next_id, method, &text)?;
                sent += 1;
            }
            if !self.request.is_empty() {
                let input = self.input.as_mut().ok_or("the input is closed")?;
                input.write_all(&self.request)?;
            }
            loop {
                let line = self.line()?;
                let number = result_id(line).and_then(|id| id.checked_sub(first)).map(|at| at as usize);
                let number = number.filter(|&number| number < sent && !is_answered[number]);
                let number = number.ok_or_else(|| format!("not a response: {}", shown(line)))?;
                is_answered[number] = true;
                done += 1;
                answered(number, line)?;
                if !self.has_line() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Closes the input, and waits until the child exits.
    pub fn finish(mut self) -> Outcome<()> {
        self.input = None;
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("the child ended with {status}").into());
        }
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_request(into: &mut Vec<u8>, id: u64, method: &str, params: &str) -> Outcome<()> {
    Ok(writeln!(into, r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)?)
}

/// Returns the id of a result.
pub fn result_id(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(br#"{"jsonrpc":"2.0","id":"#)?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (id, rest) = rest.split_at(digits);
    rest.starts_with(br#","result":"#).then(|| std::str::from_utf8(id).ok()?.parse().ok())?
}

/// Returns the beginning of a line, for error messages.
pub fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(300)]).into_owned()
}
