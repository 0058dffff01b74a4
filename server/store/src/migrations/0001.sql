-- The log and what is derived from it.
--
-- The row of a workroom or thread is the seq of the event that created it. It is short, and stays the same whenever the
-- projections are rebuilt from the log. Times are milliseconds since 1970. Ids are 16 bytes.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The log. Rows are only ever added, in the order of `seq`.
CREATE TABLE event (
  seq      INTEGER PRIMARY KEY,
  id       BLOB NOT NULL UNIQUE,
  workroom INTEGER NOT NULL,
  thread   INTEGER,
  kind     TEXT NOT NULL,
  json     TEXT NOT NULL
) STRICT;
CREATE INDEX event_of_thread ON event (thread) WHERE thread IS NOT NULL;
CREATE INDEX event_of_workroom ON event (workroom);
-- Nine in ten events are of these three kinds. A scan finds a page of them quickly, but not a page of any other kind.
CREATE INDEX rare_event_of_thread ON event (thread, kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
CREATE INDEX rare_event_of_workroom ON event (workroom, kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
CREATE INDEX rare_event ON event (kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');

-- The result that a retry gets instead of a second write.
CREATE TABLE idempotency (
  caller TEXT NOT NULL,
  key    TEXT NOT NULL,
  body   BLOB NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
