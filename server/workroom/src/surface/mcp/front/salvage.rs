//! Finds the id of a request that cannot be parsed.

use workroom_rpc::repair::{after_space, number_end, string_end};

/// Returns the id in the text of an object that is not valid JSON, if exactly one candidate can be the id of a request.
///
/// The sender waits for a response with that id. Strings are skipped, whatever they contain. If the text ends inside
/// the id, the id is unknown.
pub(super) fn id(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'{') {
        return None;
    }
    let mut found = None;
    let (mut at, mut depth, mut begins) = (0, 0_usize, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at);
                let colon = after_space(bytes, end);
                let is_key = depth == 1 && begins && bytes.get(colon) == Some(&b':');
                if is_key && text.get(at..end) == Some("\"id\"") {
                    let value = value(text, after_space(bytes, colon + 1));
                    if found.is_some() {
                        return None;
                    }
                    found = Some(value);
                }
                begins = false;
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
        // The name of a member is at the beginning, or after a comma.
        if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            begins = matches!(byte, b'{' | b',');
        }
        at += 1;
    }
    found?
}

/// Returns the complete string or number at a position.
fn value(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let end = match bytes.get(at)? {
        b'"' => string_end(bytes, at),
        _ => number_end(bytes, at),
    };
    let value = text.get(at..end)?;
    let is_whole = matches!(bytes.get(after_space(bytes, end)), Some(b',' | b'}'));
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok();
    (is_whole && is_json).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_found_in_what_is_no_json() {
        for (text, expected) in [
            (r#"{"id":7,"method":"a" "b"}"#, Some("7")),
            (
                r#"{"params":{"id":1,"x":["{\"id\":2}"]},"method":NaN,"id" : "k\u0041" }"#,
                Some(r#""k\u0041""#),
            ),
            ("{\"params\":{\"a\":\"\tid\"},\"id\":7}", Some("7")),
            (r#"{"id":7,"params":{"a":"b}"#, Some("7")),
            (r#"{"id":12"#, None),
            (r#"{"id":"ab"#, None),
            (r#"{"id":1,"id":2,"#, None),
            (r#"{"id":{"id":3},"x"}"#, None),
            (r#"{"id":null,x}"#, None),
            (r#"{"id":01,"x":1}"#, None),
            (r#"{"a":"id":7}"#, None),
            (r#"["id":7]"#, None),
            (r#"{"a":1} {"id":7}"#, None),
            ("", None),
        ] {
            assert_eq!(id(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_may_come(text in any::<String>(), json in "[\\[\\]{}\":,id\\\\7 ]{0,40}") {
            id(&text);
            id(&json);
            let valid = format!("{{\"id\":7,\"x\":{}}}", serde_json::to_string(&text).unwrap());
            prop_assert_eq!(id(&valid), Some("7"));
        }
    }
}
