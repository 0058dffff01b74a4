-- What is derived from the log, in the transaction of each event. Dropping and rebuilding these loses nothing.

CREATE TABLE workroom (
  row            INTEGER PRIMARY KEY,
  id             BLOB NOT NULL UNIQUE,
  title          TEXT NOT NULL,
  workspace      TEXT,
  repo_host      TEXT,
  repo_owner     TEXT,
  repo_name      TEXT,
  branch         TEXT,
  owner          TEXT NOT NULL,
  visibility     TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  archived_at    INTEGER,
  head_seq       INTEGER NOT NULL,
  active_threads INTEGER NOT NULL
) STRICT;
CREATE INDEX workroom_by_activity ON workroom (head_seq);

CREATE TABLE thread (
  row          INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE,
  workroom     INTEGER NOT NULL,
  title        TEXT NOT NULL,
  kind         TEXT NOT NULL,
  participants TEXT NOT NULL,
  refs         TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  archived_at  INTEGER,
  head_seq     INTEGER NOT NULL,
  spoken       INTEGER NOT NULL,
  last_work    TEXT NOT NULL,
  open_asks    INTEGER NOT NULL,
  open_failures INTEGER NOT NULL,
  status       TEXT NOT NULL,
  active       INTEGER NOT NULL,
  archived     INTEGER NOT NULL,
  told         INTEGER NOT NULL
) STRICT;
CREATE INDEX thread_by_activity ON thread (head_seq);
CREATE INDEX thread_of_workroom ON thread (workroom, head_seq);
CREATE INDEX active_thread ON thread (head_seq) WHERE active = 1;

-- Approvals and questions that wait, and failures that stand: which attempt failed, and the event that asked for the
-- next one while it is under way.
CREATE TABLE open_item (
  seq      INTEGER PRIMARY KEY,
  event_id BLOB NOT NULL UNIQUE,
  workroom INTEGER NOT NULL,
  thread   INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  actor    TEXT NOT NULL,
  attempt  INTEGER NOT NULL,
  retry    BLOB
) STRICT;
CREATE INDEX open_item_of_thread ON open_item (thread, kind);
CREATE INDEX open_item_of_workroom ON open_item (workroom, kind);

-- Approvals as they stand, by the seq of the event that asked for them.
CREATE TABLE approval (
  row        INTEGER PRIMARY KEY,
  id         BLOB NOT NULL UNIQUE,
  workroom   INTEGER NOT NULL,
  thread     INTEGER NOT NULL,
  state      TEXT NOT NULL,
  expires_at INTEGER,
  json       TEXT NOT NULL
) STRICT;
CREATE INDEX approval_of_thread ON approval (thread);
CREATE INDEX approval_of_workroom ON approval (workroom);
CREATE INDEX approval_pending ON approval (row) WHERE state = 'pending';
CREATE INDEX approval_due ON approval (expires_at) WHERE state = 'pending' AND expires_at IS NOT NULL;

CREATE TABLE participant (
  thread   INTEGER NOT NULL,
  who      TEXT NOT NULL,
  workroom INTEGER NOT NULL,
  events   INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (thread, who)
) STRICT, WITHOUT ROWID;
CREATE INDEX participant_of_workroom ON participant (workroom);

CREATE TABLE artifact (
  seq      INTEGER PRIMARY KEY,
  id       BLOB NOT NULL UNIQUE,
  workroom INTEGER NOT NULL,
  thread   INTEGER NOT NULL,
  json     TEXT NOT NULL
) STRICT;
CREATE INDEX artifact_of_thread ON artifact (thread);
CREATE INDEX artifact_of_workroom ON artifact (workroom);

-- The words of every event. Without contents: the log has them.
CREATE VIRTUAL TABLE search USING fts5 (
  text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);

-- Everybody who belongs to a workroom or was mentioned in one, in all of the store.
CREATE TABLE actor (
  row    INTEGER PRIMARY KEY,
  kind   TEXT NOT NULL,
  handle TEXT NOT NULL COLLATE NOCASE,
  UNIQUE (kind, handle)
) STRICT;

-- Who belongs to a workroom. Who was not `added` took part with the rights of another, such as an agent of the person
-- at this machine: they are members to be mentioned, but it opens no door to their tokens.
CREATE TABLE member (
  row          INTEGER PRIMARY KEY,
  workroom     INTEGER NOT NULL,
  actor        INTEGER NOT NULL,
  handle       TEXT NOT NULL COLLATE NOCASE,
  role         TEXT NOT NULL,
  display_name TEXT,
  added        INTEGER NOT NULL,
  added_at     INTEGER NOT NULL,
  added_by     TEXT NOT NULL,
  since        INTEGER NOT NULL,
  UNIQUE (workroom, handle)
) STRICT;
CREATE INDEX member_by_actor ON member (actor);
CREATE INDEX member_by_handle ON member (handle) WHERE added = 1;
