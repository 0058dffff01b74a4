//! Runs work once per idempotency key: a retry returns the first result.

use serde::Serialize;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::json::Json;
use workroom_store::{IdempotencyKey, Tx};

use super::cx::Cx;
use super::error::{Error, Result};
use super::limits;
use super::order::Turn;

impl Cx {
    /// The idempotency key of a call, if it has one. `params` must not contain the key.
    pub(crate) fn idempotency(
        &self,
        method: &str,
        path: &str,
        key: Option<String>,
        params: &impl Serialize,
    ) -> Result<Option<IdempotencyKey>> {
        let Some(key) = key else { return Ok(None) };
        limits::key(path, &key)?;
        let body = match self.hidden_hashes() {
            // After redaction, two different actions may have equal bodies, and would count as retries of each other.
            Some(hidden) => serde_json::to_vec(&(params, hidden)),
            None => serde_json::to_vec(params),
        };
        let body = body.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Some(IdempotencyKey::new(self.caller().key_owner(), key, &[method.as_bytes(), &body])))
    }

    /// The first result of a key, if there is one. For work that reads something that may have changed since.
    pub(crate) async fn first_result<T: serde::de::DeserializeOwned>(
        &self,
        turn: &Turn<'_>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<T>> {
        let Some(key) = key else { return Ok(None) };
        self.read_in(turn, |view| {
            Ok(view.first_result(key)?.map(|first| serde_json::from_str(&first)).transpose()?)
        })
        .await
    }
}

/// Appends an event once per key: a retry returns the first one.
pub(crate) fn once_event(
    tx: &Tx<'_>,
    key: Option<&IdempotencyKey>,
    work: impl FnOnce() -> workroom_store::Result<(u64, Json<WorkroomEvent>)>,
) -> workroom_store::Result<Json<WorkroomEvent>> {
    if let Some(first) = key.map(|key| tx.first_result(key)).transpose()?.flatten() {
        return Ok(tx.event_at(serde_json::from_str(&first)?)?.json);
    }
    let (seq, event) = work()?;
    if let Some(key) = key {
        tx.keep_result(key, &seq.to_string(), &tx.written())?;
    }
    Ok(event)
}

/// Runs `work` once per key: a retry returns the first result.
pub(crate) fn once<T: Serialize + serde::de::DeserializeOwned>(
    tx: &Tx<'_>,
    key: Option<&IdempotencyKey>,
    work: impl FnOnce() -> workroom_store::Result<T>,
) -> workroom_store::Result<T> {
    let Some(key) = key else { return work() };
    if let Some(first) = tx.first_result(key)? {
        return Ok(serde_json::from_str(&first)?);
    }
    let result = work()?;
    tx.keep_result(key, &serde_json::to_string(&result)?, &tx.written())?;
    Ok(result)
}
