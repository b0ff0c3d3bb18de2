-- What its host tells of a repository, when it was last asked.
ALTER TABLE repositories ADD COLUMN description TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE repositories ADD COLUMN web_url TEXT COLLATE "C";
-- The host's name for our webhook there, while there is one.
ALTER TABLE repositories ADD COLUMN webhook_id TEXT COLLATE "C";
-- 'none': nobody tried. 'manual': the host did not let us, for the reason in webhook_message.
ALTER TABLE repositories ADD COLUMN webhook_state TEXT COLLATE "C" NOT NULL DEFAULT 'none'
    CHECK (webhook_state IN ('none', 'registered', 'manual'));
ALTER TABLE repositories ADD COLUMN webhook_message TEXT COLLATE "C" NOT NULL DEFAULT '';
