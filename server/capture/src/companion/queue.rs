//! Texts that wait for the agent: each hook that takes some gives it all of them, and confirms that.

use std::sync::{Mutex, PoisonError};

use crate::answer::Answer;

const MAX_WAITING: usize = 20;

/// The texts, each with its number.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    texts: Vec<(u64, String)>,
}

impl Queue {
    /// A queue with texts that an earlier companion has left.
    pub(super) fn of(texts: &[String]) -> Self {
        let queue = Self::default();
        texts.iter().for_each(|text| queue.add(text.clone()));
        queue
    }

    /// Adds a text. Of too many, the oldest are dropped: they are in the thread.
    pub(super) fn add(&self, text: String) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.last += 1;
        let number = waiting.last;
        waiting.texts.push((number, text));
        let over = waiting.texts.len().saturating_sub(MAX_WAITING);
        waiting.texts.drain(..over);
    }

    /// All texts, as the answer to a hook.
    pub(super) fn answer(&self) -> Answer {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let texts: Vec<_> = waiting.texts.iter().map(|(_, text)| text.as_str()).collect();
        let context = (!texts.is_empty()).then(|| texts.join("\n\n"));
        Answer { decision: None, context, texts_upto: waiting.texts.last().map(|(number, _)| *number) }
    }

    /// The agent has received the texts up to this one.
    pub(super) fn took(&self, upto: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).texts.retain(|(number, _)| *number > upto);
    }

    /// The texts that wait.
    pub(super) fn texts(&self) -> Vec<String> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.texts.iter().map(|(_, text)| text.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_waits_until_the_agent_has_received_it() {
        let queue = Queue::of(&["a".into()]);
        assert_eq!(queue.answer().context.as_deref(), Some("a"));
        queue.add("b".into());
        let answer = queue.answer();
        assert_eq!(answer.context.as_deref(), Some("a\n\nb"));
        queue.add("c".into());
        queue.took(answer.texts_upto.unwrap());
        assert_eq!(queue.texts(), ["c"]);
    }
}
