-- The repository of a workroom. It is what git reports about the folder on this machine, so it is not in the log.
-- `workspace` is the folder that was looked up. If the workroom has a different folder now, the row is out of date.
CREATE TABLE repository (
  workroom  INTEGER PRIMARY KEY,
  workspace TEXT NOT NULL,
  key       TEXT NOT NULL
) STRICT;
CREATE INDEX repository_by_key ON repository (key);
