//! The invariants of `docs/architecture.md` that the sources and manifests show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::repository;

/// The crates of `server/` and their allowed dependencies. A crate that is not listed here fails the test.
const EDGES: &[(&str, &[&str])] = &[
    ("clock", &["protocol"]),
    ("redact", &[]),
    ("domain", &["protocol"]),
    ("rpc", &["protocol"]),
    ("store", &["protocol", "clock", "domain", "redact", "watched-fd"]),
    ("processes", &["protocol"]),
    ("api", &["protocol", "clock", "rpc", "store", "domain", "processes", "redact"]),
    ("capture", &["protocol", "clock", "domain", "processes", "redact", "rpc", "watched-fd"]),
    ("watched-fd", &[]),
    (
        "workroom",
        &[
            "protocol",
            "api",
            "capture",
            "clock",
            "domain",
            "processes",
            "redact",
            "rpc",
            "store",
            "watched-fd",
        ],
    ),
];

/// Words that only some crates may use, with the reason.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["store"], "the store is the only SQL"),
    ("jsonrpsee", &["rpc"], "others get error objects from rpc"),
    ("rmcp", &["workroom"], "only the MCP surface knows MCP"),
    ("stdin()", &["workroom"], "only surfaces and the command line read the process's input"),
    ("stdout()", &["workroom"], "only surfaces and the command line write the process's output"),
    ("TcpListener", &["workroom"], "only surfaces listen"),
    ("UnixListener", &["workroom", "capture"], "only surfaces and companions listen"),
    ("unsafe {", &["watched-fd"], "unsafe code is confined to one small crate"),
    ("Utc::now", &[], "the time comes from the injected clock"),
    ("SystemTime::now", &["clock"], "the time comes from the injected clock"),
    ("now_v7", &[], "the time in an id comes from the injected clock"),
];

struct Source {
    part: String,
    file: PathBuf,
    text: String,
}

fn rust_files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn crates() -> Vec<String> {
    let names = fs::read_dir(repository().join("server")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for part in crates() {
        for file in rust_files(&repository().join("server").join(&part).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            found.push(Source { part: part.clone(), file, text });
        }
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

/// The names in `[dependencies]` of a manifest, and in those of single systems.
fn dependencies(manifest: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(manifest).unwrap();
    let sections = manifest.split("\n[").filter_map(|section| section.split_once("]\n"));
    let sections = sections.filter(|(title, _)| {
        *title == "dependencies" || (title.starts_with("target.") && title.ends_with(".dependencies"))
    });
    let names =
        sections.flat_map(|(_, lines)| lines.lines()).filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn crates_depend_only_on_allowed_crates() {
    let mut wrong = Vec::new();
    for part in crates() {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == part) else {
            wrong.push(format!("server/{part} is new: list in tests/architecture.rs what it may depend on"));
            continue;
        };
        for name in dependencies(&repository().join("server").join(&part).join("Cargo.toml")) {
            if let Some(other) = name.strip_prefix("workroom-")
                && !allowed.contains(&other)
            {
                wrong.push(format!("server/{part} depends on {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a source names `crate::cli`, alone or in a group.
fn names_the_command_line(text: &str) -> bool {
    let groups = text.split("crate::{").skip(1).filter_map(|rest| rest.split('}').next());
    let mut words = groups.flat_map(|group| group.split(|c: char| !c.is_alphanumeric() && c != '_'));
    text.contains("crate::cli") || words.any(|word| word == "cli")
}

#[test]
fn surfaces_do_not_name_the_command_line() {
    assert!(names_the_command_line("use crate::{\n    cli::x,\n    surface,\n};"));
    let named: Vec<_> = sources()
        .into_iter()
        .filter(|source| {
            source.part == "workroom" && source.file.components().any(|c| c.as_os_str() == "surface")
        })
        .filter(|source| names_the_command_line(&source.text))
        .map(|source| source.file)
        .collect();
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn words_are_used_only_in_their_crates() {
    let mut wrong = Vec::new();
    for Source { part, file, text } in sources() {
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
    assert_eq!(
        dependencies(&repository().join("protocol/Cargo.toml")),
        ["chrono", "schemars", "serde", "serde_json", "serde_path_to_error", "thiserror", "uuid"]
    );
}

/// The maximum number of lines in a file. A longer file covers more than one thing.
const LINES: usize = 450;

#[test]
fn no_file_exceeds_the_line_limit() {
    let mut files: BTreeSet<PathBuf> = sources().into_iter().map(|source| source.file).collect();
    for folder in ["protocol", "server", "tests"] {
        files.extend(rust_files(&repository().join(folder)));
    }
    let long: BTreeMap<_, _> = files
        .into_iter()
        .filter(|file| !file.components().any(|c| c.as_os_str() == "target"))
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > LINES)
        .collect();
    assert!(long.is_empty(), "more than {LINES} lines: {long:#?}");
}
