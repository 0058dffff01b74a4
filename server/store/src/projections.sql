-- Everything derived from the log. Each event updates it in its own transaction. Dropping and rebuilding it loses
-- nothing.

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
  active_threads INTEGER NOT NULL,
  merged_into    INTEGER
) STRICT;
CREATE INDEX workroom_by_activity ON workroom (head_seq);
-- Workrooms that were merged into another one. `merged_into` is always the final one, never a chain.
CREATE INDEX workroom_merged ON workroom (merged_into) WHERE merged_into IS NOT NULL;

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
  told         INTEGER NOT NULL,
  branch       TEXT
) STRICT;
CREATE INDEX thread_by_activity ON thread (head_seq);
CREATE INDEX thread_of_workroom ON thread (workroom, head_seq);
CREATE INDEX active_thread ON thread (head_seq) WHERE active = 1;

-- Pending approvals and questions, and open failures. `attempt` is the attempt that failed, and `retry` the event that
-- requested the next one, while that is in progress. `actor` of an imported item begins with its origin.
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

-- The current state of approvals. `row` is the seq of the event that requested the approval.
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

-- The imported events of a thread, by their ids in the source.
CREATE TABLE imported (
  thread INTEGER NOT NULL,
  source TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  PRIMARY KEY (thread, source)
) STRICT, WITHOUT ROWID;

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

-- The words of every event. The index stores no content, because the log has it.
CREATE VIRTUAL TABLE search USING fts5 (
  text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);

-- Everybody in the store who is a member of a workroom or was mentioned in one.
CREATE TABLE actor (
  row    INTEGER PRIMARY KEY,
  kind   TEXT NOT NULL,
  handle TEXT NOT NULL COLLATE NOCASE,
  UNIQUE (kind, handle)
) STRICT;

-- The members of workrooms. A member who was not `added` took part with somebody else's rights, such as an agent of the
-- local user. Others can mention them, but their tokens give no access to the workroom.
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
  key          TEXT NOT NULL,
  shape        TEXT NOT NULL,
  UNIQUE (workroom, handle)
) STRICT;
CREATE INDEX member_by_actor ON member (actor);
CREATE INDEX member_by_handle ON member (handle) WHERE added = 1;
-- For finding handles that look alike.
CREATE INDEX member_by_key ON member (workroom, key);
CREATE INDEX added_member_by_key ON member (key) WHERE added = 1;
CREATE INDEX added_member_by_shape ON member (shape) WHERE added = 1;

-- The events that are for a member. `tally` has, for each reason, how often it occurred up to this event and where it
-- last did. So the number of events after a position is the difference of two rows.
CREATE TABLE notice (
  reader INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  tally  TEXT NOT NULL,
  PRIMARY KEY (reader, thread, seq)
) STRICT, WITHOUT ROWID;

-- The inboxes, derived from the notices, the open items and the member's state for the thread. `views` has one bit per
-- view, and each view has an index in its list order.
CREATE TABLE inbox_item (
  row      INTEGER PRIMARY KEY,
  reader   INTEGER NOT NULL,
  thread   INTEGER NOT NULL,
  workroom INTEGER NOT NULL,
  newest   INTEGER NOT NULL,
  views    INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  turn     INTEGER NOT NULL,
  standing TEXT NOT NULL,
  UNIQUE (reader, thread)
) STRICT;
CREATE INDEX inbox_item_of_thread ON inbox_item (thread);
CREATE INDEX inbox_item_of_workroom ON inbox_item (reader, workroom);
CREATE INDEX inbox_item_by_change ON inbox_item (reader, changed, turn, thread);
CREATE INDEX inbox_all ON inbox_item (reader, newest) WHERE views & 1;
CREATE INDEX inbox_all_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 1;
CREATE INDEX inbox_direct ON inbox_item (reader, newest) WHERE views & 2;
CREATE INDEX inbox_direct_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 2;
CREATE INDEX inbox_mentions ON inbox_item (reader, newest) WHERE views & 4;
CREATE INDEX inbox_mentions_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 4;
CREATE INDEX inbox_active ON inbox_item (reader, newest) WHERE views & 8;
CREATE INDEX inbox_active_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 8;
CREATE INDEX inbox_needs_approval ON inbox_item (reader, newest) WHERE views & 16;
CREATE INDEX inbox_needs_approval_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 16;
CREATE INDEX inbox_needs_human ON inbox_item (reader, newest) WHERE views & 32;
CREATE INDEX inbox_needs_human_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 32;
CREATE INDEX inbox_failed ON inbox_item (reader, newest) WHERE views & 64;
CREATE INDEX inbox_failed_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 64;
CREATE INDEX inbox_receipts ON inbox_item (reader, newest) WHERE views & 128;
CREATE INDEX inbox_receipts_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 128;
CREATE INDEX inbox_saved ON inbox_item (reader, newest) WHERE views & 256;
CREATE INDEX inbox_saved_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 256;
CREATE INDEX inbox_snoozed ON inbox_item (reader, newest) WHERE views & 512;
CREATE INDEX inbox_snoozed_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 512;
CREATE INDEX inbox_done ON inbox_item (reader, newest) WHERE views & 1024;
CREATE INDEX inbox_done_of_workroom ON inbox_item (reader, workroom, newest) WHERE views & 1024;

-- The number of items with each bit of `views`, in each workroom. The workroom 0 has the totals.
CREATE TABLE inbox_count (
  reader   INTEGER NOT NULL,
  workroom INTEGER NOT NULL,
  v0       INTEGER NOT NULL DEFAULT 0,
  v1       INTEGER NOT NULL DEFAULT 0,
  v2       INTEGER NOT NULL DEFAULT 0,
  v3       INTEGER NOT NULL DEFAULT 0,
  v4       INTEGER NOT NULL DEFAULT 0,
  v5       INTEGER NOT NULL DEFAULT 0,
  v6       INTEGER NOT NULL DEFAULT 0,
  v7       INTEGER NOT NULL DEFAULT 0,
  v8       INTEGER NOT NULL DEFAULT 0,
  v9       INTEGER NOT NULL DEFAULT 0,
  v10      INTEGER NOT NULL DEFAULT 0,
  v11      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (reader, workroom)
) STRICT, WITHOUT ROWID;
