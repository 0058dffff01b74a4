-- The token that an entry of the audit trail is about, if the entry records that one was made or revoked.
ALTER TABLE audit ADD COLUMN about BLOB;
CREATE INDEX audit_about_token ON audit (about) WHERE about IS NOT NULL;
