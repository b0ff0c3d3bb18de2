-- Users who sign in, what each may do where, tokens of organizations and services, and an audit log that can be searched.

-- NULL: cannot sign in with a password.
ALTER TABLE users ADD COLUMN password_hash TEXT;
-- Who it is at an OpenID Connect provider: both or neither.
ALTER TABLE users ADD COLUMN issuer TEXT;
ALTER TABLE users ADD COLUMN subject TEXT;
-- From then on none of its tokens is accepted.
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
-- Of a service user: the organization that it acts for.
ALTER TABLE users ADD COLUMN scope_id TEXT REFERENCES scopes (id) ON DELETE CASCADE;
CREATE UNIQUE INDEX users_identity ON users (issuer, subject);
CREATE UNIQUE INDEX users_name ON users (lower(username));
CREATE UNIQUE INDEX users_scope ON users (scope_id);

-- What a user may do at most, whatever the token says.
CREATE TABLE memberships (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- NULL: the whole installation.
    scope_id TEXT REFERENCES scopes (id) ON DELETE CASCADE,
    rights TEXT NOT NULL CHECK (rights IN ('read', 'publish', 'admin')),
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX memberships_user ON memberships (user_id, scope_id);
CREATE UNIQUE INDEX memberships_everywhere ON memberships (user_id) WHERE scope_id IS NULL;
CREATE INDEX memberships_scope ON memberships (scope_id);

-- Only tokens of users are limited by memberships. tokens.scope_id is the organization that a token belongs to, and where
-- it reaches stands here.
ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'service' CHECK (kind IN ('administrator', 'user', 'organization', 'service'));
ALTER TABLE tokens ADD COLUMN everywhere BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tokens ADD COLUMN created_by TEXT REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX tokens_created_by ON tokens (created_by);
CREATE UNIQUE INDEX tokens_organization ON tokens (scope_id) WHERE kind = 'organization' AND revoked_at IS NULL;
CREATE TABLE token_scopes (
    token_id TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    scope_id TEXT NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    PRIMARY KEY (token_id, scope_id)
);
CREATE INDEX token_scopes_scope ON token_scopes (scope_id);
INSERT INTO token_scopes (token_id, scope_id) SELECT id, scope_id FROM tokens WHERE scope_id IS NOT NULL;
UPDATE tokens SET everywhere = TRUE WHERE scope_id IS NULL;
UPDATE tokens SET kind = 'administrator' WHERE label = 'administrator' AND scope_id IS NULL;

-- The name as it was, since users may go.
ALTER TABLE audit_entries ADD COLUMN username TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
-- Of the client.
ALTER TABLE audit_entries ADD COLUMN address TEXT NOT NULL DEFAULT '';
UPDATE audit_entries SET username = COALESCE((SELECT users.username FROM users WHERE users.id = audit_entries.user_id), '');
CREATE INDEX audit_entries_action ON audit_entries (action, at);
CREATE INDEX audit_entries_user ON audit_entries (user_id, at);
CREATE INDEX audit_entries_username ON audit_entries (username, at);
