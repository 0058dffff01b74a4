//! Prepares the text of an event before the store is locked.
//!
//! All writers wait for one lock. Work that grows with a client's text, such as finding secrets, words and mentions,
//! happens here first. Under the lock, the text is only written.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use workroom_protocol::actor::{Actor, AgentAttribution};
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::json::Json;

use super::error::{Result, StoreError};
use workroom_domain::mentions::Mention;
use workroom_domain::{event_text, relevance, search_text};
use workroom_redact::{self as redact, Redactor};

/// An event's kind without secrets, and what is derived from its text.
#[derive(Debug, Clone)]
pub struct Draft {
    kind: Kind,
    redactions: BTreeMap<String, u64>,
    gist: Gist,
}

/// What the projections need from the text of an event.
#[derive(Debug, Clone, Default)]
pub(super) struct Gist {
    /// The words for the search index.
    pub(super) words: Option<String>,
    /// The mentions in it.
    pub(super) calls: Vec<Mention>,
}

impl Gist {
    /// The gist of an event that is already in the log.
    pub(super) fn of(kind: &Kind) -> Self {
        let words = event_text::text(kind).map(|text| search_text::indexed(&text));
        Self { words, calls: relevance::calls(kind) }
    }
}

impl Draft {
    /// Removes the secrets from the text of an event, and analyzes it.
    pub fn new(kind: Kind) -> Result<Self> {
        let json = serde_json::to_string(&kind)?;
        let (kind, redactions) = clean(kind, &json)?;
        Ok(Self { gist: Gist::of(&kind), kind, redactions })
    }

    /// Mutable access, for values that the server adds and that are only known under the lock: ids and numbers, no
    /// text.
    pub fn kind_mut(&mut self) -> &mut Kind {
        &mut self.kind
    }

    /// The kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The mentions in it.
    pub(super) fn calls(&self) -> &[Mention] {
        &self.gist.calls
    }

    /// Builds the event from an envelope, whose own kind is ignored, and its JSON. Everything that is stored, indexed,
    /// returned or sent to others goes through this redaction. `signed` caches the redacted author within the
    /// transaction.
    pub(super) fn seal(
        self,
        envelope: WorkroomEvent,
        signed: &RefCell<Option<Signed>>,
    ) -> Result<(WorkroomEvent, Json<WorkroomEvent>, Gist)> {
        let (envelope, mut redactions) = match envelope.imported {
            // The source may have chosen every value in it.
            Some(_) => {
                let envelope = WorkroomEvent { kind: Kind::Resumed {}, ..envelope };
                let json = serde_json::to_string(&envelope)?;
                clean(envelope, &json)?
            }
            // Of the rest, the server itself has made the ids and the time.
            None => {
                let mut signed = signed.borrow_mut();
                let known = match signed.take().filter(|known| known.is_of(&envelope)) {
                    Some(known) => known,
                    None => Signed::of(&envelope)?,
                };
                let Signed { clean: Signature { actor, agent }, redactions, .. } = signed.insert(known);
                let (actor, agent) = (actor.clone(), agent.clone());
                (WorkroomEvent { actor, agent, ..envelope }, redactions.clone())
            }
        };
        for (kind, count) in self.redactions {
            *redactions.entry(kind).or_default() += count;
        }
        let event = WorkroomEvent { kind: self.kind, redactions, ..envelope };
        let json = Json::write(&event)?;
        Ok((event, json, self.gist))
    }
}

/// The author that an event names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    actor: Actor,
    agent: Option<AgentAttribution>,
}

/// The author of an event, with and without secrets. The events of one transaction redact it once, because the store is
/// locked meanwhile.
#[derive(Debug)]
pub(super) struct Signed {
    given: Signature,
    clean: Signature,
    redactions: BTreeMap<String, u64>,
}

impl Signed {
    fn of(envelope: &WorkroomEvent) -> Result<Self> {
        let given = Signature { actor: envelope.actor.clone(), agent: envelope.agent.clone() };
        let json = serde_json::to_string(&given)?;
        let (clean, redactions) = clean(given.clone(), &json)?;
        Ok(Self { given, clean, redactions })
    }

    fn is_of(&self, envelope: &WorkroomEvent) -> bool {
        self.given.actor == envelope.actor && self.given.agent == envelope.agent
    }
}

/// Returns a value without secrets, and the number of secrets by kind.
fn clean<T: serde::de::DeserializeOwned>(value: T, json: &str) -> Result<(T, BTreeMap<String, u64>)> {
    let clean = redact::process().json(json);
    let redactions = Redactor::count(&clean);
    let value = match clean {
        Cow::Borrowed(_) => value,
        Cow::Owned(clean) => serde_json::from_str(&clean)
            .map_err(|error| StoreError::Internal(format!("a redacted event is not valid: {error}")))?,
    };
    Ok((value, redactions))
}
