//! Handles: what people and agents are called by, so that nobody can be taken for somebody else.
//!
//! Two handles are one when they differ in upper and lower case only, or in the form of their characters (NFKC). Two
//! handles are alike when a reader could take one for the other: their skeletons (UTS 39) are the same, in lower case
//! or as they are written. New handles are never alike.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

/// The longest handle that is given, in characters. Longer ones of older stores stay.
pub const MAX_CHARS: usize = 64;

/// What the agents of known hosts are called: only the owner's own agents have these names.
pub const KNOWN_AGENTS: [&str; 9] =
    ["claude-code", "codex", "gemini", "opencode", "cursor", "vscode", "copilot", "qwen-code", "workroom"];

/// Why a text is no handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it has more than {MAX_CHARS} characters")]
    TooLong,
    /// It has a character that handles do not have.
    #[error("a handle consists of letters and digits, with `-`, `_` and `.` inside, and U+{:04X} is none of them", *.0 as u32)]
    Character(char),
    /// It begins or ends with a sign.
    #[error("a handle begins and ends with a letter or a digit")]
    Edge,
    /// It has letters of scripts that are not written together.
    #[error("a handle has letters of one script: letters of others look like them")]
    Mixed,
}

/// Whether a new handle may be given to somebody.
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

// Leaves room for a number behind it.
const MAX_NAME_CHARS: usize = 56;

/// The handle that is closest to a name, so that no odd name keeps an agent out.
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
    // Letters that pass for others become those.
    let plain: String = skeleton(handle).filter(|c| c.is_ascii() && (is_word(*c) || is_sign(*c))).collect();
    let plain = plain.trim_matches(is_sign);
    if check(plain).is_ok() { plain.to_owned() } else { "agent".to_owned() }
}

/// Whether two handles name the same: they differ in case or form only.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(one.is_ascii() && other.is_ascii()) && fold(one) == fold(other))
}

/// Whether a reader could take one handle for the other.
pub fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (Keys::of(one), Keys::of(other));
    one.both().iter().any(|key| other.both().contains(key))
}

/// What handles are looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The skeleton of the handle in lower case.
    pub key: String,
    /// The skeleton of the handle as it is written: a capital `I` looks like an `l`.
    pub shape: String,
}

impl Keys {
    /// The keys of a handle.
    pub fn of(handle: &str) -> Self {
        let form: String = handle.nfkc().collect();
        Self { key: shown(&fold(&form)), shape: shown(&form) }
    }

    /// Both: handles are alike when they have one in common.
    pub fn both(&self) -> [&str; 2] {
        [&self.key, &self.shape]
    }
}

/// A text as it looks, in lower case.
fn shown(text: &str) -> String {
    let once: String = skeleton(text).collect();
    // Some prototypes are capitals: the zero looks like an O, whose lower case has a prototype of its own.
    skeleton(&fold(&once)).collect()
}

/// A text without the difference of upper and lower case. By way of the capitals, so that `ß` is `ss` and `ς` is `σ`.
fn fold(text: &str) -> String {
    let form: Cow<'_, str> = match text.is_ascii() {
        true => return text.to_ascii_lowercase(),
        false => text.nfkc().collect::<String>().into(),
    };
    form.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

fn is_word(c: char) -> bool {
    // Some characters that are letters by name cannot be seen, such as U+3164; none of these identifies anything.
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric() && c.identifier_allowed())
}

fn is_sign(c: char) -> bool {
    matches!(c, '-' | '_' | '.')
}

/// Whether a character leaves nothing to be seen.
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
    fn handles_that_look_alike_are_found() {
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
    fn every_name_has_a_handle() {
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
        fn whatever_the_name_its_handle_can_be_given(name in any::<String>()) {
            prop_assert_eq!(check(&of_name(&name)), Ok(()));
        }

        #[test]
        fn what_is_the_same_is_alike(name in "[a-zA-Z0-9éÉüÜßςΣσа-яА-Я.-]{1,12}") {
            for other in [name.to_uppercase(), name.to_lowercase(), name.nfkc().collect()] {
                prop_assert!(alike(&name, &other), "{} {}", name, other);
            }
        }
    }
}
