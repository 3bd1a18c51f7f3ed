-- Times are epoch milliseconds. Rows refer to each other by small integers (`no`, `seq`); ids are for the outside.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  no         INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  settings   TEXT NOT NULL DEFAULT '{}',
  active     INTEGER NOT NULL DEFAULT 1,
  paused     INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- tenant_no is NULL for an operator's key.
CREATE TABLE api_keys (
  id           TEXT PRIMARY KEY,
  tenant_no    INTEGER REFERENCES tenants (no) ON DELETE CASCADE,
  key_prefix   TEXT NOT NULL UNIQUE,
  name         TEXT,
  key_hash     TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER,
  created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE allowed_sender_domains (
  id         TEXT NOT NULL UNIQUE,
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  domain     TEXT NOT NULL,
  verified   INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE suppression_list (
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  note       TEXT,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_endpoints (
  id         TEXT PRIMARY KEY,
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  url        TEXT NOT NULL,
  events     TEXT NOT NULL,
  secret     TEXT NOT NULL,
  active     INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What lists and filters read. Bodies are in `contents` and `renditions`.
CREATE TABLE messages (
  seq               INTEGER PRIMARY KEY,
  id                TEXT NOT NULL UNIQUE,
  tenant_no         INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  status            TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  door              TEXT NOT NULL,
  from_email        TEXT NOT NULL,
  from_name         TEXT,
  envelope_from     TEXT NOT NULL,
  "to"              TEXT NOT NULL,
  cc                TEXT,
  reply_to          TEXT,
  subject           TEXT NOT NULL,
  message_id_header TEXT NOT NULL,
  priority          INTEGER NOT NULL,
  category          TEXT,
  tags              TEXT,
  metadata          TEXT,
  group_id          TEXT,
  wanted_provider   TEXT,
  provider          TEXT,
  attempts          INTEGER NOT NULL DEFAULT 0,
  max_attempts      INTEGER NOT NULL,
  dead              INTEGER NOT NULL DEFAULT 0,
  last_error        TEXT,
  scheduled_at      INTEGER,
  sent_at           INTEGER,
  idempotency_key   TEXT,
  idempotency_hash  TEXT
) STRICT;

CREATE INDEX messages_by_time ON messages (tenant_no, created_at);
CREATE UNIQUE INDEX messages_by_idempotency_key ON messages (tenant_no, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX messages_by_group ON messages (tenant_no, group_id) WHERE group_id IS NOT NULL;
-- The few that somebody looks for; a message that goes out as it should is never in here.
CREATE INDEX messages_by_bad_end ON messages (tenant_no, status, created_at)
  WHERE status IN ('failed', 'bounced', 'complained', 'suppressed', 'cancelled');

CREATE TABLE recipients (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  address     TEXT NOT NULL,
  kind        TEXT NOT NULL,
  status      TEXT NOT NULL,
  reply       TEXT,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (message_seq, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX recipients_by_address ON recipients (address, message_seq);

-- What was submitted: either html/text/variables/headers, or a whole message (`raw`, or the blob that holds it).
CREATE TABLE contents (
  message_seq INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  html        TEXT,
  text        TEXT,
  variables   TEXT,
  headers     TEXT,
  raw         BLOB,
  raw_blob    TEXT,
  raw_size    INTEGER,
  utf8_header INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE renditions (
  message_seq      INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  rendered_subject TEXT,
  rendered_html    TEXT,
  rendered_text    TEXT,
  kept             BLOB
) STRICT;

CREATE TABLE attachments (
  message_seq  INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position     INTEGER NOT NULL,
  filename     TEXT NOT NULL,
  content_type TEXT NOT NULL,
  content_id   TEXT,
  size_bytes   INTEGER NOT NULL,
  content      BLOB,
  storage_key  TEXT,
  PRIMARY KEY (message_seq, position)
) STRICT;

-- Only messages that owe work. A lease is `lease_owner` and `fence`; while it lasts `due_at` is when it ends.
CREATE TABLE outbox (
  message_seq INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  tenant_no   INTEGER NOT NULL,
  lane        INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  scheduled   INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  fence       INTEGER
) STRICT;

CREATE INDEX outbox_due ON outbox (lane, tenant_no, due_at);

CREATE TABLE attempts (
  message_seq         INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  number              INTEGER NOT NULL,
  provider            TEXT NOT NULL,
  started_at          INTEGER NOT NULL,
  ended_at            INTEGER NOT NULL,
  outcome             TEXT NOT NULL,
  reply               TEXT,
  counted             INTEGER NOT NULL,
  provider_message_id TEXT,
  PRIMARY KEY (message_seq, number)
) STRICT, WITHOUT ROWID;

-- Append-only. `position` is never used twice: streams resume by it.
CREATE TABLE events (
  position    INTEGER PRIMARY KEY AUTOINCREMENT,
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  sequence    INTEGER NOT NULL,
  type        TEXT NOT NULL,
  at          INTEGER NOT NULL,
  recipient   TEXT,
  payload     TEXT
) STRICT;

CREATE UNIQUE INDEX events_by_message ON events (message_seq, sequence);
