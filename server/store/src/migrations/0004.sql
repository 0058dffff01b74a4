-- Which token an entry of the trail is about, when it tells that one was made or revoked.
ALTER TABLE audit ADD COLUMN about BLOB;
CREATE INDEX audit_about_token ON audit (about) WHERE about IS NOT NULL;
