ALTER TABLE module_versions DROP COLUMN vanished_at;
ALTER TABLE module_versions DROP COLUMN accepted;
ALTER TABLE module_versions DROP COLUMN attempt_error;
ALTER TABLE module_versions DROP COLUMN archived_at;
ALTER TABLE module_versions DROP COLUMN fetched_at;
ALTER TABLE module_versions DROP COLUMN queued_at;
