-- Thumbprint of the key that vouched for the session; NULL for sessions older than this record.
ALTER TABLE sessions ADD COLUMN kid TEXT;
-- Whether the session began with a token of another system: it then ends with the trust in that key.
ALTER TABLE sessions ADD COLUMN taken_over BOOLEAN NOT NULL DEFAULT FALSE;

-- Keys that were removed with all their sessions: no session of theirs begins any more.
CREATE TABLE ended_keys (
    kid      TEXT   NOT NULL PRIMARY KEY,
    ended_at BIGINT NOT NULL  -- Unix seconds
);
