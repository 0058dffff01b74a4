//! JSON-RPC batches: several requests in one array, with their responses in one array.

use std::ops::Range;
use std::sync::Arc;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::call::Call;
use super::parking::Parking;

/// The maximum number of requests in a batch. More would make a response that exceeds the length of a line.
pub const MAX_REQUESTS: usize = 100_000;
// Once the responses exceed this size, the remaining requests are refused without running them, because the array of
// responses is one line in memory.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A batch whose requests are being admitted or run.
#[derive(Debug)]
pub struct Batch<S> {
    text: Box<str>,
    requests: std::vec::IntoIter<Range<usize>>,
    answers: String,
    /// How many requests were admitted and are not answered yet.
    open: usize,
    calls: Vec<Arc<Call<S>>>,
    parking: Arc<Parking>,
}

/// Why an array is not a valid batch.
#[derive(Debug, PartialEq, Eq)]
pub enum BatchError {
    /// The text is not JSON. The column is counted in bytes from 1.
    Syntax { column: usize },
    /// The array is empty.
    Empty,
    /// The array has more than [`MAX_REQUESTS`] elements.
    TooMany,
}

impl<S> Batch<S> {
    /// Parses `text`, which begins with a bracket.
    pub fn parse(text: &str) -> Result<Self, BatchError> {
        let elements: Elements = serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => BatchError::TooMany,
            _ => BatchError::Syntax { column: error.column() },
        })?;
        if elements.0.is_empty() {
            return Err(BatchError::Empty);
        }
        let start = text.as_ptr().addr();
        let requests: Vec<_> = elements
            .0
            .iter()
            .map(|element| {
                let at = element.get().as_ptr().addr() - start;
                at..at + element.get().len()
            })
            .collect();
        Ok(Self {
            text: text.into(),
            requests: requests.into_iter(),
            answers: String::from("["),
            open: 0,
            calls: Vec::new(),
            parking: Arc::default(),
        })
    }

    /// The text of the next request to admit.
    pub fn next_request(&mut self) -> Option<&str> {
        self.requests.next().map(|range| &self.text[range])
    }

    /// Whether the responses so far leave no room for more.
    pub fn is_full(&self) -> bool {
        self.answers.len() > MAX_ANSWER_BYTES
    }

    /// How many admitted requests are still running, without the parked ones.
    pub fn running(&self) -> usize {
        self.open - self.parking.calls()
    }

    /// Where the batch's requests are parked.
    pub fn parking(&self) -> Arc<Parking> {
        self.parking.clone()
    }

    /// Counts one more admitted request.
    pub fn opened(&mut self) {
        self.open += 1;
    }

    /// Records that a request has ended, with its response in parts. A notification has none.
    pub fn closed(&mut self, answer: &[&str], call: Option<Arc<Call<S>>>) {
        self.open -= 1;
        if answer.is_empty() {
            return;
        }
        if self.answers.len() > 1 {
            self.answers.push(',');
        }
        self.answers.extend(answer.iter().copied());
        self.calls.extend(call);
    }

    /// Whether every request was admitted and has ended.
    pub fn is_done(&self) -> bool {
        self.open == 0 && self.requests.len() == 0
    }

    /// All responses as one array, and the calls they belong to. `None` if all requests were notifications.
    pub fn finish(mut self) -> Option<(String, Vec<Arc<Call<S>>>)> {
        if self.answers.len() == 1 {
            return None;
        }
        self.answers.push(']');
        Some((self.answers, self.calls))
    }
}

/// The elements of an array as text, at most [`MAX_REQUESTS`].
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Requests;

        impl<'de> Visitor<'de> for Requests {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of requests")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while elements.len() < MAX_REQUESTS {
                    let Some(element) = seq.next_element()? else { return Ok(Elements(elements)) };
                    elements.push(element);
                }
                match seq.next_element::<IgnoredAny>()? {
                    None => Ok(Elements(elements)),
                    Some(_) => Err(serde::de::Error::custom("too many requests")),
                }
            }
        }

        deserializer.deserialize_seq(Requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> BatchError {
        Batch::<()>::parse(text).expect_err(text)
    }

    #[test]
    fn a_batch_is_an_array_of_one_request_or_more() {
        assert_eq!(error("[]"), BatchError::Empty);
        assert_eq!(error("[ ]"), BatchError::Empty);
        assert!(matches!(error("[1,"), BatchError::Syntax { .. }));
        assert!(matches!(error("[1] 2"), BatchError::Syntax { .. }));
        assert_eq!(error(&format!("[{}1]", "1,".repeat(MAX_REQUESTS))), BatchError::TooMany);

        let mut batch = Batch::<()>::parse(r#"[ {"a": 1} ,2]"#).expect("a batch");
        assert_eq!(batch.next_request(), Some(r#"{"a": 1}"#));
        assert_eq!(batch.next_request(), Some("2"));
        assert_eq!(batch.next_request(), None);
    }

    #[test]
    fn the_response_is_one_array_or_nothing() {
        let mut batch = Batch::<()>::parse("[1,2]").expect("a batch");
        while batch.next_request().is_some() {
            batch.opened();
        }
        batch.closed(&["{", "}"], None);
        assert!(!batch.is_done());
        batch.closed(&[], None);
        assert!(batch.is_done());
        assert_eq!(batch.finish().expect("an answer").0, "[{}]");

        let mut batch = Batch::<()>::parse("[1]").expect("a batch");
        batch.next_request();
        batch.opened();
        batch.closed(&[], None);
        assert!(batch.finish().is_none());
    }
}
