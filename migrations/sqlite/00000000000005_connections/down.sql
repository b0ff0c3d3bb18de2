ALTER TABLE connections DROP COLUMN rsa_public_key;
ALTER TABLE connections DROP COLUMN token_deleted_at;
