-- One row for each login: the family of all refresh tokens that come from it.
CREATE TABLE sessions (
    id                 TEXT    NOT NULL PRIMARY KEY,
    user_id            INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    current_jti        TEXT    NOT NULL,  -- the newest refresh token
    previous_jti       TEXT,              -- the one before it: good until the newest is used
    issued_at          INTEGER NOT NULL,  -- of the newest refresh token, Unix seconds
    refresh_expires_at INTEGER NOT NULL,  -- likewise
    expires_at         INTEGER NOT NULL,  -- no token of the family, access tokens included, lives longer
    revoked_at         INTEGER
) STRICT;

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Tokens that name no session (of SimpleJWT, with the same key) and are not newer than this are refused.
ALTER TABLE users ADD COLUMN sessions_ended_at INTEGER NOT NULL DEFAULT 0;
