-- Endpoints get what deliveries need. Nothing could make one before; any that is there stays, off until it has a secret.
ALTER TABLE webhook_endpoints RENAME TO webhook_endpoints_before;

CREATE TABLE webhook_endpoints (
  no              INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  tenant_no       INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  url             TEXT NOT NULL,
  -- JSON list of event types; `["*"]` is all of them.
  events          TEXT NOT NULL,
  description     TEXT,
  -- Sealed by the vault for the place `webhook:<id>`; the previous one signs too until `previous_until`.
  secret          TEXT NOT NULL,
  previous_secret TEXT,
  previous_until  INTEGER,
  active          INTEGER NOT NULL DEFAULT 1,
  off_at          INTEGER,
  off_reason      TEXT,
  -- Events up to this position are none of its business: they are older than it, or came while it was off.
  from_position   INTEGER NOT NULL DEFAULT 0,
  -- Where the events begin that it missed while it was off, and that nobody has replayed yet.
  missed_from     INTEGER,
  -- Removed: invisible, and taken away bit by bit.
  removed         INTEGER NOT NULL DEFAULT 0,
  -- Time of the first failure since the last success.
  failing_since   INTEGER,
  -- Whether its last answer was a success, and soon.
  quick           INTEGER NOT NULL DEFAULT 0,
  -- It asked to be left alone until then (Retry-After).
  wait_until      INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;

INSERT INTO webhook_endpoints (id, tenant_no, url, events, secret, active, off_at, off_reason, created_at, updated_at)
SELECT id, tenant_no, url, '["*"]', secret, 0, created_at, 'it was made before this version: rotate its secret', created_at, created_at
FROM webhook_endpoints_before;
DROP TABLE webhook_endpoints_before;

CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_no);

-- One event for one endpoint. `tries` counts since it was made or replayed, `attempts` counts all.
CREATE TABLE webhook_deliveries (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  endpoint_no INTEGER NOT NULL REFERENCES webhook_endpoints (no) ON DELETE CASCADE,
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  sequence    INTEGER NOT NULL,
  type        TEXT NOT NULL,
  status      TEXT NOT NULL DEFAULT 'pending',
  attempts    INTEGER NOT NULL DEFAULT 0,
  tries       INTEGER NOT NULL DEFAULT 0,
  last_answer TEXT,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX webhook_deliveries_by_event ON webhook_deliveries (endpoint_no, position);
CREATE INDEX webhook_deliveries_by_message ON webhook_deliveries (message_seq);

CREATE TABLE webhook_attempts (
  delivery_seq INTEGER NOT NULL REFERENCES webhook_deliveries (seq) ON DELETE CASCADE,
  number       INTEGER NOT NULL,
  started_at   INTEGER NOT NULL,
  duration_ms  INTEGER NOT NULL,
  request      TEXT NOT NULL,
  status       INTEGER,
  answer       TEXT,
  error        TEXT,
  PRIMARY KEY (delivery_seq, number)
) STRICT, WITHOUT ROWID;

-- Only deliveries that owe work. The due time stands while a lease lasts, so that the order survives a crash.
CREATE TABLE webhook_queue (
  delivery_seq INTEGER PRIMARY KEY REFERENCES webhook_deliveries (seq) ON DELETE CASCADE,
  endpoint_no  INTEGER NOT NULL,
  message_seq  INTEGER NOT NULL,
  due_at       INTEGER NOT NULL,
  lease_owner  TEXT,
  lease_until  INTEGER,
  fence        INTEGER
) STRICT;

CREATE INDEX webhook_queue_due ON webhook_queue (endpoint_no, due_at, delivery_seq);
CREATE INDEX webhook_queue_leased ON webhook_queue (endpoint_no, message_seq) WHERE lease_owner IS NOT NULL;
