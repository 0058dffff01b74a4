//! The checked-in generated files match the tables.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use workroom_protocol::schema;

const REWRITE: &str = "UPDATE=1 cargo test -p workroom-protocol --test generated_files";

// This folder contains only generated files, so the test finds files that are no longer generated.
const TYPES: &str = "schema/types";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_path_buf()
}

/// The files in the folder of types, relative to the root of the repository.
fn checked_in_types() -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(TYPES)) else { return Vec::new() };
    entries
        .map(|entry| format!("{TYPES}/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .collect()
}

fn write(files: &[(String, String)], stale: &[String]) {
    for path in stale {
        fs::remove_file(root().join(path)).expect(path);
    }
    for (path, text) in files {
        let path = root().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
}

#[test]
fn the_generated_files_are_up_to_date() {
    let files = schema::files();
    let paths: BTreeSet<&String> = files.iter().map(|(path, _)| path).collect();
    assert_eq!(paths.len(), files.len(), "two generated files have one path");
    let stale: Vec<String> = checked_in_types().into_iter().filter(|path| !paths.contains(path)).collect();
    if std::env::var_os("UPDATE").is_some() {
        return write(&files, &stale);
    }
    assert!(stale.is_empty(), "{stale:?} are no longer generated; remove them with `{REWRITE}`");
    for (path, text) in &files {
        // A checkout may have converted line ends to those of the platform.
        let found = fs::read_to_string(root().join(path)).unwrap_or_default().replace("\r\n", "\n");
        assert!(found == *text, "{path} is out of date; rewrite it with `{REWRITE}`");
    }
}
