//! The invariants of `docs/architecture.md` that can be seen in the source: who may know whom.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each part of the server may name of the others. A part that is missing here fails the test.
const EDGES: &[(&str, &[&str])] = &[
    ("surface", &["api", "checkout", "domain", "rpc", "watched_fd"]),
    ("api", &["agent_host", "checkout", "clock", "domain", "redact", "rpc", "store", "workspace"]),
    ("rpc", &[]),
    ("store", &["clock", "domain", "redact", "watched_fd"]),
    ("redact", &[]),
    ("domain", &[]),
    ("agent_host", &[]),
    ("checkout", &["domain"]),
    ("clock", &[]),
    ("workspace", &[]),
    ("watched_fd", &[]),
    ("config", &[]),
];

/// The command line starts everything and may name everything.
const FREE: &[&str] = &["cli", "lib", "main"];

/// Words that only some parts may use, and why.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["store"], "the store is the only SQL"),
    ("rmcp", &["surface"], "MCP is an affair of its surface alone"),
    ("stdin()", &["surface", "cli"], "only surfaces read the process's input"),
    ("stdout()", &["surface", "cli"], "only surfaces write the process's output"),
    ("TcpListener", &["surface"], "only surfaces listen"),
    ("UnixListener", &["surface"], "only surfaces listen"),
    ("unsafe {", &["watched_fd"], "unsafe is kept to one module per need"),
    ("Utc::now", &[], "the time comes from the clock that whoever needs it was given"),
    ("SystemTime::now", &["clock"], "the time comes from the clock that whoever needs it was given"),
    ("now_v7", &[], "the time in an id is that of the clock"),
];

fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().with_extension("");
                let part = inside.iter().next().unwrap().to_str().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                found.push((part, inside, text));
            }
        }
    }
    assert!(found.len() > 40, "the sources were not found");
    found
}

/// The parts that a line names as `crate::part`, alone or in a group.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let word =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            // `use crate::{a::x, b}`: the words that begin an entry of the outermost group.
            Some(group) => {
                let mut depth = 0;
                let mut begins = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        c if begins && c.is_alphabetic() => {
                            names.insert(word(&group[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                }
            }
            None => drop(names.insert(word(rest))),
        }
    }
    names
}

#[test]
fn parts_name_only_those_that_they_may() {
    let mut wrong = Vec::new();
    for (part, file, text) in sources() {
        if FREE.contains(&part.as_str()) {
            continue;
        }
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == part) else {
            wrong.push(format!("{part} is a new part: say in tests/architecture.rs what it may name"));
            continue;
        };
        for name in named(&text) {
            if name != part && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} names crate::{name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn words_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (part, file, text) in sources() {
        for (word, parts, why) in WORDS {
            if text.contains(word) && !parts.contains(&part.as_str()) {
                wrong.push(format!("{} has `{word}`: {why}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_protocol_does_no_input_or_output() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names: Vec<_> =
        dependencies.lines().filter_map(|line| line.split('.').next()).filter(|n| !n.is_empty()).collect();
    assert_eq!(
        names,
        ["chrono", "schemars", "serde", "serde_json", "serde_path_to_error", "thiserror", "uuid"]
    );
}

#[test]
fn names_are_found_in_every_form() {
    let names = named("use crate::{a::{x, y}, b::z};\nuse crate::c;\ncrate::d::e()");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}
