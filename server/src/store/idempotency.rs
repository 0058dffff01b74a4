//! Retries: the same key with the same body gets the first result.

use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::error::{Result, StoreError};
use super::view::View;
use super::writer::Tx;

/// A write as its caller marked it.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// Whose key it is: keys of several callers do not meet.
    pub caller: String,
    /// The key.
    pub key: String,
    /// A digest of the method and its params without the key.
    pub body: [u8; 32],
}

impl IdempotencyKey {
    /// The key of a write whose body is `parts`.
    pub fn new(caller: String, key: String, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self { caller, key, body: digest.finalize().into() }
    }
}

impl View<'_> {
    /// The result of the first write with this key, if there was one. With another body it is a conflict.
    pub fn first_result(&self, key: &IdempotencyKey) -> Result<Option<String>> {
        let found: Option<(Vec<u8>, String)> = self
            .conn
            .prepare_cached("SELECT body, result FROM idempotency WHERE caller = ?1 AND key = ?2")?
            .query_row(params![key.caller, key.key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match found {
            Some((body, _)) if body != key.body => {
                Err(StoreError::Conflict(format!("idempotency key `{}` was used with another body", key.key)))
            }
            found => Ok(found.map(|(_, result)| result)),
        }
    }
}

impl Tx<'_> {
    /// Keeps the result for retries.
    pub fn keep_result(&self, key: &IdempotencyKey, result: &str) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO idempotency (caller, key, body, result) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key.caller, key.key, key.body, result])?;
        Ok(())
    }
}
