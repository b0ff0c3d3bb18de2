-- The last attempt to make a version, step by step; the last step is `ok_at`. `attempt_error` says why it failed although the
-- version is ok, and stays so; of one that is not, that is `error_message`.
ALTER TABLE module_versions ADD COLUMN queued_at BIGINT;
ALTER TABLE module_versions ADD COLUMN fetched_at BIGINT;
ALTER TABLE module_versions ADD COLUMN archived_at BIGINT;
ALTER TABLE module_versions ADD COLUMN attempt_error TEXT COLLATE "C";
UPDATE module_versions SET queued_at = created_at WHERE status <> 'not_uploaded';
UPDATE module_versions SET fetched_at = created_at, archived_at = created_at WHERE archive_sha256 IS NOT NULL;
-- The commit that its owner wants published instead of the present one, until that is done or has failed.
ALTER TABLE module_versions ADD COLUMN accepted TEXT COLLATE "C";
-- Since when no tag stands for it any more.
ALTER TABLE module_versions ADD COLUMN vanished_at BIGINT;
