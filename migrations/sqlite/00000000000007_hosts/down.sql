ALTER TABLE repositories DROP COLUMN webhook_message;
ALTER TABLE repositories DROP COLUMN webhook_state;
ALTER TABLE repositories DROP COLUMN webhook_id;
ALTER TABLE repositories DROP COLUMN web_url;
ALTER TABLE repositories DROP COLUMN description;
