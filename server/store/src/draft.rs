//! What an event says, made ready before the store is locked for it.
//!
//! Everybody who writes waits for one lock. Work that grows with a client's text, such as looking for secrets, for words
//! and for mentions, is done here first; under the lock each text is only written down.

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

/// An event's kind without secrets, and what follows from its texts.
#[derive(Debug, Clone)]
pub struct Draft {
    kind: Kind,
    redactions: BTreeMap<String, u64>,
    gist: Gist,
}

/// What the projections take from the texts of an event.
#[derive(Debug, Clone, Default)]
pub(super) struct Gist {
    /// The words for the search index.
    pub(super) words: Option<String>,
    /// Whom it may call.
    pub(super) calls: Vec<Mention>,
}

impl Gist {
    /// The gist of an event that is in the log already.
    pub(super) fn of(kind: &Kind) -> Self {
        let words = event_text::text(kind).map(|text| search_text::indexed(&text));
        Self { words, calls: relevance::calls(kind) }
    }
}

impl Draft {
    /// Takes the secrets out of what an event says, and reads it.
    pub fn new(kind: Kind) -> Result<Self> {
        let json = serde_json::to_string(&kind)?;
        let (kind, redactions) = clean(kind, &json)?;
        Ok(Self { gist: Gist::of(&kind), kind, redactions })
    }

    /// The kind, for what the server itself adds that is only known under the lock: ids and numbers, no texts.
    pub fn kind_mut(&mut self) -> &mut Kind {
        &mut self.kind
    }

    /// The kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whom it may call.
    pub(super) fn calls(&self) -> &[Mention] {
        &self.gist.calls
    }

    /// The event of an envelope, whose own kind is of no account, and its JSON: nothing is stored, indexed, repeated or
    /// sent to others before it has been through here. `signed` is what the transaction knows of who wrote before.
    pub(super) fn seal(
        self,
        envelope: WorkroomEvent,
        signed: &RefCell<Option<Signed>>,
    ) -> Result<(WorkroomEvent, Json<WorkroomEvent>, Gist)> {
        let (envelope, mut redactions) = match envelope.imported {
            // Its source may have named everything in it.
            Some(_) => {
                let envelope = WorkroomEvent { kind: Kind::Resumed {}, ..envelope };
                let json = serde_json::to_string(&envelope)?;
                clean(envelope, &json)?
            }
            // Of the rest, the server has made the ids and the time itself.
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

/// Who an event says has written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    actor: Actor,
    agent: Option<AgentAttribution>,
}

/// Who wrote an event, with and without secrets. Under the lock of the store, the events of one transaction look for
/// them once.
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

/// A value without secrets, and how many there were by kind.
fn clean<T: serde::de::DeserializeOwned>(value: T, json: &str) -> Result<(T, BTreeMap<String, u64>)> {
    let clean = redact::process().json(json);
    let redactions = Redactor::count(&clean);
    let value = match clean {
        Cow::Borrowed(_) => value,
        Cow::Owned(clean) => serde_json::from_str(&clean)
            .map_err(|error| StoreError::Internal(format!("an event without secrets is none: {error}")))?,
    };
    Ok((value, redactions))
}
