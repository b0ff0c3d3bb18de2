-- Its owner took the token away: there is none until it is given another one.
ALTER TABLE connections ADD COLUMN token_deleted_at BIGINT;
-- Kept because clients expect it back.
ALTER TABLE connections ADD COLUMN rsa_public_key TEXT COLLATE "C";
