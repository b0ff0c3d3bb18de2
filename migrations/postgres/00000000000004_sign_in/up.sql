-- Who is signed in at the pages, and the codes that `terraform login` exchanges for a token.

CREATE TABLE sessions (
    -- HMAC of what the cookie holds.
    hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    -- Of the last request, to the minute.
    seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_created ON sessions (created_at);

-- A code is kept for a day after it was used, so that a second use is recognised.
CREATE TABLE login_codes (
    -- HMAC of the code.
    hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL,
    redirect_uri TEXT COLLATE "C" NOT NULL,
    -- SHA-256 of the verifier, in base64url.
    challenge TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    -- The token that came of it, which may be gone by now.
    token_id TEXT COLLATE "C"
);
CREATE INDEX login_codes_user ON login_codes (user_id);
CREATE INDEX login_codes_created ON login_codes (created_at);
