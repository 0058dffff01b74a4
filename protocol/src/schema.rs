//! Generates text from the tables.
//!
//! The JSON Schemas are derived first, from the types of the two tables; everything else derives from them. This module
//! does no I/O: a test compares [`files`] with the checked-in files, and rewrites them on demand.

mod definitions;
mod markdown;
mod openrpc;
mod shape;
mod types;
mod typescript;

use definitions::Definitions;

/// The notice in every generated file.
const ORIGIN: &str = "Generated from protocol/src. Do not edit: change the types there, then run \
    `UPDATE=1 cargo test -p workroom-protocol --test generated_files`.";

/// One JSON Schema (draft 2020-12) per named type: the name of the type, and the text, which ends with a newline.
///
/// Each schema is self-contained: the types it refers to are in its own `$defs`, so a validator needs only that file.
pub fn types() -> Vec<(String, String)> {
    types::texts(&Definitions::collect())
}

/// The OpenRPC document that `rpc.discover` returns: compact, on one line, without a newline.
///
/// The checked-in `schema/openrpc.json` is the same document, indented.
pub fn openrpc() -> String {
    openrpc::document(&Definitions::collect()).to_string()
}

/// The method reference, as Markdown.
pub fn markdown() -> String {
    markdown::text(&Definitions::collect())
}

/// The TypeScript types and constants of the protocol.
pub fn typescript() -> String {
    typescript::text(&Definitions::collect())
}

/// Every generated file: its path, relative to the root of the repository, and its text.
pub fn files() -> Vec<(String, String)> {
    let definitions = Definitions::collect();
    let mut files = vec![
        ("schema/openrpc.json".to_string(), types::pretty(&openrpc::document(&definitions))),
        ("schema/methods.md".to_string(), markdown::text(&definitions)),
        ("clients/ts/src/generated.ts".to_string(), typescript::text(&definitions)),
    ];
    for (name, text) in types::texts(&definitions) {
        files.push((format!("schema/types/{name}.json"), text));
    }
    files
}
