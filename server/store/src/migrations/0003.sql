-- Members' state for their inboxes. It is not in the log, because it is private to the member.
--
-- The position of a change is `changed`, the head of the log at the time, and `turn`, which distinguishes changes at
-- the same head. Both only grow, so that a follower can continue from the last change it received.

-- Everybody who has an inbox. The keys survive a rebuild of the projections.
CREATE TABLE reader (
  row    INTEGER PRIMARY KEY,
  kind   TEXT NOT NULL,
  handle TEXT NOT NULL COLLATE NOCASE,
  UNIQUE (kind, handle)
) STRICT;

-- A member's state for a thread. `done_upto` only grows and is shown to the member. `done_floor` is the position that
-- counts, and reopening the thread resets it to `done_before`.
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

-- A member's notification level for a workroom.
CREATE TABLE inbox_level (
  reader   INTEGER NOT NULL,
  workroom INTEGER NOT NULL,
  level    TEXT,
  changed  INTEGER NOT NULL,
  turn     INTEGER NOT NULL,
  PRIMARY KEY (reader, workroom)
) STRICT, WITHOUT ROWID;
