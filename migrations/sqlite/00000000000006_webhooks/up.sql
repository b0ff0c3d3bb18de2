-- What hosts told of a repository, for its owners to read; kept for 30 days.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    repository_id TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    -- The host's name for it, by which a repetition is known. None of what had no effect: it may come again, and then have one.
    delivery_id TEXT,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('sync', 'ignored', 'malformed', 'refused')),
    message TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    UNIQUE (repository_id, delivery_id)
);
CREATE INDEX webhook_deliveries_repository ON webhook_deliveries (repository_id, received_at);
CREATE INDEX webhook_deliveries_received ON webhook_deliveries (received_at);
