-- The approver secret, hashed with Argon2id, and the number of wrong attempts. `generation` differs for each secret, so
-- a connection that gave an earlier secret is not accepted with the next one. The table has one row or none.
CREATE TABLE approver (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  hash       TEXT NOT NULL,
  set_at     INTEGER NOT NULL,
  generation BLOB NOT NULL,
  failures   INTEGER NOT NULL DEFAULT 0,
  retry_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
