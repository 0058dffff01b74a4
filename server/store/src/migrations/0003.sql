-- What members made of their inboxes. Not in the log: it is nobody else's business.
--
-- A position is `changed`, the head of the log when something changed, and `turn`, which tells apart what changed at
-- one head: both only grow, so that whoever is told of changes goes on from the last one.

-- Everybody who has an inbox. Their keys outlive what is derived from the log.
CREATE TABLE reader (
  row    INTEGER PRIMARY KEY,
  kind   TEXT NOT NULL,
  handle TEXT NOT NULL COLLATE NOCASE,
  UNIQUE (kind, handle)
) STRICT;

-- What a member made of a thread. `done_upto` only grows and is told; `done_floor` is what holds, and `done_before`
-- what it goes back to when they take back what they were done with.
CREATE TABLE inbox_state (
  reader        INTEGER NOT NULL,
  thread        INTEGER NOT NULL,
  read_upto     INTEGER NOT NULL,
  done_upto     INTEGER NOT NULL,
  done_floor    INTEGER NOT NULL,
  done_before   INTEGER NOT NULL,
  reopened      INTEGER NOT NULL,
  snoozed_until INTEGER,
  snoozed_at    INTEGER NOT NULL,
  saved         INTEGER NOT NULL,
  level         TEXT,
  changed       INTEGER NOT NULL,
  turn          INTEGER NOT NULL,
  PRIMARY KEY (reader, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_state_of_thread ON inbox_state (thread);
CREATE INDEX inbox_state_by_snooze ON inbox_state (reader, snoozed_until) WHERE snoozed_until IS NOT NULL;

-- What a member wants to hear of a workroom.
CREATE TABLE inbox_level (
  reader   INTEGER NOT NULL,
  workroom INTEGER NOT NULL,
  level    TEXT,
  changed  INTEGER NOT NULL,
  turn     INTEGER NOT NULL,
  PRIMARY KEY (reader, workroom)
) STRICT, WITHOUT ROWID;
