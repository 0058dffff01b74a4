-- Each row of the log names the events before it, so that one which is missing is missed. What is compared comes before
-- the text: it is found without reading that.

DROP INDEX event_of_thread;
DROP INDEX event_of_workroom;
DROP INDEX rare_event_of_thread;
DROP INDEX rare_event_of_workroom;
DROP INDEX rare_event;
ALTER TABLE event RENAME TO unlinked_event;

-- The log. Rows are only ever added, seq by seq. `workroom_before` and `thread_before` are the seq of the event before
-- it in its workroom and in its thread, 0 in the first. `checksum` is of all the others.
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
-- Nine in ten events are of these three kinds: a page of them is found by scanning, one of any other kind is not.
CREATE INDEX rare_event_of_thread ON event (thread, kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
CREATE INDEX rare_event_of_workroom ON event (workroom, kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
CREATE INDEX rare_event ON event (kind)
  WHERE kind NOT IN ('message', 'tool_call', 'tool_result');
