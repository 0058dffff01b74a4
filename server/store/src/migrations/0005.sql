-- What tokens and agents hang on.

-- With which token a token was made, when it was with one: revoking that one revokes it too.
ALTER TABLE token ADD COLUMN made_with BLOB;
CREATE INDEX token_made_with ON token (made_with) WHERE made_with IS NOT NULL;

-- Whose agents have written. `bearer` is who names the agent, as JSON; NULL is the person at this machine.
CREATE TABLE agent (
  handle TEXT PRIMARY KEY COLLATE NOCASE,
  bearer TEXT
) STRICT, WITHOUT ROWID;
