-- Detects changes to a row of the log.
ALTER TABLE event ADD COLUMN checksum INTEGER;
