-- All keys that a workroom's folder has had. A folder has a different key with and without git, and both keys must find
-- the same workroom.
ALTER TABLE repository RENAME TO repository_before;
CREATE TABLE repository (
  workroom  INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  key       TEXT NOT NULL,
  PRIMARY KEY (workroom, key)
) STRICT, WITHOUT ROWID;
INSERT INTO repository SELECT workroom, workspace, key FROM repository_before;
INSERT OR IGNORE INTO repository SELECT workroom, workspace, 'folder:' || workspace FROM repository_before;
DROP TABLE repository_before;
CREATE INDEX repository_by_key ON repository (key);
