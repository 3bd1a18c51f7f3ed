-- Sender domains: what DNS said of them, and the keys that sign for them.

ALTER TABLE allowed_sender_domains ADD COLUMN verified_at INTEGER;
ALTER TABLE allowed_sender_domains ADD COLUMN checked_at INTEGER;

-- Each look at the DNS of a domain; `results` is what was found of each record.
CREATE TABLE domain_checks (
  no        INTEGER PRIMARY KEY,
  domain_id TEXT NOT NULL REFERENCES allowed_sender_domains (id) ON DELETE CASCADE,
  at        INTEGER NOT NULL,
  verified  INTEGER NOT NULL,
  results   TEXT NOT NULL
) STRICT;

CREATE INDEX domain_checks_by_domain ON domain_checks (domain_id, no);

-- `slot` holds the keys that come and go together; `private_key` is sealed for the place `dkim:<id>`.
CREATE TABLE dkim_keys (
  id           TEXT PRIMARY KEY,
  domain_id    TEXT NOT NULL REFERENCES allowed_sender_domains (id) ON DELETE CASCADE,
  slot         TEXT NOT NULL,
  selector     TEXT NOT NULL,
  algorithm    TEXT NOT NULL,
  public_key   TEXT NOT NULL,
  private_key  TEXT NOT NULL,
  state        TEXT NOT NULL,
  published    INTEGER,
  created_at   INTEGER NOT NULL,
  activated_at INTEGER,
  retired_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX dkim_keys_by_selector ON dkim_keys (domain_id, selector);

-- Why an address is suppressed, where IEP itself put it on the list.
ALTER TABLE suppression_list ADD COLUMN evidence TEXT;

-- Hard bounces that count towards a suppression: one for each message. Outlive the message, which retention removes.
CREATE TABLE hard_bounces (
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at         INTEGER NOT NULL,
  reply      TEXT,
  PRIMARY KEY (tenant_no, email, message_id)
) STRICT, WITHOUT ROWID;
