-- The approver secret, hashed with Argon2id, and how often a wrong one was given. `generation` is new with each secret:
-- a connection that gave an earlier one is not let through by the next. One row, or none.
CREATE TABLE approver (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  hash       TEXT NOT NULL,
  set_at     INTEGER NOT NULL,
  generation BLOB NOT NULL,
  failures   INTEGER NOT NULL DEFAULT 0,
  retry_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
