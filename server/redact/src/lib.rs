//! Removes secrets from texts before they are stored, sent on or logged.
//!
//! Every secret becomes `[redacted:<kind>]`. It is identified by its value (`known`), a vendor's format (`vendors`),
//! its surroundings (`structure`, `commands`), its name (`assignment`), its shape (`generic`) or a sentence (`prose`).
//! One search for keywords decides which rules are tried. Each rule examines a bounded piece of text, or reads a list or
//! a table once and to its end, so the work is linear in the length of the text. The design is explained in `docs/decisions/0010-redaction.md`.

mod arguments;
mod assignment;
mod command_line;
mod commands;
mod der;
mod entropy;
mod find;
mod foreign;
mod generic;
mod given;
mod harmless;
mod headers;
mod json;
mod keys;
mod keywords;
mod known;
mod labels;
mod lists;
mod names;
mod outputs;
mod piped;
mod programs;
mod prose;
mod rows;
mod sample;
mod spans;
mod structure;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod vendors;
mod view;
mod wallets;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use known::KnownSecret;

use keywords::KEYWORDS;
use known::Known;

/// The keywords of the formats in the table, for measurements.
#[doc(hidden)]
pub fn keywords() -> Vec<&'static str> {
    vendors::rows().flat_map(|row| row.keywords.split(' ')).collect()
}

/// The redactor of this process. A secret that one part of the process learns is redacted in every part.
pub fn process() -> &'static Redactor {
    static PROCESS: OnceLock<Redactor> = OnceLock::new();
    PROCESS.get_or_init(Redactor::of_environment)
}

/// Every kind in the table with an example, which is generated at each call. For tests.
#[doc(hidden)]
pub fn examples() -> Vec<(&'static str, String)> {
    vendors::rows().map(|row| (row.kind, sample::expand(row.example))).collect()
}

/// Removes secrets from texts. Clones share the secrets they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Arc<Known>>>,
}

// A replacement may bring together text that was separate, so a text is searched again until nothing changes, but only
// this many times.
const MOST_PASSES: usize = 6;

impl Redactor {
    /// A redactor that also knows these values: as they are, and in base64, hex and percent encoding.
    ///
    /// Ignores values shorter than eight bytes and placeholders.
    pub fn new(known: impl IntoIterator<Item = KnownSecret>) -> Self {
        Self { known: Arc::new(RwLock::new(Arc::new(Known::new(known)))) }
    }

    /// A redactor that knows the values of the process's environment variables whose names indicate a secret.
    pub fn of_environment() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::new(Self::known_from_environment(std::env::vars_os().filter_map(text)))
    }

    /// The secrets among environment variables, identified by their names.
    pub fn known_from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Vec<KnownSecret> {
        known::of_variables(variables)
    }

    /// Adds a secret that the process has learned, such as a token that it received or created.
    pub fn learn(&self, value: &str, kind: &'static str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = known.with(KnownSecret { value: value.to_owned(), kind }) {
            *known = Arc::new(more);
        }
    }

    /// `text` with every secret replaced. Borrowed if there is no secret.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known();
        let Some(mut out) = find::redacted(text, &known) else { return Cow::Borrowed(text) };
        for _ in 1..MOST_PASSES {
            match find::redacted(&out, &known) {
                Some(again) => out = again,
                None => break,
            }
        }
        Cow::Owned(out)
    }

    /// `json` with every secret in its strings replaced, including secrets that only the name of a member identifies.
    ///
    /// Valid JSON stays valid, and anything else is redacted as text. Order, repeated members, numbers and spaces stay
    /// the same byte for byte. Borrowed if there is no secret.
    pub fn json<'t>(&self, json: &'t str) -> Cow<'t, str> {
        if json::is_plain(json) || !self.is_suspicious(json.as_bytes()) {
            return Cow::Borrowed(json);
        }
        let is_json = json.trim_start().starts_with([
            '{', '[', '"', 't', 'f', 'n', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
        ]) && serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
        if !is_json {
            return self.text(json);
        }
        let Some(mut out) = json::redact(self, json) else { return Cow::Borrowed(json) };
        for _ in 1..MOST_PASSES {
            match json::redact(self, &out) {
                Some(again) => out = again,
                None => break,
            }
        }
        Cow::Owned(out)
    }

    /// The number of markers of each kind in `text`.
    pub fn count(text: &str) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (start, end) in spans::markers(text.as_bytes()) {
            *counts.entry(text[start + spans::MARKER.len()..end - 1].to_owned()).or_default() += 1;
        }
        counts
    }

    /// Whether any rule would examine JSON like this further.
    fn is_suspicious(&self, json: &[u8]) -> bool {
        let mut shaped = false;
        KEYWORDS.any(json) || self.known().any(json) || view::is_decorated(json) || {
            generic::tokens(json, |_, _| shaped = true);
            shaped
        }
    }

    fn known(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
