//! The approver secret in the store: its hash, and how often a wrong secret was given.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;
use workroom_protocol::time::Timestamp;

use super::error::{Result, StoreError};
use super::rows::{blob, uuid};
use super::view::View;
use super::writer::Tx;

/// The current approver secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// Its hash, as a PHC string.
    pub hash: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// Random, and different for each secret that is set.
    pub generation: Uuid,
    /// How many wrong secrets were given since the last correct one.
    pub failures: u32,
    /// When the next attempt is allowed.
    pub retry_at: Timestamp,
}

// Enough for a few typing errors.
const FREE_ATTEMPTS: u32 = 5;
// Doubles with each further failure. At the maximum, an attacker who guesses all day has fewer than fifty attempts.
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 60 * 60 * 1_000;

/// How long to wait after this many failures.
fn wait_ms(failures: u32) -> i64 {
    match failures.checked_sub(FREE_ATTEMPTS) {
        None => 0,
        Some(further) => (FIRST_WAIT_MS << further.min(20)).min(LONGEST_WAIT_MS),
    }
}

impl Approver {
    /// How long until the next attempt is allowed. Never longer than the longest wait, even if the clock was set back.
    pub fn wait(&self, now: Timestamp) -> Option<u64> {
        let wait = (self.retry_at.millis() - now.millis()).min(LONGEST_WAIT_MS);
        u64::try_from(wait).ok().filter(|wait| *wait > 0)
    }
}

impl View<'_> {
    /// The approver secret, if one is set.
    pub fn approver(&self) -> Result<Option<Approver>> {
        Ok(self
            .conn
            .prepare_cached("SELECT hash, set_at, generation, failures, retry_at FROM approver")?
            .query_row([], |row| {
                Ok(Approver {
                    hash: row.get(0)?,
                    set_at: Timestamp::from_millis(row.get(1)?),
                    generation: uuid(row, 2)?,
                    failures: row.get(3)?,
                    retry_at: Timestamp::from_millis(row.get(4)?),
                })
            })
            .optional()?)
    }
}

impl Tx<'_> {
    /// Counts an attempt to give the secret, or refuses it. The attempt counts before the secret is compared, so
    /// parallel attempts do not get around the limit. [`Tx::approver_matched`] resets the count.
    pub fn approver_attempt(&self) -> Result<Option<Approver>> {
        let Some(approver) = self.approver()? else { return Ok(None) };
        if let Some(wait) = approver.wait(self.now()) {
            return Err(StoreError::ApproverSecret {
                message: format!("too many wrong approver secrets; try again in {} s", wait.div_ceil(1_000)),
                retry_after_ms: Some(wait),
            });
        }
        let failures = approver.failures.saturating_add(1);
        self.conn
            .prepare_cached("UPDATE approver SET failures = ?1, retry_at = ?2")?
            .execute(params![failures, self.now().millis() + wait_ms(failures)])?;
        Ok(Some(approver))
    }

    /// Records that the secret was correct, and resets the count of failures.
    pub fn approver_matched(&self, generation: Uuid) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE approver SET failures = 0, retry_at = 0 WHERE generation = ?1")?
            .execute([blob(Some(generation))])?;
        Ok(())
    }

    /// Sets the hash of a new secret, if the current secret is still the one with the generation `replaces`.
    pub fn set_approver(&self, hash: &str, replaces: Option<Uuid>) -> Result<()> {
        self.must_be_approver(replaces)?;
        self.conn
            .prepare_cached(
                "INSERT INTO approver (id, hash, set_at, generation) VALUES (1, ?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET hash = ?1, set_at = ?2, generation = ?3, failures = 0, retry_at = 0",
            )?
            .execute(params![hash, self.now().millis(), blob(Some(Uuid::new_v4()))])?;
        Ok(())
    }

    /// Removes the secret, if it still has this generation.
    pub fn remove_approver(&self, generation: Option<Uuid>) -> Result<()> {
        self.must_be_approver(generation)?;
        self.conn.prepare_cached("DELETE FROM approver")?.execute([])?;
        Ok(())
    }

    /// Refuses a caller who has not given the current secret. `given` is the generation of the secret that they gave.
    pub fn must_be_approver(&self, given: Option<Uuid>) -> Result<()> {
        match self.approver()? {
            Some(approver) if given != Some(approver.generation) => Err(StoreError::ApproverSecret {
                message: "the approver secret is needed".into(),
                retry_after_ms: None,
            }),
            _ => Ok(()),
        }
    }
}
