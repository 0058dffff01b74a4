//! The secrets of tokens: `wrk_<kind>_<43 base62>_<6 base62>`. The last part is the CRC-32 of everything before it,
//! which distinguishes a mistyped or truncated secret from an unknown one.

use workroom_protocol::actor::ActorKind;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
// 62^43 is just above 2^256.
const RANDOM_DIGITS: usize = 43;
const CHECK_DIGITS: usize = 6;

/// A token's secret. `Debug` never prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Creates the secret for a kind of bearer from random bytes. Bytes that would favour some digits are skipped;
    /// `None` if too few bytes are left.
    pub fn new(kind: ActorKind, random: impl IntoIterator<Item = u8>) -> Option<Self> {
        // 248 is the largest multiple of 62 that fits a byte.
        let fair = random.into_iter().filter(|byte| *byte < 248);
        let digits: String =
            fair.take(RANDOM_DIGITS).map(|byte| char::from(DIGITS[usize::from(byte) % 62])).collect();
        (digits.len() == RANDOM_DIGITS).then(|| Self(with_check(&format!("wrk_{}_{digits}", kind.name()))))
    }

    /// A secret that a client presents. The store decides whether it is known.
    pub fn presented(text: impl Into<String>) -> Self {
        let text: String = text.into();
        // Files end with a line end, and some editors write a byte order mark at the beginning.
        let token = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\n', '\r']);
        Self(token.to_owned())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text has the format of a token's secret and its checksum matches.
    pub fn is_well_formed(&self) -> bool {
        let Some((body, _)) = self.0.rsplit_once('_') else { return false };
        let Some((start, digits)) = body.rsplit_once('_') else { return false };
        let kinds = [ActorKind::Human, ActorKind::Agent, ActorKind::Bridge];
        kinds.iter().any(|kind| start == format!("wrk_{}", kind.name()))
            && digits.len() == RANDOM_DIGITS
            && digits.bytes().all(|byte| DIGITS.contains(&byte))
            && with_check(body) == self.0
    }
}

fn with_check(body: &str) -> String {
    let mut check = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(check % 62) as usize];
        check /= 62;
    }
    let digits: String = digits.into_iter().map(char::from).collect();
    format!("{body}_{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new(ActorKind::Agent, (0..64).map(|n| n * 3)).expect("enough bytes")
    }

    #[test]
    fn a_secret_has_a_checksum() {
        let secret = secret();
        assert!(secret.is_well_formed(), "{}", secret.expose());
        assert_eq!(secret.expose().len(), "wrk_agent_".len() + RANDOM_DIGITS + 1 + CHECK_DIGITS);
        for at in 0..secret.expose().len() {
            let mut mistyped = secret.expose().to_owned().into_bytes();
            mistyped[at] = if mistyped[at] == b'x' { b'y' } else { b'x' };
            let mistyped = Secret::presented(String::from_utf8(mistyped).expect("ASCII"));
            assert!(!mistyped.is_well_formed(), "{}", mistyped.expose());
        }
        for other in ["", "wrk", "wrk_agent", "wrk_agent_0_0", "wrk_system_0_0"] {
            assert!(!Secret::presented(other).is_well_formed(), "{other}");
        }
    }

    #[test]
    fn too_few_random_bytes_make_no_secret() {
        assert_eq!(Secret::new(ActorKind::Human, [255; 100]), None);
        assert_eq!(Secret::new(ActorKind::Human, [0; 42]), None);
    }

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        assert_eq!(format!("{:?}", secret()), "Secret(..)");
    }
}
