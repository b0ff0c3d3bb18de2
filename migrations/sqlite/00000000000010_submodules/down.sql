ALTER TABLE module_versions DROP COLUMN submodules;
ALTER TABLE modules DROP COLUMN submodules;
