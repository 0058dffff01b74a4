-- The owner of the store, handles, and the sessions of agents.
--
-- `key` and `shape` of a handle are for comparing it with others: its skeleton in lower case, and its skeleton as
-- written.

-- Every handle that the owner has had. The current one is `owner` in `meta`.
CREATE TABLE owner_name (
  handle TEXT PRIMARY KEY COLLATE NOCASE,
  key    TEXT NOT NULL,
  shape  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `expired`: the token was found to be expired, and stays so if the clock is set back.
ALTER TABLE token ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN shape TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
CREATE INDEX token_by_key ON token (key);
CREATE INDEX token_by_shape ON token (shape);

ALTER TABLE agent ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN shape TEXT NOT NULL DEFAULT '';
CREATE INDEX agent_by_key ON agent (key);
CREATE INDEX agent_by_shape ON agent (shape);

-- Sessions of agents. `principal` is the token of the session; NULL is the owner. `agent` is the agent's own name,
-- `stem` the first handle that the agent may have, and `handle` that one, or with a number while another session has
-- it. `digest` is the digest of the key with which a client resumes its session. A session with `live` set may have
-- ended: it is live only while the lock of its file beside the store is held.
CREATE TABLE session (
  id         BLOB PRIMARY KEY,
  principal  BLOB,
  agent      TEXT NOT NULL,
  stem       TEXT NOT NULL,
  handle     TEXT NOT NULL,
  key        TEXT NOT NULL,
  shape      TEXT NOT NULL,
  digest     BLOB,
  live       INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_by_digest ON session (digest) WHERE digest IS NOT NULL;
CREATE INDEX live_session_by_key ON session (key) WHERE live = 1;
CREATE INDEX live_session_by_shape ON session (shape) WHERE live = 1;

-- The rows of the workrooms of the first result. A caller who no longer sees them does not get that result.
ALTER TABLE idempotency ADD COLUMN rooms TEXT NOT NULL DEFAULT '[]';

-- For finding the token with which an event was written.
CREATE INDEX audit_of_events ON audit (last_seq) WHERE token IS NOT NULL AND last_seq IS NOT NULL;

-- Former handles of readers.
CREATE TABLE reader_alias (
  kind   TEXT NOT NULL,
  handle TEXT NOT NULL COLLATE NOCASE,
  reader INTEGER NOT NULL,
  PRIMARY KEY (kind, handle)
) STRICT, WITHOUT ROWID;
CREATE INDEX reader_alias_of_reader ON reader_alias (reader);
