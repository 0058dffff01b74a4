//! The JSON of a response without its id, which is inserted when the response is sent.

use serde::Serialize;

use super::error::{self, ErrorObject};

// Most responses fit, and the others grow at most a few times.
const CAPACITY: usize = 256;

/// A response from its `result` or `error` member on, including the closing brace.
#[derive(Debug)]
pub struct Answer {
    text: String,
    is_error: bool,
}

impl Answer {
    /// The response to a request that succeeded or failed.
    pub fn of<T: Serialize>(outcome: Result<&T, &ErrorObject>) -> Self {
        let (member, is_error) = match outcome {
            Ok(_) => (r#""result":"#, false),
            Err(_) => (r#""error":"#, true),
        };
        let mut text = Vec::with_capacity(CAPACITY);
        text.extend_from_slice(member.as_bytes());
        let written = match outcome {
            Ok(result) => serde_json::to_writer(&mut text, result),
            Err(error) => serde_json::to_writer(&mut text, error),
        };
        text.push(b'}');
        match (written, String::from_utf8(text)) {
            (Ok(()), Ok(text)) => Self { text, is_error },
            // Serializing protocol types and error objects always succeeds, so this happens only if a type is wrong.
            (Err(failure), _) => Self::error(&error::internal(&failure)),
            (_, Err(failure)) => Self::error(&error::internal(&failure)),
        }
    }

    /// The response to a request that failed.
    pub fn error(error: &ErrorObject) -> Self {
        Self::of::<()>(Err(error))
    }

    /// The response with an id, in parts.
    pub fn under<'a>(&'a self, id: &'a str) -> [&'a str; 4] {
        [r#"{"jsonrpc":"2.0","id":"#, id, ",", &self.text]
    }

    /// Whether the request failed.
    pub fn is_error(&self) -> bool {
        self.is_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_response_is_one_object_with_the_id_as_written() {
        let answer = Answer::of(Ok(&json!({"a": [1, "é"]})));
        assert_eq!(answer.under("1.50").concat(), r#"{"jsonrpc":"2.0","id":1.50,"result":{"a":[1,"é"]}}"#);
        let error = error::object(workroom_protocol::ErrorKind::NotFound, "no", []);
        let text = Answer::error(&error).under("null").concat();
        let code = error.code();
        let expected = format!(
            r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"no","data":{{"kind":"not_found"}}}}}}"#
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_result_that_cannot_be_json_becomes_an_internal_error() {
        let answer = Answer::of(Ok(&std::collections::HashMap::from([([1u8], 1)])));
        assert!(answer.is_error() && answer.under("1").concat().contains("incident"));
    }
}
