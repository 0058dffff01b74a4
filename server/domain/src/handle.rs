//! Handles: the names of people and agents, which must not be confusable.
//!
//! Two handles are the same if they differ only in case or in the form of their characters (NFKC). Two handles are
//! alike if a reader could mistake one for the other: their skeletons (UTS 39) are equal, either in lower case or as
//! written. A new handle is never alike an existing one.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

/// The maximum length of a new handle, in characters. Longer handles from older stores stay valid.
pub const MAX_CHARS: usize = 64;

/// The names of agents of known hosts. Only the owner's own agents can have them.
pub const KNOWN_AGENTS: [&str; 9] =
    ["claude-code", "codex", "gemini", "opencode", "cursor", "vscode", "copilot", "qwen-code", "workroom"];

/// Why a text is not a valid handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The text is empty.
    #[error("a handle must not be empty")]
    Empty,
    /// The text is too long.
    #[error("a handle has at most {MAX_CHARS} characters")]
    TooLong,
    /// The text contains a character that is not allowed in handles.
    #[error("a handle consists of letters and digits, with `-`, `_` and `.` inside; U+{:04X} is not allowed", *.0 as u32)]
    Character(char),
    /// The text begins or ends with a sign.
    #[error("a handle must begin and end with a letter or a digit")]
    Edge,
    /// The text mixes scripts that are not used together.
    #[error("a handle must not mix scripts whose letters look alike")]
    Mixed,
}

/// Validates a new handle.
pub fn check(handle: &str) -> Result<(), Unfit> {
    if handle.is_empty() {
        return Err(Unfit::Empty);
    }
    if handle.chars().count() > MAX_CHARS {
        return Err(Unfit::TooLong);
    }
    if let Some(other) = handle.chars().find(|c| !is_word(*c) && !is_sign(*c)) {
        return Err(Unfit::Character(other));
    }
    if handle.starts_with(is_sign) || handle.ends_with(is_sign) {
        return Err(Unfit::Edge);
    }
    if !handle.is_ascii() && !handle.check_restriction_level(RestrictionLevel::HighlyRestrictive) {
        return Err(Unfit::Mixed);
    }
    Ok(())
}

// Leaves room for a number after the name.
const MAX_NAME_CHARS: usize = 56;

/// The valid handle that is closest to a name, so that an agent with an unusual name can still connect.
pub fn of_name(name: &str) -> String {
    let one = |c: char| match c {
        c if is_word(c) || is_sign(c) => Some(c),
        c if is_unseen(c) => None,
        _ => Some('-'),
    };
    let whole: String = name.nfkc().filter_map(one).take(MAX_NAME_CHARS).collect();
    let handle = whole.trim_matches(is_sign);
    if check(handle).is_ok() {
        return handle.to_owned();
    }
    // Replaces letters that look like others by those others.
    let plain: String = skeleton(handle).filter(|c| c.is_ascii() && (is_word(*c) || is_sign(*c))).collect();
    let plain = plain.trim_matches(is_sign);
    if check(plain).is_ok() { plain.to_owned() } else { "agent".to_owned() }
}

/// Whether two handles are the same: they differ only in case or in the form of their characters.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(one.is_ascii() && other.is_ascii()) && fold(one) == fold(other))
}

/// Whether a reader could mistake one handle for the other.
pub fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (Keys::of(one), Keys::of(other));
    one.both().iter().any(|key| other.both().contains(key))
}

/// The keys for looking up handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The skeleton of the handle in lower case.
    pub key: String,
    /// The skeleton of the handle as written: a capital `I` looks like an `l`.
    pub shape: String,
}

impl Keys {
    /// The keys of a handle.
    pub fn of(handle: &str) -> Self {
        let form: String = handle.nfkc().collect();
        Self { key: shown(&fold(&form)), shape: shown(&form) }
    }

    /// Both keys. Two handles are alike if they have one of them in common.
    pub fn both(&self) -> [&str; 2] {
        [&self.key, &self.shape]
    }
}

/// The skeleton of a text in lower case.
fn shown(text: &str) -> String {
    let once: String = skeleton(text).collect();
    // Some prototypes are capitals: a zero looks like an O, whose lower case has its own prototype.
    skeleton(&fold(&once)).collect()
}

/// Removes case differences. Conversion goes through upper case, so that `ß` becomes `ss` and `ς` becomes `σ`.
fn fold(text: &str) -> String {
    let form: Cow<'_, str> = match text.is_ascii() {
        true => return text.to_ascii_lowercase(),
        false => text.nfkc().collect::<String>().into(),
    };
    form.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

fn is_word(c: char) -> bool {
    // Some characters that Unicode classifies as letters are invisible, such as U+3164; none of these is allowed in
    // identifiers.
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric() && c.identifier_allowed())
}

fn is_sign(c: char) -> bool {
    matches!(c, '-' | '_' | '.')
}

/// Whether a character is invisible.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_handle_is_letters_and_digits_with_signs_inside() {
        for good in ["ada", "Ada-2", "x.y_z-1", "агент", "代理", "ünal", "7", "さくら"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "-",
            "..",
            "ada.",
            "_ada",
            "a b",
            "a/b",
            "ada:",
            "\"ada\"",
            "a@b",
            "ada\u{3164}",
            "ro\u{200b}bot",
            "a\u{ad}b",
            "\u{202e}x",
            "\u{1f600}",
            "ａｄａ",
            "bоb",
            "ada\u{2800}",
            "a\u{301}\u{e0041}",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check(&"x".repeat(65)), Err(Unfit::TooLong));
    }

    #[test]
    fn confusable_handles_are_detected() {
        for (one, other) in [
            ("bob", "BOB"),
            ("bob", "bоb"),
            ("BOB", "ВОВ"),
            ("codex-1", "codex-l"),
            ("claude", "cIaude"),
            ("modern", "modem"),
            ("ünal", "ÜNAL"),
            ("straße", "STRASSE"),
            ("ada", "ａｄａ"),
            ("σας", "ΣΑΣ"),
            ("worker-0", "worker-O"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in
            [("ada", "ado"), ("codex-1", "codex-2"), ("m0", "m1"), ("bob", "rob"), ("a-b", "a.b")]
        {
            assert!(!alike(one, other), "{one} {other}");
        }
        assert!(same("Ünal", "ÜNAL") && same("Bob", "bOB") && !same("bob", "bоb"));
    }

    #[test]
    fn every_name_gets_a_handle() {
        for (name, handle) in [
            ("codex", "codex"),
            ("a/b:1", "a-b-1"),
            ("ro\u{200b}bot", "robot"),
            ("My Agent (beta)", "My-Agent--beta"),
            ("../..", "agent"),
            ("", "agent"),
            ("\u{1f600}", "agent"),
            ("агент", "агент"),
            ("cоdex", "codex"),
            ("ｃｏｄｅｘ", "codex"),
            ("ada\u{3164}", "ada"),
        ] {
            assert_eq!(of_name(name), handle, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn the_handle_of_any_name_is_valid(name in any::<String>()) {
            prop_assert_eq!(check(&of_name(&name)), Ok(()));
        }

        #[test]
        fn handles_that_are_the_same_are_also_alike(name in "[a-zA-Z0-9éÉüÜßςΣσа-яА-Я.-]{1,12}") {
            for other in [name.to_uppercase(), name.to_lowercase(), name.nfkc().collect()] {
                prop_assert!(alike(&name, &other), "{} {}", name, other);
            }
        }
    }
}
