//! What clients send loses its secrets here, before any handler sees it; and what they are told of errors, after.
//!
//! The store goes over every event once more: some texts, such as the name of a branch, are not a client's.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use workroom_protocol::Method;
use workroom_protocol::actor::AgentAttribution;
use workroom_protocol::methods::{
    ApprovalDecide, ApproverOff, ApproverSet, ApproverUnlock, Initialize, MemberAdd, MemberUpdate,
    TokenCreate,
};

use sha2::{Digest, Sha256};

use super::originals;
use workroom_redact as redact;
use workroom_rpc::error::ErrorObject;
use workroom_rpc::router::{Filtered, Filters};

/// What goes over all that comes from clients, and over the errors that go to them.
pub const FILTERS: Filters = Filters { params, error };

// Their secrets are meant to be secrets. What `initialize` keeps of the rest, its handler cleans; the others have no
// other texts.
const AS_THEY_ARE: [&str; 4] = [Initialize::NAME, ApproverSet::NAME, ApproverOff::NAME, ApproverUnlock::NAME];

// Their `approver_secret` is meant to be one.
const WITH_PROOF: [&str; 4] = [ApprovalDecide::NAME, TokenCreate::NAME, MemberAdd::NAME, MemberUpdate::NAME];

fn params<'t>(method: &str, params: &'t str) -> Filtered<'t> {
    if AS_THEY_ARE.contains(&method) {
        return Filtered { params: Cow::Borrowed(params), kept: None };
    }
    if WITH_PROOF.contains(&method) {
        return Filtered { params: with_proof(params), kept: None };
    }
    let clean = without_secrets(params);
    let kept = originals::kept(method, params, &clean);
    Filtered { params: clean, kept }
}

/// Params without secrets, but for the approver secret, which the handler compares and keeps nowhere.
fn with_proof(params: &str) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Proven<'t> {
        #[serde(borrow)]
        approver_secret: &'t RawValue,
    }
    /// Where the secret is in params that have one.
    fn place(params: &str) -> Option<std::ops::Range<usize>> {
        let Proven { approver_secret } = serde_json::from_str(params).ok()?;
        let start = approver_secret.get().as_ptr() as usize - params.as_ptr() as usize;
        Some(start..start + approver_secret.get().len())
    }
    let Some(secret) = place(params) else { return without_secrets(params) };
    // Its place is kept by what is no secret.
    let without = format!("{}null{}", &params[..secret.start], &params[secret.end..]);
    let mut clean = without_secrets(&without).into_owned();
    if let Some(kept) = place(&clean) {
        clean.replace_range(kept, &params[secret]);
    }
    Cow::Owned(clean)
}

fn without_secrets(params: &str) -> Cow<'_, str> {
    match redact::process().json(params) {
        Cow::Owned(_) if params.contains(KEY) => {
            let keyed = with_keys_hidden(params);
            Cow::Owned(redact::process().json(&keyed).into_owned())
        }
        clean => clean,
    }
}

const KEY: &str = "idempotency_key";

/// The params of a method, as far as they have idempotency keys: their own, and those of events in a batch.
#[derive(Deserialize)]
struct Keyed<'t> {
    #[serde(borrow)]
    idempotency_key: Option<&'t RawValue>,
    #[serde(borrow)]
    events: Option<&'t RawValue>,
}

/// The same params, with a digest in the place of each key that looks like a secret. Redacted, two of them would be
/// one key, and the second write would be taken for a retry of the first.
fn with_keys_hidden(params: &str) -> String {
    let mut keys = Vec::new();
    // What is no object of such members is refused by whoever reads it.
    if let Ok(Keyed { idempotency_key, events }) = serde_json::from_str::<Keyed<'_>>(params) {
        keys.extend(idempotency_key);
        let events = events.and_then(|events| serde_json::from_str::<Vec<Keyed<'_>>>(events.get()).ok());
        keys.extend(events.into_iter().flatten().filter_map(|event| event.idempotency_key));
    }
    keys.retain(|key| matches!(redact::process().json(key.get()), Cow::Owned(_)));
    keys.sort_by_key(|key| key.get().as_ptr());
    let mut hidden = String::with_capacity(params.len());
    let mut copied = 0;
    for key in keys {
        let start = key.get().as_ptr() as usize - params.as_ptr() as usize;
        // One key may be written in several ways.
        let text = serde_json::from_str(key.get()).unwrap_or_else(|_| key.get().to_owned());
        let digest = Sha256::new_with_prefix(KEY).chain_update(text).finalize();
        hidden.push_str(&params[copied..start]);
        hidden.push_str(&format!("\"sha256:{digest:x}\""));
        copied = start + key.get().len();
    }
    hidden + &params[copied..]
}

fn error(error: ErrorObject) -> ErrorObject {
    let redactor = redact::process();
    let message = redactor.text(error.message());
    let data = error.data().map(|data| redactor.json(data.get()));
    if matches!((&message, &data), (Cow::Borrowed(_), None | Some(Cow::Borrowed(_)))) {
        return error;
    }
    let data = data.map(|data| serde_json::from_str::<Map<String, Value>>(&data).unwrap_or_default());
    ErrorObject::owned(error.code(), message, data)
}

/// A text as the store has it: whoever compares what a client says with what is stored compares this.
pub fn stored(text: &str) -> Cow<'_, str> {
    redact::process().text(text)
}

/// An agent without secrets in its names.
pub fn agent(agent: AgentAttribution) -> AgentAttribution {
    let clean = |text: String| redact::process().text(&text).into_owned();
    AgentAttribution {
        provider: clean(agent.provider),
        model: clean(agent.model),
        agent_id: clean(agent.agent_id),
    }
}
