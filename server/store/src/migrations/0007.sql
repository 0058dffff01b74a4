-- Each row of the log names the events before it, which reveals a missing event. The columns to compare come before the
-- text, so that reading them does not read the text.

DROP INDEX event_of_thread;
DROP INDEX event_of_workroom;
DROP INDEX rare_event_of_thread;
DROP INDEX rare_event_of_workroom;
DROP INDEX rare_event;
ALTER TABLE event RENAME TO unlinked_event;

-- The log. Rows are only ever added, in the order of `seq`. `workroom_before` and `thread_before` are the seq of the
-- previous event in the workroom and in the thread, 0 for the first one. `checksum` covers all other columns.
CREATE TABLE event (
  seq             INTEGER PRIMARY KEY,
  id              BLOB NOT NULL UNIQUE,
  workroom        INTEGER NOT NULL,
  thread          INTEGER,
  kind            TEXT NOT NULL,
  workroom_before INTEGER NOT NULL,
  thread_before   INTEGER,
  checksum        INTEGER NOT NULL,
  json            TEXT NOT NULL
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
