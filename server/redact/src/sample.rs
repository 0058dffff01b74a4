//! Generates secrets for tests while they run, so that the repository itself contains nothing that looks like a secret.

/// `template` with every `{a36}` replaced by 36 characters that a fixed rule generates.
///
/// `a` letters and digits, `l` lower case and digits, `u` upper case and digits, `c` letters, `h` hex, `d` digits,
/// `w` base64url, `b` base64; `{uuid}` a UUID. Each template and each place gives other characters.
pub(super) fn expand(template: &str) -> String {
    let mut state = template.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let hole = from.split_once('}').and_then(|(inside, after)| Some((fill(inside, &mut state)?, after)));
        rest = match hole {
            Some((text, after)) => {
                out.push_str(&text);
                after
            }
            None => {
                out.push('{');
                from
            }
        };
    }
    out + rest
}

fn fill(hole: &str, state: &mut u64) -> Option<String> {
    if hole == "uuid" {
        return Some(expand_uuid(state));
    }
    let alphabet: &[u8] = match hole.get(..1)? {
        "a" => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "l" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "u" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "c" => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "h" => b"0123456789abcdef",
        "d" => b"123456789",
        "w" => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
        "b" => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/",
        _ => return None,
    };
    let length: usize = hole.get(1..)?.parse().ok()?;
    let mut text: Vec<u8> = (0..length).map(|_| alphabet[draw(state) % alphabet.len()]).collect();
    // The first and last characters are letters or digits, so that no sign looks like punctuation around the secret.
    let last = length.saturating_sub(1);
    for at in [0, last] {
        if let Some(byte) = text.get_mut(at).filter(|byte| !byte.is_ascii_alphanumeric()) {
            *byte = b'7';
        }
    }
    String::from_utf8(text).ok()
}

fn expand_uuid(state: &mut u64) -> String {
    [8, 4, 4, 4, 12].map(|n| fill(&format!("h{n}"), state).unwrap_or_default()).join("-")
}

fn draw(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}
