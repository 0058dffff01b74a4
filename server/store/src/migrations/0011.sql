-- All keys that each folder of a workroom has had. A folder has a different key with and without git, and both keys must
-- find the same workroom. A workroom can return to an earlier folder.
ALTER TABLE repository RENAME TO repository_before;
CREATE TABLE repository (
  workroom  INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  key       TEXT NOT NULL,
  PRIMARY KEY (workroom, workspace, key)
) STRICT, WITHOUT ROWID;
INSERT INTO repository SELECT workroom, workspace, key FROM repository_before;
INSERT OR IGNORE INTO repository SELECT workroom, workspace, 'folder:' || workspace FROM repository_before;
DROP TABLE repository_before;
CREATE INDEX repository_by_key ON repository (key);
