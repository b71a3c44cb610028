-- The sessions of a deleted user stay, revoked, until their tokens have expired: the status lists need them. SQLite
-- drops a foreign key only with its table.
CREATE TABLE new_sessions (
    id                 TEXT    NOT NULL PRIMARY KEY,
    user_id            INTEGER NOT NULL,
    current_jti        TEXT    NOT NULL,  -- the newest refresh token
    previous_jti       TEXT,              -- the one before it: good until the newest is used
    issued_at          INTEGER NOT NULL,  -- of the newest refresh token, Unix seconds
    refresh_expires_at INTEGER NOT NULL,  -- likewise
    expires_at         INTEGER NOT NULL,  -- no token of the family, access tokens included, lives longer
    revoked_at         INTEGER,
    status_list        INTEGER,           -- place in the Token Status Lists; NULL: its tokens name none
    status_idx         INTEGER,
    published_at       INTEGER            -- when its end was told to Redis, Unix seconds
) STRICT;

INSERT INTO new_sessions
    SELECT id, user_id, current_jti, previous_jti, issued_at, refresh_expires_at, expires_at, revoked_at, NULL, NULL, NULL
    FROM sessions;
DROP TABLE sessions;
ALTER TABLE new_sessions RENAME TO sessions;

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE UNIQUE INDEX sessions_by_status ON sessions (status_list, status_idx);
CREATE INDEX sessions_to_publish ON sessions (revoked_at) WHERE revoked_at IS NOT NULL AND published_at IS NULL;
