-- Who made a module or a scope. Stays when the user is gone, as in the audit log.
ALTER TABLE modules ADD COLUMN created_by TEXT COLLATE "C";
ALTER TABLE scopes ADD COLUMN created_by TEXT COLLATE "C";
-- The source directory as the client wrote it, for clients that compare.
ALTER TABLE modules ADD COLUMN written_directory TEXT COLLATE "C";
-- The description was given by hand: what the host says of the repository does not replace it.
ALTER TABLE modules ADD COLUMN own_description BOOLEAN NOT NULL DEFAULT FALSE;

-- Environments that may use a connection of their account, beside those of all connections that are open to the whole
-- organization.
CREATE TABLE connection_shares (
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    scope_id TEXT COLLATE "C" NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, scope_id)
);
CREATE INDEX connection_shares_scope ON connection_shares (scope_id);

-- Attributes of a connection that clients of the Scalr API sent and expect back, as a JSON object.
CREATE TABLE connection_settings (
    connection_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    settings TEXT COLLATE "C" NOT NULL
);

-- A module namespace that all of its account may use.
ALTER TABLE scopes ADD COLUMN is_shared BOOLEAN NOT NULL DEFAULT FALSE;

-- Environments that may use a module namespace that is not open to all of its account.
CREATE TABLE namespace_shares (
    namespace_id TEXT COLLATE "C" NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    scope_id TEXT COLLATE "C" NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    PRIMARY KEY (namespace_id, scope_id)
);
CREATE INDEX namespace_shares_scope ON namespace_shares (scope_id);

-- Rights in an account go down to its environments, with each look-up of a token.
CREATE INDEX scopes_parent ON scopes (parent_id);
