-- What was said on the wire in attempts that did not succeed.
CREATE TABLE attempt_transcripts (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  transcript  TEXT NOT NULL,
  PRIMARY KEY (message_seq, number)
) STRICT, WITHOUT ROWID;

-- Providers made by command. `settings` is sealed by the master key, at the place `provider:<name>`.
CREATE TABLE providers (
  name       TEXT PRIMARY KEY,
  type       TEXT NOT NULL,
  settings   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Few, and looked at by every scrape of the metrics.
CREATE INDEX messages_dead ON messages (tenant_no) WHERE dead = 1;
