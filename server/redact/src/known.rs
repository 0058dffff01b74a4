//! Secrets whose values the process knows. They are found as they are and in common encodings.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::harmless::is_placeholder;
use super::keys::{Family, classify};

/// A secret and the kind that its marker shows.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownSecret {
    pub value: String,
    pub kind: &'static str,
}

impl std::fmt::Debug for KnownSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownSecret").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Shorter values occur by chance in unrelated texts.
pub(super) const SHORTEST: usize = 8;

/// The known secrets and the search for them, which is built at its first use.
#[derive(Default)]
pub(super) struct Known {
    secrets: Vec<KnownSecret>,
    search: OnceLock<Option<Search>>,
}

struct Search {
    automaton: AhoCorasick,
    /// For each pattern, its kind and whether it is base64.
    patterns: Vec<(&'static str, bool)>,
}

impl Known {
    pub fn new(secrets: impl IntoIterator<Item = KnownSecret>) -> Self {
        let mut known = Self::default();
        for secret in secrets {
            let taken = known.secrets.iter().any(|other| other.value == secret.value);
            if !taken && is_worth(&secret.value) {
                known.secrets.push(secret);
            }
        }
        known
    }

    /// A copy with this secret added, or `None` if it is already known or cannot be a secret.
    pub fn with(&self, secret: KnownSecret) -> Option<Self> {
        let taken = self.secrets.iter().any(|other| other.value == secret.value);
        let all = || self.secrets.iter().cloned().chain([secret.clone()]);
        (!taken && is_worth(&secret.value))
            .then(|| Self { secrets: all().collect(), search: OnceLock::new() })
    }

    pub fn any(&self, text: &[u8]) -> bool {
        self.search().is_some_and(|search| search.automaton.is_match(text))
    }

    /// Calls `found` with the range and kind of each known secret in `text`.
    pub fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize, &'static str)) {
        let Some(search) = self.search() else { return };
        let mut done = 0;
        for hit in search.automaton.find_overlapping_iter(text) {
            let (kind, encoded) = search.patterns[hit.pattern().as_usize()];
            let (mut start, mut end) = (hit.start(), hit.end());
            if encoded {
                // The characters at both ends encode bits of the secret too, and the rest of the base64 belongs to the
                // same secret.
                let letter = |b: &u8| b.is_ascii_alphanumeric() || b"+/-_=".contains(b);
                start -= text[done.min(start)..start].iter().rev().take_while(|b| letter(b)).count();
                end += text[end..].iter().take(4096).take_while(|b| letter(b)).count();
            }
            if end > done {
                found(start, end, kind);
                done = end;
            }
        }
    }

    fn search(&self) -> Option<&Search> {
        if self.secrets.is_empty() {
            return None;
        }
        self.search.get_or_init(|| build(&self.secrets)).as_ref()
    }
}

fn is_worth(value: &str) -> bool {
    value.len() >= SHORTEST && !is_placeholder(value.as_bytes())
}

fn build(secrets: &[KnownSecret]) -> Option<Search> {
    let mut words = Vec::new();
    let mut patterns = Vec::new();
    for secret in secrets {
        let value = secret.value.as_bytes();
        let mut plain = BTreeSet::from([
            secret.value.clone(),
            percent(value),
            // Partly encoded: the view decodes everything except spaces.
            secret.value.replace(' ', "%20"),
            hex(value),
            hex(value).to_ascii_uppercase(),
        ]);
        plain
            .extend(serde_json::to_string(&secret.value).ok().map(|json| json[1..json.len() - 1].to_owned()));
        for word in plain {
            words.push(word);
            patterns.push((secret.kind, false));
        }
        for word in base64_forms(value) {
            words.push(word);
            patterns.push((secret.kind, true));
        }
    }
    Some(Search { automaton: AhoCorasick::new(words).ok()?, patterns })
}

