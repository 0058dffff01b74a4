-- What tokens and agents depend on.

-- The token with which a token was made, if any. Revoking that token revokes this one too.
ALTER TABLE token ADD COLUMN made_with BLOB;
CREATE INDEX token_made_with ON token (made_with) WHERE made_with IS NOT NULL;

-- The agents that have written. `bearer` is the actor who names the agent, as JSON; NULL is the local user.
CREATE TABLE agent (
  handle TEXT PRIMARY KEY COLLATE NOCASE,
  bearer TEXT
) STRICT, WITHOUT ROWID;
