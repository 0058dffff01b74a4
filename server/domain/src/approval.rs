//! Identifies the action of an approval, and counts which parts of it are hidden.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use workroom_protocol::approval::{ApprovalRisk, HiddenParts};
use workroom_protocol::exact::{ExactJson, Node, write_text};

/// An action, either as the requester sent it or as people see it.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    /// The thread of the request.
    pub thread_id: &'a str,
    /// The tool.
    pub tool_name: &'a str,
    /// What the requester says the action is for.
    pub summary: &'a str,
    /// The arguments of the tool call.
    pub arguments: Option<&'a ExactJson>,
    /// The risk, by its name on the wire.
    pub risk: Option<&'a str>,
}

impl Action<'_> {
    /// A JSON object without white space, with the members of every object sorted by the UTF-8 bytes of their names.
    /// Two actions have the same text only if they are equal; numbers are compared as written.
    fn canonical(&self) -> String {
        let mut text = String::from("{\"arguments\":");
        match self.arguments {
            Some(arguments) => text.push_str(&arguments.canonical()),
            None => text.push_str("null"),
        }
        let members = [
            ("risk", self.risk),
            ("summary", Some(self.summary)),
            ("thread_id", Some(self.thread_id)),
            ("tool_name", Some(self.tool_name)),
        ];
        for (name, value) in members {
            text.push_str(&format!(",\"{name}\":"));
            match value {
                Some(value) => write_text(value, &mut text),
                None => text.push_str("null"),
            }
        }
        text.push('}');
        text
    }

    /// The SHA-256 of the action. Anyone who can guess the rest of an action could check a guess of a secret in it
    /// against the hash, so the hash of an action with secrets never leaves this process.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.canonical()).into()
    }

    /// `sha256:` and the hash in hex, for an action with nothing hidden.
    pub fn shown_digest(&self) -> String {
        format!("sha256:{}", hex(&self.hash()))
    }
}

/// The key with which a store signs its digests.
#[derive(Clone)]
pub struct DigestKey([u8; 32]);

impl DigestKey {
    /// Creates a key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// `hmac-sha256:` and the HMAC of an action's hash in hex. The digest identifies the action and reveals nothing
    /// about it.
    pub fn digest(&self, hash: &[u8; 32]) -> String {
        // An HMAC accepts keys of every length, so the other arm is unreachable.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(hash);
        format!("hmac-sha256:{}", hex(&mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DigestKey(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The risk that people see: what the requester states, raised to at least `high` if any part of the action is
/// hidden.
pub fn shown_risk(requested: Option<ApprovalRisk>, hidden: Option<&HiddenParts>) -> Option<ApprovalRisk> {
    match hidden {
        Some(_) => Some(requested.unwrap_or(ApprovalRisk::High).max(ApprovalRisk::High)),
        None => requested,
    }
}

/// Counts what of `original` is hidden in `shown`. `None` if nothing is hidden.
pub fn hidden(original: &Action<'_>, shown: &Action<'_>) -> Option<HiddenParts> {
    let mut hidden = HiddenParts::default();
    add_text(&mut hidden, original.tool_name, shown.tool_name);
    add_text(&mut hidden, original.summary, shown.summary);
    if let (Some(original), Some(shown)) = (original.arguments, shown.arguments) {
        add_node(&mut hidden, &original.node(), &shown.node());
    }
    hidden.kinds.sort();
    hidden.kinds.dedup();
    (hidden.parts > 0).then_some(hidden)
}

/// Describes the hidden parts, such as `2 parts of this action are hidden: token, 12 characters`.
pub fn in_words(hidden: &HiddenParts) -> String {
    let parts = if hidden.parts == 1 {
        "1 part of this action is hidden".into()
    } else {
        format!("{} parts of this action are hidden", hidden.parts)
    };
    let characters = if hidden.characters == 1 { "character" } else { "characters" };
    format!("{parts}: {}, {} {characters}", hidden.kinds.join(", "), hidden.characters)
}

fn add_node(hidden: &mut HiddenParts, original: &Node<'_>, shown: &Node<'_>) {
    match (original, shown) {
        (Node::Text(original), Node::Text(shown)) => add_text(hidden, original, shown),
        (Node::Literal(original), Node::Text(shown)) => add_text(hidden, original, shown),
        (Node::List(original), Node::List(shown)) => {
            original.iter().zip(shown).for_each(|(original, shown)| add_node(hidden, original, shown));
        }
        (Node::Object(original), Node::Object(shown)) => {
            for ((name, value), (shown_name, shown_value)) in original.iter().zip(shown) {
                add_text(hidden, name, shown_name);
                add_node(hidden, value, shown_value);
            }
        }
        _ => {}
    }
}

const MARK: &str = "[redacted:";

/// The kinds of the redaction marks in a text.
fn marks(text: &str) -> impl Iterator<Item = &str> {
    text.split(MARK).skip(1).filter_map(|rest| rest.split_once(']').map(|(kind, _)| kind))
}

fn add_text(hidden: &mut HiddenParts, original: &str, shown: &str) {
    if original == shown {
        return;
    }
    let count = |text: &str| {
        let kinds: usize = marks(text).map(|kind| kind.chars().count() + MARK.len() + 1).sum();
        (marks(text).count(), kinds)
    };
    // Marks that the requester wrote themselves hide nothing, so they do not count.
    let ((own, own_chars), (all, all_chars)) = (count(original), count(shown));
    let kept = (shown.chars().count() + own_chars).saturating_sub(all_chars);
    hidden.parts += u32::try_from(all.saturating_sub(own).max(1)).unwrap_or(u32::MAX);
    hidden.characters += original.chars().count().saturating_sub(kept) as u64;
    hidden.kinds.extend(marks(shown).map(str::to_owned));
}

#[cfg(test)]
#[path = "approval/tests.rs"]
mod tests;
