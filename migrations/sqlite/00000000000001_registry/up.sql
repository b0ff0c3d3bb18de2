-- Times are milliseconds since 1970 UTC, taken from the database's clock. Ids are text, made by the program.

-- What the installation itself remembers: its identity, and which keys it was set up with.
CREATE TABLE installation (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- Accounts, environments, module namespaces and the installation: one space of names.
CREATE TABLE scopes (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('installation', 'account', 'environment', 'module_namespace')),
    name TEXT NOT NULL,
    parent_id TEXT REFERENCES scopes (id),
    email TEXT NOT NULL,
    -- JSON object: attributes that clients sent and expect back.
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Every name that resolves, in lower case. A former name keeps resolving until somebody else takes it.
CREATE TABLE scope_names (
    name_key TEXT PRIMARY KEY NOT NULL,
    scope_id TEXT NOT NULL REFERENCES scopes (id) ON DELETE CASCADE
);
CREATE INDEX scope_names_scope ON scope_names (scope_id);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    is_service BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- NULL: every scope.
    scope_id TEXT REFERENCES scopes (id) ON DELETE CASCADE,
    rights TEXT NOT NULL CHECK (rights IN ('read', 'publish', 'admin')),
    -- HMAC of the token; the token itself is shown once and never stored.
    hash TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_scope ON tokens (scope_id);

-- Connections to Git hosts. One row has several faces: oc- (client), ot- (token), vcs- (provider).
CREATE TABLE connections (
    id TEXT PRIMARY KEY NOT NULL,
    scope_id TEXT NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT,
    http_url TEXT NOT NULL,
    api_url TEXT NOT NULL,
    -- For plain Git the user name.
    client_key TEXT,
    -- AEAD under the seal keys, bound to this row.
    secret_sealed TEXT,
    organization_scoped BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX connections_scope ON connections (scope_id);

-- A repository at a host. Modules share it; it owns the webhook, the mirror and the sync.
CREATE TABLE repositories (
    id TEXT PRIMARY KEY NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,
    -- The host's lasting id, which survives a rename.
    remote_id TEXT,
    webhook_uuid TEXT NOT NULL UNIQUE,
    webhook_secret_sealed TEXT,
    default_branch TEXT,
    -- SHA-256 over names and commits of the tags last seen.
    refs_digest TEXT,
    last_error TEXT,
    failures INTEGER NOT NULL,
    last_synced_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (connection_id, identifier)
);

CREATE TABLE modules (
    id TEXT PRIMARY KEY NOT NULL,
    scope_id TEXT NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    -- Whose name is the first part of the address: the scope, or a module namespace.
    namespace_id TEXT NOT NULL REFERENCES scopes (id),
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    publishing TEXT NOT NULL,
    repository_id TEXT REFERENCES repositories (id),
    display_identifier TEXT NOT NULL,
    source_directory TEXT NOT NULL,
    tag_prefix TEXT NOT NULL,
    vanished_tags TEXT NOT NULL CHECK (vanished_tags IN ('keep', 'remove')),
    status TEXT NOT NULL,
    error_message TEXT,
    description TEXT NOT NULL,
    no_code BOOLEAN NOT NULL,
    -- The version that "latest" means: the highest stable one that is ok, else the highest.
    latest_version_id TEXT,
    downloads BIGINT NOT NULL,
    -- Moves with every change that an answer about the module may show.
    revision BIGINT NOT NULL,
    -- Flags (jobs.args) for the next look at the tags: of this module alone, while the job is of the whole repository.
    wish BIGINT NOT NULL,
    -- When the tags of its repository were last looked at for it.
    synced_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (namespace_id, name, provider)
);
CREATE INDEX modules_scope ON modules (scope_id, name, provider);
CREATE INDEX modules_repository ON modules (repository_id);

CREATE TABLE module_versions (
    id TEXT PRIMARY KEY NOT NULL,
    module_id TEXT NOT NULL REFERENCES modules (id) ON DELETE CASCADE,
    -- Normal form, without a leading v.
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    tag TEXT,
    commit_sha TEXT,
    -- Where the tag, or a second spelling of it, points now, when that is another commit than the one published.
    moved_to TEXT,
    status TEXT NOT NULL,
    stage TEXT,
    error_message TEXT,
    -- SHA-256 of the stored tar.gz, and of the tar inside: the second survives a change of compressor.
    archive_sha256 TEXT,
    tar_sha256 TEXT,
    archive_size BIGINT NOT NULL,
    -- Directory of the archive at which the module lives; empty where that is its top.
    archive_directory TEXT NOT NULL,
    -- JSON array of {path, reason}: what was left out of the archive.
    notes TEXT NOT NULL,
    -- The upload that was last completed, in the staging area.
    upload_key TEXT,
    upload_sha256 TEXT,
    -- JSON: providers and dependencies of root and submodules, as the list of versions shows them.
    summary TEXT,
    published_at BIGINT,
    -- From then on the bytes never change.
    sealed_at BIGINT,
    ok_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (module_id, version)
);
CREATE INDEX module_versions_archive ON module_versions (archive_sha256);

-- Documentation and READMEs, once per distinct content.
CREATE TABLE documents (
    digest TEXT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL
);

-- The documented directories of a version.
CREATE TABLE version_parts (
    version_id TEXT NOT NULL REFERENCES module_versions (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    docs_digest TEXT NOT NULL REFERENCES documents (digest),
    readme_digest TEXT REFERENCES documents (digest),
    PRIMARY KEY (version_id, path)
);
CREATE INDEX version_parts_docs ON version_parts (docs_digest);
CREATE INDEX version_parts_readme ON version_parts (readme_digest);

-- A reference exists before the blob is put; what has none may be condemned.
CREATE TABLE blob_references (
    sha256 TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (sha256, owner_id)
);
CREATE INDEX blob_references_owner ON blob_references (owner_id);

-- Blobs without a reference, to be deleted once nobody can still be reading them.
CREATE TABLE condemned_blobs (
    sha256 TEXT PRIMARY KEY NOT NULL,
    delete_after BIGINT NOT NULL
);

-- Outlive the module: the same address and version comes back only with the same content.
CREATE TABLE tombstones (
    namespace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    version TEXT NOT NULL,
    -- NULL: it never had content, so any may come.
    tar_sha256 TEXT,
    deleted_at BIGINT NOT NULL,
    PRIMARY KEY (namespace_id, name, provider, version)
);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    -- For fairness between tenants.
    scope_id TEXT NOT NULL,
    -- Flags; those of a second request are OR-ed in.
    args BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'dead')),
    attempt INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    lease_until BIGINT,
    run_after BIGINT NOT NULL,
    dispatched_at BIGINT,
    again BOOLEAN NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_active ON jobs (kind, target) WHERE state <> 'dead';
-- What the dispatcher asks for many times a second must not depend on how long the backlog is: the next of all, the next
-- of each scope, what was announced, and what runs.
CREATE INDEX jobs_due ON jobs (kind, run_after) WHERE state = 'queued' AND dispatched_at IS NULL;
CREATE INDEX jobs_waiting ON jobs (kind, scope_id, run_after, id) WHERE state = 'queued' AND dispatched_at IS NULL;
CREATE INDEX jobs_announced ON jobs (kind, dispatched_at) WHERE dispatched_at IS NOT NULL;
CREATE INDEX jobs_running ON jobs (kind, lease_until) WHERE state = 'running';
CREATE INDEX jobs_target ON jobs (target);

CREATE TABLE audit_entries (
    id TEXT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    token_id TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    scope_id TEXT,
    outcome TEXT NOT NULL
);
CREATE INDEX audit_entries_at ON audit_entries (at);
CREATE INDEX audit_entries_scope ON audit_entries (scope_id, at);
