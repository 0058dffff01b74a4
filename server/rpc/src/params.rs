//! Reads the text of `params` as their type.

use serde::de::DeserializeOwned;
use workroom_protocol::ErrorKind;

use super::error::{self, ErrorObject};
use super::repair;

/// Reads params. Clients that cannot omit params send `[]` or `[null]`, which count as absent.
pub fn read<P: DeserializeOwned>(text: Option<&str>) -> Result<P, ErrorObject> {
    let text = text.unwrap_or("{}");
    if text.starts_with('{') {
        return serde_json::from_str(text).or_else(|_| repaired(text));
    }
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::trim);
    if !matches!(inner, Some("" | "null")) {
        return Err(invalid("", "params must be an object with named members"));
    }
    serde_json::from_str("{}").map_err(|_| explain::<P>("{}"))
}

/// Reads params again, with whole numbers such as `10.0` converted to integers.
fn repaired<P: DeserializeOwned>(text: &str) -> Result<P, ErrorObject> {
    match repair::whole_numbers(text) {
        Some(whole) => serde_json::from_str(&whole).map_err(|_| explain::<P>(&whole)),
        None => Err(explain::<P>(text)),
    }
}

/// Creates the error for the field at `path`.
pub fn invalid(path: &str, message: &str) -> ErrorObject {
    error::object(
        ErrorKind::InvalidParams,
        format_args!("invalid params: {message}"),
        [("path", path.into())],
    )
}

/// Reads the params again with a slower parser that reports which field is invalid.
fn explain<P: DeserializeOwned>(text: &str) -> ErrorObject {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let Err(failure) = serde_path_to_error::deserialize::<_, P>(&mut deserializer) else {
        return invalid("", "the object cannot be read");
    };
    let path = failure.path().to_string();
    let path = if path == "." { String::new() } else { path };
    let message = failure.inner().to_string();
    // Positions in the text mean nothing to a client that never saw the text as lines.
    let message = message.split(" at line ").next().unwrap_or_default();
    let path = match named_field(message) {
        // The path of an unknown field already includes it. For other messages, the path leads to the object that has
        // the field.
        Some((UNKNOWN, _)) | None => path,
        Some((_, field)) if path.is_empty() => field.to_string(),
        Some((_, field)) => format!("{path}.{field}"),
    };
    invalid(&path, message)
}

const UNKNOWN: &str = "unknown field `";

/// The field that a message names, and how, such as ``missing field `title` ``.
fn named_field(message: &str) -> Option<(&'static str, &str)> {
    let prefixes = ["missing field `", UNKNOWN, "duplicate field `", "field `"];
    let (prefix, rest) =
        prefixes.into_iter().find_map(|prefix| Some((prefix, message.strip_prefix(prefix)?)))?;
    Some((prefix, rest.split('`').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use workroom_protocol::event::{EventAppendBatchParams, EventAppendParams};
    use workroom_protocol::server::Empty;
    use workroom_protocol::workroom::{WorkroomCreateParams, WorkroomListParams};

    #[track_caller]
    fn check<P: DeserializeOwned>(text: &str, path: &str) {
        let error = read::<P>(Some(text)).err().expect(text);
        assert_eq!(error.code(), -32602);
        let data: Value = serde_json::from_str(error.data().expect("data").get()).expect("JSON");
        assert_eq!(data["path"], path, "{text}: {}", error.message());
    }

    #[test]
    fn absent_params_can_be_written_in_several_ways() {
        for text in [None, Some("{}"), Some("[]"), Some("[ ]"), Some("[null]"), Some("[ null ]")] {
            read::<Empty>(text).expect("reads");
            read::<WorkroomListParams>(text).expect("reads");
        }
    }

    #[test]
    fn a_whole_number_is_an_integer_in_any_notation() {
        for (limit, expected) in [("10.0", 10), ("1e2", 100), ("4294967295.0", u32::MAX), ("0.5e1", 5)] {
            let params = format!(r#"{{"limit":{limit}}}"#);
            let params: WorkroomListParams = read(Some(&params)).expect(limit);
            assert_eq!(params.limit, Some(expected));
        }
        for limit in ["10.5", "1e-1", "4294967296.0", "1e30", "-1.0", "\"10\""] {
            check::<WorkroomListParams>(&format!(r#"{{"limit":{limit}}}"#), "limit");
        }
        // The error is about the field after the repaired one.
        check::<WorkroomListParams>(r#"{"limit":1.0,"colour":2.0}"#, "colour");
    }

    #[test]
    fn the_invalid_field_is_named() {
        check::<WorkroomListParams>("[1]", "");
        check::<WorkroomListParams>("[{}]", "");
        check::<WorkroomListParams>(r#"{"colour":1}"#, "colour");
        check::<WorkroomListParams>(r#"{"limit":"x"}"#, "limit");
        check::<WorkroomListParams>(r#"{"limit":-1}"#, "limit");
        check::<WorkroomListParams>(r#"{"limit":1,"limit":2}"#, "limit");
        check::<WorkroomCreateParams>(r#"{"repo_identity":{"owner":"o"}}"#, "repo_identity.name");
        check::<WorkroomCreateParams>(r#"{"visibility":"public"}"#, "visibility");
        check::<EventAppendParams>("[]", "thread_id");
        check::<EventAppendParams>(r#"{"kind":{"event":"resumed"}}"#, "thread_id");
        check::<EventAppendParams>(r#"{"thread_id":"t","kind":{"event":"message"}}"#, "kind.content");
        check::<EventAppendParams>(
            r#"{"thread_id":"t","kind":{"event":"message","content":1}}"#,
            "kind.content",
        );
        check::<EventAppendParams>(r#"{"thread_id":"t","kind":{"event":"resumed","x":1}}"#, "kind.x");
        check::<EventAppendParams>(r#"{"thread_id":"t","kind":{"event":"shout"}}"#, "kind.event");
        let with_kind = r#"{"thread_id":"t","kind":{"event":"resumed","kind":1}}"#;
        check::<EventAppendParams>(with_kind, "kind.kind");
        let without_kind = r#"{"thread_id":"t","kind":{"event":"artifact_linked","path":"x"}}"#;
        check::<EventAppendParams>(without_kind, "kind.kind");
        let second = r#"{"events":[{"thread_id":"t","kind":{"event":"resumed"}},{"thread_id":"t","kind":{"event":"message"}}]}"#;
        check::<EventAppendBatchParams>(second, "events[1].kind.content");
    }
}
