//! Redacts secrets from the params of clients before any handler sees them, and from errors before they are sent.
//!
//! The store redacts every event again, because some text in it, such as the name of a branch, does not come from a
//! client.

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

/// The filters for all params from clients and all errors to them.
pub const FILTERS: Filters = Filters { params, error };

// The secrets in these params are intended. The handler of `initialize` redacts what it keeps; the others contain no
// other text.
const AS_THEY_ARE: [&str; 4] = [Initialize::NAME, ApproverSet::NAME, ApproverOff::NAME, ApproverUnlock::NAME];

// The `approver_secret` in these params is intended.
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

/// Redacts params except for the approver secret, which the handler compares and never stores.
fn with_proof(params: &str) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Proven<'t> {
        #[serde(borrow)]
        approver_secret: &'t RawValue,
    }
    /// The range of the approver secret in the params, if they have one.
    fn place(params: &str) -> Option<std::ops::Range<usize>> {
        let Proven { approver_secret } = serde_json::from_str(params).ok()?;
        let start = approver_secret.get().as_ptr() as usize - params.as_ptr() as usize;
        Some(start..start + approver_secret.get().len())
    }
    let Some(secret) = place(params) else { return without_secrets(params) };
    // `null` marks the place of the secret during redaction.
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

/// The idempotency keys in the params of a method: its own, and those of the events in a batch.
#[derive(Deserialize)]
struct Keyed<'t> {
    #[serde(borrow)]
    idempotency_key: Option<&'t RawValue>,
    #[serde(borrow)]
    events: Option<&'t RawValue>,
}

/// Replaces each key that looks like a secret by a digest of it. If such keys were redacted, two of them could become
/// equal, and the second write would count as a retry of the first.
fn with_keys_hidden(params: &str) -> String {
    let mut keys = Vec::new();
    // If the params do not have this shape, their handler refuses them.
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
        // JSON can spell one key in several ways.
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

/// Text as the store keeps it. Use it to compare a client's text with stored text.
pub fn stored(text: &str) -> Cow<'_, str> {
    redact::process().text(text)
}

/// The agent with secrets redacted from its names.
pub fn agent(agent: AgentAttribution) -> AgentAttribution {
    let clean = |text: String| redact::process().text(&text).into_owned();
    AgentAttribution {
        provider: clean(agent.provider),
        model: clean(agent.model),
        agent_id: clean(agent.agent_id),
    }
}
