-- What its owner says of a version that is published: it had better not be used, or it must not be. The second only after the first.
ALTER TABLE module_versions ADD COLUMN deprecated_at BIGINT;
ALTER TABLE module_versions ADD COLUMN deprecation_reason TEXT;
ALTER TABLE module_versions ADD COLUMN deprecation_link TEXT;
ALTER TABLE module_versions ADD COLUMN revoked_at BIGINT;
ALTER TABLE module_versions ADD COLUMN revocation_message TEXT;
ALTER TABLE module_versions ADD COLUMN revocation_link TEXT;

-- Keys and values that owners put on modules and versions: each belongs to one of the two.
CREATE TABLE tag_bindings (
    id TEXT PRIMARY KEY NOT NULL,
    module_id TEXT REFERENCES modules (id) ON DELETE CASCADE,
    version_id TEXT REFERENCES module_versions (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    CHECK ((module_id IS NULL) <> (version_id IS NULL)),
    UNIQUE (module_id, key),
    UNIQUE (version_id, key)
);

-- Lists are counted and paged in an index alone: of one scope, and of all.
DROP INDEX modules_scope;
CREATE INDEX modules_scope ON modules (scope_id, namespace_id, name, provider, latest_version_id, id);
CREATE INDEX modules_listed ON modules (namespace_id, name, provider, latest_version_id, id);
