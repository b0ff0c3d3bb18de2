DROP INDEX scopes_parent;
DROP TABLE namespace_shares;
DROP TABLE connection_settings;
DROP TABLE connection_shares;
ALTER TABLE modules DROP COLUMN own_description;
ALTER TABLE modules DROP COLUMN written_directory;
ALTER TABLE scopes DROP COLUMN created_by;
ALTER TABLE modules DROP COLUMN created_by;
