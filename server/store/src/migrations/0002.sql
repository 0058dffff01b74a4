-- Access tokens and the audit trail.

-- Tokens. The secret itself is not stored: `digest` is its SHA-256.
CREATE TABLE token (
  id         BLOB PRIMARY KEY,
  digest     BLOB NOT NULL UNIQUE,
  kind       TEXT NOT NULL,
  handle     TEXT NOT NULL COLLATE NOCASE,
  label      TEXT,
  scopes     TEXT NOT NULL,
  workrooms  TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  used_at    INTEGER
) STRICT;
CREATE INDEX token_by_handle ON token (handle);

-- The audit trail: actions by tokens, and changes of members and tokens. Rows are only ever added.
CREATE TABLE audit (
  id        INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  token     BLOB,
  actor     TEXT NOT NULL,
  method    TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  workroom  INTEGER,
  first_seq INTEGER,
  last_seq  INTEGER
) STRICT;
CREATE INDEX audit_of_token ON audit (token) WHERE token IS NOT NULL;
CREATE INDEX audit_of_workroom ON audit (workroom) WHERE workroom IS NOT NULL;
