//! Tokens in the store. It keeps only a digest of each secret, to verify a secret that is presented.

use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::time::Timestamp;
use workroom_protocol::token::Token;

use super::error::{Result, StoreError};
use super::rows::{blob, json, uuid};
use super::view::View;
use super::writer::Tx;
use workroom_domain::handle::Keys;

/// A token and its key.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// The key inside the store.
    pub id: Uuid,
    /// The token, without its secret.
    pub token: Token,
    /// Whether the token has been found to be expired.
    pub expired: bool,
}

/// The error message for a token that was never valid.
pub const UNKNOWN: &str = "the token is not known";
const REVOKED: &str = "the token was revoked";
/// The error message for a token that has expired.
pub const EXPIRED: &str = "the token has expired";

const COLUMNS: &str = "id, kind, handle, label, scopes, workrooms, created_at, created_by, expires_at, revoked_at, used_at, made_with, expired";

fn read(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    let id = uuid(row, 0)?;
    let time = |column| -> rusqlite::Result<_> {
        Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
    };
    let workrooms: Option<String> = row.get(5)?;
    let workrooms = workrooms.map(|_| json::<Vec<WorkroomId>, _>(row, 5)).transpose()?;
    Ok(TokenRow {
        id,
        expired: row.get(12)?,
        token: Token {
            token_id: TokenId::from_uuid(id),
            kind: ActorKind::of_name(row.get_ref(1)?.as_str()?).unwrap_or(ActorKind::System),
            handle: row.get(2)?,
            label: row.get(3)?,
            scopes: json(row, 4)?,
            workrooms,
            created_at: Timestamp::from_millis(row.get(6)?),
            created_by: json(row, 7)?,
            expires_at: time(8)?,
            revoked_at: time(9)?,
            last_used_at: time(10)?,
            made_with: row
                .get_ref(11)?
                .as_blob_or_null()?
                .map(|_| uuid(row, 11))
                .transpose()?
                .map(TokenId::from_uuid),
        },
    })
}

impl View<'_> {
    /// The token with this secret, even if it is no longer valid. An unknown secret is `unauthenticated`.
    pub fn token_of_secret(&self, secret: &str) -> Result<TokenRow> {
        let digest: [u8; 32] = Sha256::digest(secret).into();
        // The index finds at most one row by the whole digest. The timing of that lookup reveals nothing useful,
        // because nobody can approach a secret byte by byte through its digest. The comparison is in constant time all
        // the same.
        let found: Option<(Vec<u8>, TokenRow)> = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS}, digest FROM token WHERE digest = ?1"))?
            .query_row([&digest[..]], |row| Ok((row.get(13)?, read(row)?)))
            .optional()?;
        let (_, row) = found
            .filter(|(known, _)| bool::from(known.ct_eq(&digest)))
            .ok_or(StoreError::Unauthenticated(UNKNOWN))?;
        Ok(row)
    }

    /// The workrooms that a token is limited to, if it is. A token that is no longer valid is `unauthenticated`.
    pub fn good_token(&self, id: Uuid) -> Result<Option<Vec<Uuid>>> {
        let found = self.token(&TokenId::from_uuid(id)).map_err(|error| match error {
            StoreError::NotFound { .. } => StoreError::Unauthenticated(UNKNOWN),
            other => other,
        })?;
        if found.token.revoked_at.is_some() {
            return Err(StoreError::Unauthenticated(REVOKED));
        }
        if found.expired || found.token.expires_at.is_some_and(|at| at <= self.now()) {
            return Err(StoreError::Unauthenticated(EXPIRED));
        }
        Ok(found.token.workrooms.map(|rooms| rooms.iter().filter_map(WorkroomId::uuid).collect()))
    }

    /// The token with this id, or `not_found`.
    pub fn token(&self, id: &TokenId) -> Result<TokenRow> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM token WHERE id = ?1"))?
            .query_row([blob(id.uuid())], read)
            .optional()?
            .ok_or_else(|| StoreError::NotFound { what: "token", id: id.to_string() })
    }

    /// The token with this id. `not_found` if there is none or the caller does not manage it.
    pub fn managed_token(&self, id: &TokenId) -> Result<TokenRow> {
        let found = self.token(id)?;
        match self.manages(found.token.workrooms.as_deref())? {
            true => Ok(found),
            false => Err(StoreError::NotFound { what: "token", id: id.to_string() }),
        }
    }

    /// Up to `limit` tokens that the caller manages and that are older than `before`, newest first.
    pub fn tokens(&self, before: Option<Uuid>, include_ended: bool, limit: usize) -> Result<Vec<TokenRow>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM token WHERE (?1 IS NULL OR id < ?1)
               AND (?2 OR (revoked_at IS NULL AND expired = 0 AND (expires_at IS NULL OR expires_at > ?3)))
             ORDER BY id DESC"
        ))?;
        let before = before.map(|id| blob(Some(id)));
        let now = self.now().millis();
        let mut tokens = Vec::new();
        let mut rows = statement.query(params![before, include_ended, now])?;
        while tokens.len() < limit
            && let Some(row) = rows.next()?
        {
            let found = read(row)?;
            if self.manages(found.token.workrooms.as_deref())? {
                tokens.push(found);
            }
        }
        Ok(tokens)
    }

    /// When the token with this id expires, if it does.
    pub fn token_expiry(&self, id: Uuid) -> Result<Option<Timestamp>> {
        Ok(self.token(&TokenId::from_uuid(id))?.token.expires_at)
    }

    /// Whether this handle belongs to a token's bearer, or to a member who was added explicitly, by somebody other than
    /// `actor`.
    pub fn is_of_others(&self, handle: &str, actor: &Actor) -> Result<bool> {
        let mut statement = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM token WHERE key = ?1 AND created_by <> ?2 AND revoked_at IS NULL
                              AND expired = 0 AND (expires_at IS NULL OR expires_at > ?3))
                 OR EXISTS (SELECT 1 FROM member WHERE key = ?1 AND added = 1 AND added_by <> ?2)",
        )?;
        let now = self.now().millis();
        let values = params![Keys::of(handle).key, serde_json::to_string(actor)?, now];
        Ok(statement.query_row(values, |row| row.get(0))?)
    }

    /// Whether a token is limited to some workrooms.
    pub fn is_limited(&self, token: Uuid) -> Result<bool> {
        Ok(self.good_token(token)?.is_some())
    }
}

