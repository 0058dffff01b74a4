//! Runs for seconds what `cargo fuzz` runs for hours: the seeds of each target, and mutations of them.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::panic::catch_unwind;

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

use super::chance;
use crate::support::repository;

// Texts with a meaning for one of the parsers.
const WORDS: &[&str] = &[
    "\n",
    "\r\n",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "1e999",
    "-0",
    "..",
    "/",
    "%2f",
    "#",
    "@",
    "://",
    "\u{202e}",
    "\u{feff}",
    "é",
    "\0",
    "Content-Length: 5\r\n\r\n",
    "18446744073709551616",
    "\"id\":1,",
    "password=",
    "token",
    "[redacted:x]",
    "](",
    "..5",
    "_",
    "wr_",
    "-----BEGIN ",
    "Bearer ",
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = repository().join("tests/fuzz/seeds").join(target);
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A mutation of one of `seeds`.
fn mutated(seeds: &[Vec<u8>], random: &mut SmallRng) -> Vec<u8> {
    let mut data = seeds.choose(random).unwrap().clone();
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=data.len());
        let end = random.random_range(at..=data.len().min(at + 20));
        match random.random_range(0..6) {
            0 => drop(data.drain(at..end)),
            1 => data.truncate(at),
            2 if at < data.len() => data[at] ^= 1 << random.random_range(0..8),
            3 => drop(data.splice(at..end, seeds.choose(random).unwrap().iter().copied())),
            4 => {
                let piece = data[at..end].to_vec();
                drop(data.splice(at..at, piece));
            }
            _ => drop(data.splice(at..end, WORDS.choose(random).unwrap().bytes())),
        }
    }
    data.truncate(4096);
    data
}

/// Runs a target on its seeds and on as many mutations.
fn check(name: &str, tries: usize) {
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let seeds = seeds(name);
    // Always the same mutations, so that a failure is reproducible for everybody.
    let mut random = chance::random(7, 0);
    let made = (0..tries).map(|_| mutated(&seeds, &mut random)).collect::<Vec<_>>();
    for data in seeds.iter().chain(&made) {
        let text = String::from_utf8_lossy(data);
        assert!(catch_unwind(|| target(data)).is_ok(), "{name} fails with {text:?}");
    }
}

/// `protocol.md`, "Framing": messages are found in any bytes, however they arrive.
#[test]
fn framing_accepts_any_bytes() {
    check("framing", chance::tries(20_000, 5_000_000));
}

/// `protocol.md`, "Requests and answers": strict JSON-RPC 2.0.
#[test]
fn envelopes_accept_any_text() {
    check("envelope", chance::tries(20_000, 5_000_000));
}

/// `protocol.md`, "Requests and answers": invalid params are refused, and `data.path` names the field.
#[test]
fn params_of_every_method_accept_any_json() {
    check("params", chance::tries(3000, 1_000_000));
}

/// `protocol.md`, "Links and context": anything but a link is refused.
#[test]
fn links_accept_any_text() {
    check("link", chance::tries(20_000, 5_000_000));
}

/// `protocol.md`, "References": any text that a person could paste.
#[test]
fn references_accept_any_text() {
    check("reference", chance::tries(10_000, 3_000_000));
}

/// `protocol.md`, "Secrets": redacted text stays unchanged, and JSON stays JSON.
#[test]
fn the_redactor_accepts_any_text() {
    check("redactor", chance::tries(2000, 500_000));
}

/// `protocol.md`, "Pages": a cursor is opaque, and an invalid one is refused.
#[test]
fn cursors_accept_any_text() {
    check("cursor", chance::tries(20_000, 5_000_000));
}

#[test]
fn every_target_has_seeds_and_a_program() {
    let fuzz = repository().join("tests/fuzz");
    for (name, _) in targets::TARGETS {
        assert!(!seeds(name).is_empty());
        assert!(fuzz.join("fuzz_targets").join(name).with_extension("rs").is_file(), "{name}");
    }
}
