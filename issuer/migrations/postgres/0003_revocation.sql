-- The sessions of a deleted user stay, revoked, until their tokens have expired: the status lists need them.
ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey;

-- Place in the Token Status Lists; NULL for a session whose tokens name none.
ALTER TABLE sessions ADD COLUMN status_list BIGINT;
ALTER TABLE sessions ADD COLUMN status_idx BIGINT;
-- When its end was told to Redis, Unix seconds.
ALTER TABLE sessions ADD COLUMN published_at BIGINT;

CREATE UNIQUE INDEX sessions_by_status ON sessions (status_list, status_idx);
CREATE INDEX sessions_to_publish ON sessions (revoked_at) WHERE revoked_at IS NOT NULL AND published_at IS NULL;
