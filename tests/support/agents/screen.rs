//! A terminal emulator without a window: what a program shows, and keys for it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use pty_process::blocking::{Pts, Pty, open};
use regex::Regex;

use super::PATIENCE;

/// As wide as the dialogs of agents need, so that their words stay on one line.
const COLUMNS: u16 = 150;
const ROWS: u16 = 45;

/// What to look for on a screen: a text, or a regular expression over all lines.
pub trait Look {
    fn finds(&self, screen: &str) -> bool;
    fn name(&self) -> &str;
}

impl Look for &str {
    fn finds(&self, screen: &str) -> bool {
        screen.contains(self)
    }

    fn name(&self) -> &str {
        self
    }
}

impl Look for Regex {
    fn finds(&self, screen: &str) -> bool {
        self.is_match(screen)
    }

    fn name(&self) -> &str {
        self.as_str()
    }
}

/// The side of a terminal at which a person sits.
pub struct Screen {
    keyboard: File,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    text: Mutex<String>,
    changed: Condvar,
}

impl Screen {
    /// A terminal: this side, and the other one for a program.
    pub fn open() -> (Self, Pts) {
        let (ours, theirs): (Pty, Pts) = open().unwrap();
        ours.resize(pty_process::Size::new(ROWS, COLUMNS)).unwrap();
        let keyboard = File::from(OwnedFd::from(ours));
        let seen = Arc::<Seen>::default();
        let (display, shown) = (keyboard.try_clone().unwrap(), seen.clone());
        // Ends when the last process with this terminal ends.
        std::thread::spawn(move || watch(display, &shown));
        (Self { keyboard, seen }, theirs)
    }

    /// The visible lines, without spaces at their ends.
    pub fn text(&self) -> String {
        self.seen.text.lock().unwrap().clone()
    }

    /// Waits until `found` accepts the screen. Returns whether it did before the deadline.
    pub fn until(&self, deadline: Instant, mut found: impl FnMut(&str) -> bool) -> bool {
        let mut text = self.seen.text.lock().unwrap();
        loop {
            if found(&text) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            text = self.seen.changed.wait_timeout(text, left).unwrap().0;
        }
    }

    /// Waits until `found` accepts the screen, and fails with the screen if it does not.
    #[track_caller]
    pub fn wait(&self, expected: &str, found: impl FnMut(&str) -> bool) {
        if !self.until(Instant::now() + PATIENCE, found) {
            panic!("expected {expected}, but the screen is:\n{}", self.text());
        }
    }

    /// Sends bytes as the keyboard does.
    #[track_caller]
    pub fn send(&mut self, bytes: &str) {
        self.keyboard.write_all(bytes.as_bytes()).unwrap_or_else(|error| {
            panic!("the terminal is closed ({error}); its screen was:\n{}", self.text())
        });
    }
}

/// Shows everything that a program writes, and answers its questions to the terminal.
fn watch(mut display: File, seen: &Seen) {
    let [rows, columns] = [ROWS, COLUMNS].map(|size| NonZeroU16::new(size).unwrap());
    let mut emulator = vt100::Parser::new_with_callbacks(rows, columns, 0, Answers::default());
    let mut bytes = [0; 65536];
    // Linux reports an error when the other side is closed, other systems the end.
    while let Ok(length @ 1..) = display.read(&mut bytes) {
        emulator.process(&bytes[..length]);
        let answers = std::mem::take(&mut emulator.callbacks_mut().0);
        let _ = display.write_all(answers.as_bytes());
        let lines: Vec<_> =
            emulator.screen().rows(0, COLUMNS).map(|line| line.trim_end().to_owned()).collect();
        *seen.text.lock().unwrap() = lines.join("\n");
        seen.changed.notify_all();
    }
}

/// Answers to what programs ask a terminal. Some programs do not start without them.
#[derive(Default)]
struct Answers(String);

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        let param = params.first().and_then(|param| param.first()).copied().unwrap_or(0);
        let answer = match (first, second, last, param) {
            (None, None, 'n', 5) => "\x1b[0n".to_owned(),
            (None, None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                format!("\x1b[{};{}R", row + 1, column + 1)
            }
            // The kind of terminal: one with colors.
            (None, None, 'c', 0) => "\x1b[?62;22c".to_owned(),
            (Some(b'>'), None, 'c', 0) => "\x1b[>0;0;0c".to_owned(),
            // No mode is known.
            (Some(b'?'), Some(b'$'), 'p', mode) => format!("\x1b[?{mode};0$y"),
            // The size in pixels, that of a character, and the size in characters.
            (None, None, 't', 14) => format!("\x1b[4;{};{}t", ROWS * 20, COLUMNS * 10),
            (None, None, 't', 16) => "\x1b[6;20;10t".to_owned(),
            (None, None, 't', 18) => format!("\x1b[8;{ROWS};{COLUMNS}t"),
            _ => return,
        };
        self.0.push_str(&answer);
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        // White on black.
        match params {
            [b"10", b"?"] => self.0.push_str("\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
            [b"11", b"?"] => self.0.push_str("\x1b]11;rgb:0000/0000/0000\x1b\\"),
            _ => {}
        }
    }
}