/// The parts that occur in any base64 text that encodes `value` with other bytes before and after it.
fn base64_forms(value: &[u8]) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for (before, skip) in [(0, 0), (1, 2), (2, 3)] {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(value.iter().copied()).collect();
        let whole = bytes.len() * 8 / 6;
        let text = STANDARD_NO_PAD.encode(&bytes);
        if let Some(form) = text.get(skip..whole) {
            forms.insert(form.replace('+', "-").replace('/', "_"));
            forms.insert(form.to_owned());
        }
    }
    forms
}

fn percent(value: &[u8]) -> String {
    let mut out = String::new();
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    out
}

fn hex(value: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The values of the variables whose names indicate a secret.
pub(super) fn of_variables(variables: impl IntoIterator<Item = (String, String)>) -> Vec<KnownSecret> {
    let secret = |(name, value): (String, String)| {
        let class = classify(name.as_bytes())?;
        let sure = matches!(class.family, Family::Password | Family::Token)
            || class.family == Family::Weak && value.len() >= 16 && matches!(class.kind, "api_key" | "token");
        let plain = value.parse::<f64>().is_ok()
            || ["true", "false", "yes", "no", "on", "off"].contains(&value.to_ascii_lowercase().as_str())
            || value.starts_with(['/', '~', '.']) && value.contains('/')
            || value.contains(":\\")
            || value.contains("://") && !value.contains('@')
            || value.contains(char::is_whitespace) && value.len() > 64;
        (sure && !plain).then_some(KnownSecret { value, kind: "environment" })
    };
    variables.into_iter().filter_map(secret).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;
    use crate::Redactor;

    const VALUE: &str = "wh?le/s0ng+of=the~deep";

    fn redactor() -> Redactor {
        Redactor::new([KnownSecret { value: VALUE.into(), kind: "known_secret" }])
    }

    #[test]
    fn known_values_are_found_in_every_encoding() {
        let check = |text: String| {
            let out = redactor().text(&text).into_owned();
            assert!(out.contains("[redacted:known_secret]"), "{text} → {out}");
        };
        check(format!("it was {VALUE}, twice {VALUE}"));
        check(percent(VALUE.as_bytes()));
        check(hex(VALUE.as_bytes()));
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "z", "yz"] {
                let text = format!("{before}{VALUE}{after}");
                check(STANDARD.encode(&text));
                check(URL_SAFE.encode(&text));
            }
        }
        check(serde_json::to_string(&format!("\"{VALUE}\"")).unwrap());
    }

    #[test]
    fn short_values_and_placeholders_are_ignored() {
        let short = |value: &str| KnownSecret { value: value.into(), kind: "known_secret" };
        let redactor = Redactor::new([short("short"), short("changeme"), short("${TOKEN}")]);
        assert_eq!(redactor.text("a short changeme of ${TOKEN}"), "a short changeme of ${TOKEN}");
    }

    #[test]
    fn secret_variables_are_identified_by_their_names() {
        let check = |name: &str, value: &str, expected: bool| {
            let known = Known::new(of_variables([(name.into(), value.into())]));
            assert_eq!(!known.secrets.is_empty(), expected, "{name}={value}");
        };
        check("ACME_TOKEN", "not-random-at-all", true);
        check("DB_PASSWORD", "hunter22", true);
        check("SSH_KEY_PATH", "/home/me/.ssh/id", false);
        check("API_KEY", "/run/secrets/api", false);
        check("TOKEN_LIMIT", "1000000000", false);
        check("SECRET", "true", false);
        check("API_TOKEN", "https://vault.example.com/token", false);
        check("PATH", "/usr/bin:/bin", false);
        check("DB_PASSWORD", "short", false);
    }

    #[test]
    fn a_secret_can_be_added_later() {
        let redactor = Redactor::new([]);
        assert_eq!(redactor.text("song of the deep"), "song of the deep");
        redactor.learn("song of the deep", "known_secret");
        assert_eq!(redactor.text("a song of the deep!"), "a [redacted:known_secret]!");
    }
}
