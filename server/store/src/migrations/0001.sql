-- The log and what is derived from it.
--
-- A workroom and a thread are known inside the store by the seq of the event that created them: short, and the same
-- whenever the projections are rebuilt from the log. Times are milliseconds since 1970. Ids are 16 bytes.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The log. Rows are only ever added, seq by seq.
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
-- Nine in ten events are of these three kinds: a page of them is found by scanning, one of any other kind is not.
CREATE INDEX rare_event_of_thread ON event (thread, kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
CREATE INDEX rare_event_of_workroom ON event (workroom, kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
CREATE INDEX rare_event ON event (kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');

-- What a retry gets instead of a second write.
CREATE TABLE idempotency (
  caller TEXT NOT NULL,
  key    TEXT NOT NULL,
  body   BLOB NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
