-- Modules from one branch of their repository: empty for others.
ALTER TABLE modules ADD COLUMN branch TEXT NOT NULL DEFAULT '';
-- The number that is made from the head of the branch, until somebody makes it from another commit; and whether it still is to be.
ALTER TABLE modules ADD COLUMN initial_version TEXT;
ALTER TABLE modules ADD COLUMN initial_due BOOLEAN NOT NULL DEFAULT FALSE;
-- JSON, as its owner gave it.
ALTER TABLE modules ADD COLUMN test_config TEXT;
-- The branch of the module when the version was made.
ALTER TABLE module_versions ADD COLUMN branch TEXT;
