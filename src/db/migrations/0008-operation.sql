-- W3C trace context that attempts join; only where the message is traced.
ALTER TABLE messages ADD COLUMN traceparent TEXT;

-- Timed chores: what became of the last run of each, and when the next is. One row a chore, written by the daemon.
CREATE TABLE chores (
  name         TEXT PRIMARY KEY,
  schedule     TEXT NOT NULL,
  next_at      INTEGER,
  started_at   INTEGER,
  ended_at     INTEGER,
  outcome      TEXT,
  detail       TEXT,
  succeeded_at INTEGER,
  failures     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
