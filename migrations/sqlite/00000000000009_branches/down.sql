ALTER TABLE module_versions DROP COLUMN branch;
ALTER TABLE modules DROP COLUMN test_config;
ALTER TABLE modules DROP COLUMN initial_due;
ALTER TABLE modules DROP COLUMN initial_version;
ALTER TABLE modules DROP COLUMN branch;
