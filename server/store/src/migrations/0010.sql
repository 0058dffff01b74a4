-- Which repository a workroom is on: what git said of its folder on this machine, so it is not in the log. `workspace` is
-- the folder that was looked at; when the workroom has another by now, the row is out of date.
CREATE TABLE repository (
  workroom  INTEGER PRIMARY KEY,
  workspace TEXT NOT NULL,
  key       TEXT NOT NULL
) STRICT;
CREATE INDEX repository_by_key ON repository (key);
