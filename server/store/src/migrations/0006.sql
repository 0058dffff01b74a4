-- Of each row of the log: tells that it is as it was written.
ALTER TABLE event ADD COLUMN checksum INTEGER;
