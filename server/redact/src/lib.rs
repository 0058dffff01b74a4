//! Secrets never rest: texts lose their secrets before they are stored, sent on or logged.
//!
//! Every secret becomes `[redacted:<kind>]`, whatever told it: its value (`known`), a vendor's format (`vendors`),
//! its surroundings (`structure`, `commands`), its name (`assignment`), its shape (`generic`) or a sentence (`prose`).
//! One search for keywords decides which rules are tried at all, and each looks at a bounded piece of text, so the work
//! is linear in the length of the text. Why it is made this way: `docs/decisions/0010-redaction.md`.

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

/// The words that the table's formats have in common with nothing else; for measurements.
#[doc(hidden)]
pub fn keywords() -> Vec<&'static str> {
    vendors::rows().flat_map(|row| row.keywords.split(' ')).collect()
}

/// The redactor of this process: what one part of it gets to know as a secret, no part of it tells.
pub fn process() -> &'static Redactor {
    static PROCESS: OnceLock<Redactor> = OnceLock::new();
    PROCESS.get_or_init(Redactor::of_environment)
}

/// Every kind of the table with an example, made when it is asked for; for tests.
#[doc(hidden)]
pub fn examples() -> Vec<(&'static str, String)> {
    vendors::rows().map(|row| (row.kind, sample::expand(row.example))).collect()
}

/// Takes secrets out of texts. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Arc<Known>>>,
}

// A replacement may bring together what was apart: texts are looked at again until nothing changes, but no longer.
const MOST_PASSES: usize = 6;

impl Redactor {
    /// A redactor that also knows these values, as they are and in base64, hex and percent encoding.
    ///
    /// Values shorter than eight bytes and placeholders are not taken.
    pub fn new(known: impl IntoIterator<Item = KnownSecret>) -> Self {
        Self { known: Arc::new(RwLock::new(Arc::new(Known::new(known)))) }
    }

    /// A redactor that knows the values of the process's environment variables with secret-looking names.
    pub fn of_environment() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::new(Self::known_from_environment(std::env::vars_os().filter_map(text)))
    }

    /// The secrets among environment variables, by their names.
    pub fn known_from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Vec<KnownSecret> {
        known::of_variables(variables)
    }

    /// Adds a secret that the process has come to know: a token that was presented, or was just made.
    pub fn learn(&self, value: &str, kind: &'static str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = known.with(KnownSecret { value: value.to_owned(), kind }) {
            *known = Arc::new(more);
        }
    }

    /// `text` with every secret replaced; borrowed when it has none.
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

    /// `json` with every secret in its strings replaced, also those that only the name of a member gives away.
    ///
    /// What is valid JSON stays valid; what is not is taken for a text. Order, repeated members, numbers and spaces
    /// stay byte for byte. Borrowed when there is no secret.
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

    /// How many markers of each kind stand in `text`.
    pub fn count(text: &str) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (start, end) in spans::markers(text.as_bytes()) {
            *counts.entry(text[start + spans::MARKER.len()..end - 1].to_owned()).or_default() += 1;
        }
        counts
    }

    /// Whether any rule would look closer at JSON like this.
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