impl Tx<'_> {
    /// Stores a new token.
    pub fn insert_token(&self, token: &Token, secret: &str) -> Result<()> {
        let digest: [u8; 32] = Sha256::digest(secret).into();
        let Keys { key, shape } = Keys::of(&token.handle);
        self.conn
            .prepare_cached(
                "INSERT INTO token (id, digest, kind, handle, label, scopes, workrooms, created_at, created_by,
                   expires_at, made_with, key, shape)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                blob(token.token_id.uuid()),
                &digest[..],
                token.kind.name(),
                token.handle,
                token.label,
                serde_json::to_string(&token.scopes)?,
                token.workrooms.as_ref().map(serde_json::to_string).transpose()?,
                token.created_at.millis(),
                serde_json::to_string(&token.created_by)?,
                token.expires_at.map(|at| at.millis()),
                token.made_with.as_ref().map(|id| blob(id.uuid())),
                key,
                shape,
            ])?;
        self.about_token.set(token.token_id.uuid());
        Ok(())
    }

    /// Revokes a token, the tokens that were made with it, and so on. Tokens that have already ended stay unchanged.
    pub fn revoke_token(&self, id: Uuid) -> Result<()> {
        self.conn
            .prepare_cached(
                "WITH RECURSIVE ends(id) AS (
                   VALUES (?1) UNION SELECT token.id FROM ends JOIN token ON token.made_with = ends.id
                 )
                 UPDATE token SET revoked_at = ?2 WHERE id IN ends AND revoked_at IS NULL",
            )?
            .execute(params![blob(Some(id)), self.now().millis()])?;
        self.about_token.set(Some(id));
        Ok(())
    }

    /// Records that a token has expired. It stays expired if the clock is set back.
    pub fn token_expired(&self, id: Uuid) -> Result<()> {
        self.conn.prepare_cached("UPDATE token SET expired = 1 WHERE id = ?1")?.execute([blob(Some(id))])?;
        Ok(())
    }

    /// Records the time at which a token was used.
    pub fn used_token(&self, id: Uuid) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE token SET used_at = ?2 WHERE id = ?1")?
            .execute(params![blob(Some(id)), self.now().millis()])?;
        Ok(())
    }
}
