-- The schema of 0.1.0. Times are epoch milliseconds. Rows refer to each other by small integers (`no`, `seq`); ids are for
-- the outside. Flags are 0 or 1. What is "sealed" is encrypted by the master key for the context that its comment names.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far followers outside of the database were told the event log, and which node tells them.
CREATE TABLE publications (
  name        TEXT PRIMARY KEY,
  position    INTEGER NOT NULL,
  lease_owner TEXT,
  lease_until INTEGER
) STRICT, WITHOUT ROWID;

-- What is made after this time is never made without an entry of the audit log.
INSERT INTO meta (key, value) VALUES ('audit.since', CAST(unixepoch('subsec') * 1000 AS INTEGER));

-- Tenants -------------------------------------------------------------------------------------------------------------

CREATE TABLE tenants (
  no           INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE,
  slug         TEXT NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  settings     TEXT NOT NULL DEFAULT '{}',
  active       INTEGER NOT NULL DEFAULT 1,
  paused       INTEGER NOT NULL DEFAULT 0,
  -- Why, where IEP itself paused it.
  paused_reason TEXT,
  -- Entries of its suppression list, kept by triggers: to count a million of them would hold up the writer.
  suppressions INTEGER NOT NULL DEFAULT 0,
  -- What its recipients turned off, kept alike.
  unsubscribes INTEGER NOT NULL DEFAULT 0,
  -- The tenant is closed, and what it has is taken away bit by bit. Its slug is free by then: `slug` has ~ and its number behind it.
  removing_at  INTEGER,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id           TEXT PRIMARY KEY,
  -- NULL for an operator's key.
  tenant_no    INTEGER REFERENCES tenants (no) ON DELETE CASCADE,
  key_prefix   TEXT NOT NULL UNIQUE,
  name         TEXT,
  key_hash     TEXT NOT NULL,
  scopes       TEXT NOT NULL,
  -- JSON list of the networks that it works from; NULL for any address.
  allowed_ips  TEXT,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER,
  created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a tenant with a rate limit has submitted lately: one row for each of its windows, whatever the limit is.
-- `counts` is a ring of 32-bit numbers, one for each small span of time (db/rules/rate-window.ts).
CREATE TABLE rate_windows (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  name      TEXT NOT NULL,
  newest    INTEGER NOT NULL,
  counts    BLOB NOT NULL,
  PRIMARY KEY (tenant_no, name)
) STRICT, WITHOUT ROWID;

-- People --------------------------------------------------------------------------------------------------------------

-- `role` is the one for the whole platform; NULL for who is a member of tenants alone.
CREATE TABLE users (
  no            INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  email         TEXT NOT NULL UNIQUE,
  role          TEXT,
  password_hash TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  signed_in_at  INTEGER
) STRICT;

CREATE TABLE members (
  user_no   INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  role      TEXT NOT NULL,
  PRIMARY KEY (user_no, tenant_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_tenant ON members (tenant_no);

-- Whom login providers know: OpenID Connect promises that `issuer` and `subject` together never mean another person.
CREATE TABLE identities (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  user_no    INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_by_user ON identities (user_no);

-- Links that are good once: `token_hash` is the SHA-256 of what stands in one. Without a user it makes the first owner.
CREATE TABLE links (
  token_hash TEXT PRIMARY KEY,
  user_no    INTEGER REFERENCES users (no) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX links_by_user ON links (user_no);

-- A TOTP secret, sealed for totp:<user>. Without `confirmed_at` it was shown, and no code of it was given yet. `step` is the time
-- step of the last code that was taken: none is taken twice.
CREATE TABLE totp_secrets (
  user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret       TEXT NOT NULL,
  confirmed_at INTEGER,
  step         INTEGER
) STRICT, WITHOUT ROWID;

-- Each is good once in place of a code of TOTP. `hash` is the SHA-256 of user and code.
CREATE TABLE recovery_codes (
  user_no INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  hash    TEXT NOT NULL,
  PRIMARY KEY (user_no, hash)
) STRICT, WITHOUT ROWID;

-- `id` is that of the credential, `transports` a JSON array.
CREATE TABLE passkeys (
  id         TEXT PRIMARY KEY,
  user_no    INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  public_key TEXT NOT NULL,
  counter    INTEGER NOT NULL,
  transports TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_by_user ON passkeys (user_no);

-- Challenges that a passkey answered: none is good twice. `hash` is the SHA-256 of one.
CREATE TABLE answered_challenges (
  hash       TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is signed in. `factor_at` is when the second factor was shown last, or what there is by who has none; `factor` is what it was.
CREATE TABLE sessions (
  id         TEXT PRIMARY KEY,
  user_no    INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  way        TEXT NOT NULL,
  source     TEXT NOT NULL,
  agent      TEXT,
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL,
  factor     TEXT,
  factor_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_no);

-- Sender domains ------------------------------------------------------------------------------------------------------

-- A domain belongs to one tenant unless the operator shares it. What a tenant's own key adds is held by it only once it is
-- verified; what the operator adds, at once. A tenant sends from what it holds, or from anywhere where it may.
CREATE TABLE allowed_sender_domains (
  id          TEXT NOT NULL UNIQUE,
  tenant_no   INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  domain      TEXT NOT NULL,
  added_by    TEXT NOT NULL DEFAULT 'operator',
  held        INTEGER NOT NULL DEFAULT 1,
  shared      INTEGER NOT NULL DEFAULT 0,
  verified    INTEGER NOT NULL DEFAULT 0,
  verified_at INTEGER,
  checked_at  INTEGER,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, domain)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX allowed_sender_domains_by_owner ON allowed_sender_domains (domain) WHERE held = 1 AND shared = 0;

-- Each look at the DNS of a domain; `results` is what was found of each record.
CREATE TABLE domain_checks (
  no        INTEGER PRIMARY KEY,
  domain_id TEXT NOT NULL REFERENCES allowed_sender_domains (id) ON DELETE CASCADE,
  at        INTEGER NOT NULL,
  verified  INTEGER NOT NULL,
  results   TEXT NOT NULL
) STRICT;

CREATE INDEX domain_checks_by_domain ON domain_checks (domain_id, no);

-- `slot` holds the keys that come and go together; `private_key` is sealed for the context `dkim:<id>`.
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

-- The tenants of a shared domain sign with one set of keys, which stays until the last of them goes.
CREATE TRIGGER allowed_sender_domains_keep_keys BEFORE DELETE ON allowed_sender_domains WHEN OLD.shared = 1
BEGIN
  UPDATE OR IGNORE dkim_keys
  SET domain_id = (SELECT id FROM allowed_sender_domains WHERE domain = OLD.domain AND shared = 1 AND id <> OLD.id LIMIT 1)
  WHERE domain_id = OLD.id
    AND EXISTS (SELECT 1 FROM allowed_sender_domains WHERE domain = OLD.domain AND shared = 1 AND id <> OLD.id);
END;

-- Providers -----------------------------------------------------------------------------------------------------------

-- Those made by command. `settings` is sealed for the context `provider:<name>`.
CREATE TABLE providers (
  name       TEXT PRIMARY KEY,
  type       TEXT NOT NULL,
  settings   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What OAuth2 gave a provider, of the configuration or of the table above, and other secrets of the daemon by names that no provider has.
-- `token` is sealed for the context `token:<provider>`.
CREATE TABLE provider_tokens (
  provider   TEXT PRIMARY KEY,
  token      TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Suppressions --------------------------------------------------------------------------------------------------------

CREATE TABLE suppression_list (
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  note       TEXT,
  -- Why the address is here, where IEP itself put it on the list.
  evidence   TEXT,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, email)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER suppression_list_grows AFTER INSERT ON suppression_list
BEGIN
  UPDATE tenants SET suppressions = suppressions + 1 WHERE no = NEW.tenant_no;
END;
CREATE TRIGGER suppression_list_shrinks AFTER DELETE ON suppression_list
BEGIN
  UPDATE tenants SET suppressions = suppressions - 1 WHERE no = OLD.tenant_no;
END;

-- Hard bounces that count towards a suppression: one for each message. Outlive the message, which retention removes.
CREATE TABLE hard_bounces (
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at         INTEGER NOT NULL,
  reply      TEXT,
  PRIMARY KEY (tenant_no, email, message_id)
) STRICT, WITHOUT ROWID;

-- What addresses turned off, by the category that mail is sent with; an empty one stands for all that can be turned off.
CREATE TABLE unsubscribes (
  no         INTEGER PRIMARY KEY,
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      TEXT NOT NULL,
  category   TEXT NOT NULL,
  way        TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX unsubscribes_by_address ON unsubscribes (tenant_no, email, category);
CREATE INDEX unsubscribes_by_tenant ON unsubscribes (tenant_no);

CREATE TRIGGER unsubscribes_grow AFTER INSERT ON unsubscribes
BEGIN
  UPDATE tenants SET unsubscribes = unsubscribes + 1 WHERE no = NEW.tenant_no;
END;
CREATE TRIGGER unsubscribes_shrink AFTER DELETE ON unsubscribes
BEGIN
  UPDATE tenants SET unsubscribes = unsubscribes - 1 WHERE no = OLD.tenant_no;
END;

-- Templates -----------------------------------------------------------------------------------------------------------

-- Without a tenant it is the operator's, and shared: a tenant sees it unless it has its own of that name.
CREATE TABLE templates (
  no          INTEGER PRIMARY KEY,
  tenant_no   INTEGER REFERENCES tenants (no) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  -- The version that messages are made with; NULL: none yet.
  published   INTEGER,
  -- The last version that was made. It is never used twice.
  latest      INTEGER NOT NULL,
  -- As the published version says or, before there is one, the last.
  kind        TEXT NOT NULL,
  syntax      TEXT NOT NULL,
  category    TEXT,
  description TEXT,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX templates_by_name ON templates (tenant_no, name) WHERE tenant_no IS NOT NULL;
CREATE UNIQUE INDEX templates_shared_by_name ON templates (name) WHERE tenant_no IS NULL;

-- Never changed. `definition` is JSON.
CREATE TABLE template_versions (
  no          INTEGER PRIMARY KEY,
  template_no INTEGER NOT NULL REFERENCES templates (no) ON DELETE CASCADE,
  version     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  definition  TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX template_versions_by_number ON template_versions (template_no, version);

-- The layouts and partials of a version, by the names that it calls them.
CREATE TABLE template_uses (
  version_no INTEGER NOT NULL REFERENCES template_versions (no) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  PRIMARY KEY (version_no, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX template_uses_by_name ON template_uses (name);

-- What messages are rendered from: a version with its layouts and partials and the branding, as they were when the first of
-- these messages was accepted. No later change reaches mail that was accepted.
CREATE TABLE template_snapshots (
  no        INTEGER PRIMARY KEY,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hash      TEXT NOT NULL,
  content   TEXT NOT NULL,
  used_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX template_snapshots_by_hash ON template_snapshots (tenant_no, hash);
CREATE INDEX template_snapshots_by_use ON template_snapshots (used_at);

-- Messages ------------------------------------------------------------------------------------------------------------

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
  idempotency_hash  TEXT,
  -- The stored template that it was made with.
  template          TEXT,
  template_version  INTEGER,
  -- W3C trace context that attempts join; only where the message is traced.
  traceparent       TEXT,
  -- What is noted of its reading, as bits (db/rows/message-rows.ts); NULL: nothing.
  tracking          INTEGER,
  -- The category that its recipients can turn off; NULL: they cannot.
  unsubscribe       TEXT,
  -- The id of the subscriber that it is for, who has preferences.
  subscriber        TEXT,
  -- Where its reader says that it is looked after.
  acknowledge_url   TEXT
) STRICT;

CREATE INDEX messages_by_time ON messages (tenant_no, created_at);
-- For the operator, who looks at the mail of all tenants.
CREATE INDEX messages_of_all_by_time ON messages (created_at);
CREATE UNIQUE INDEX messages_by_idempotency_key ON messages (tenant_no, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX messages_by_group ON messages (tenant_no, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX messages_by_template ON messages (tenant_no, template) WHERE template IS NOT NULL;
-- Which messages still need a template that somebody wants to remove.
CREATE INDEX messages_open_by_template ON messages (template, tenant_no)
  WHERE template IS NOT NULL AND status IN ('scheduled', 'queued');
-- The few that somebody looks for; a message that goes out as it should is never in here.
CREATE INDEX messages_by_bad_end ON messages (tenant_no, status, created_at)
  WHERE status IN ('failed', 'bounced', 'complained', 'suppressed', 'cancelled');
CREATE INDEX messages_of_all_by_bad_end ON messages (status, created_at)
  WHERE status IN ('failed', 'bounced', 'complained', 'suppressed', 'cancelled');
-- Few, and looked at by every scrape of the metrics.
CREATE INDEX messages_dead ON messages (tenant_no) WHERE dead = 1;
CREATE INDEX messages_dead_by_seq ON messages (seq) WHERE dead = 1;
-- Messages that came whole, with a Message-ID of their own; one of ours names the message itself.
CREATE INDEX messages_by_message_id ON messages (message_id_header) WHERE substr(message_id_header, 2, 36) <> id;

-- What searches for parts of texts look into: subject, addresses, category and tags, in pieces of three characters, without the texts
-- themselves. It follows the messages in steps (`search.upTo` in `meta`), so that accepting one costs nothing more.
CREATE VIRTUAL TABLE message_search
  USING fts5 (text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');

-- A number that is free again is given to the next message, which is to be found too.
CREATE TRIGGER messages_leave_the_search AFTER DELETE ON messages
BEGIN
  DELETE FROM message_search WHERE rowid = OLD.seq;
  UPDATE meta SET value = CAST(OLD.seq - 1 AS TEXT) WHERE key = 'search.upTo' AND CAST(value AS INTEGER) >= OLD.seq
    AND OLD.seq > (SELECT coalesce(max(seq), 0) FROM messages);
END;

CREATE TABLE recipients (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  address     TEXT NOT NULL,
  -- Its spelling for searches in any case, where it has letters beyond ASCII, which NOCASE leaves alone.
  folded      TEXT,
  kind        TEXT NOT NULL,
  status      TEXT NOT NULL,
  reply       TEXT,
  updated_at  INTEGER NOT NULL,
  -- What it was counted for in `tallies`: bits (db/rules/tally.ts).
  fates       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (message_seq, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX recipients_by_address ON recipients (address COLLATE NOCASE, message_seq);
CREATE INDEX recipients_by_folded ON recipients (folded, message_seq) WHERE folded IS NOT NULL;

-- What was submitted: either html/text or a snapshot of a template, with variables and headers, or a whole message (`raw`, or the blob that holds it).
CREATE TABLE contents (
  message_seq     INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  html            TEXT,
  text            TEXT,
  variables       TEXT,
  headers         TEXT,
  raw             BLOB,
  raw_blob        TEXT,
  raw_size        INTEGER,
  -- When the bytes were removed after their retention.
  raw_removed_at  INTEGER,
  utf8_header     INTEGER NOT NULL DEFAULT 0,
  -- Attachments by URL that are still to be fetched, as JSON: beside the content, which is read anyway.
  attachment_urls TEXT,
  snapshot_no     INTEGER REFERENCES template_snapshots (no),
  locale          TEXT
) STRICT;

CREATE INDEX contents_by_snapshot ON contents (snapshot_no) WHERE snapshot_no IS NOT NULL;
-- Who still needs a blob, and which are still kept, oldest message first. Content without a blob is in neither.
CREATE INDEX contents_by_blob ON contents (raw_blob) WHERE raw_blob IS NOT NULL;
CREATE INDEX contents_blobs_kept ON contents (message_seq) WHERE raw_blob IS NOT NULL;

CREATE TABLE renditions (
  message_seq      INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  rendered_subject TEXT,
  rendered_html    TEXT,
  rendered_text    TEXT,
  kept             BLOB
) STRICT;

-- What providers keep to be looked at, in the order in which they were given it; gone with the bytes that `renditions` keeps.
CREATE TABLE inbox (
  no              INTEGER PRIMARY KEY AUTOINCREMENT,
  message_seq     INTEGER NOT NULL UNIQUE REFERENCES messages (seq) ON DELETE CASCADE,
  tenant_no       INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  received_at     INTEGER NOT NULL,
  size            INTEGER NOT NULL,
  has_attachments INTEGER NOT NULL
) STRICT;

CREATE INDEX inbox_by_tenant ON inbox (tenant_no, no);

CREATE TRIGGER renditions_leave_inbox AFTER UPDATE OF kept ON renditions WHEN NEW.kept IS NULL AND OLD.kept IS NOT NULL
BEGIN
  DELETE FROM inbox WHERE message_seq = NEW.message_seq;
END;

CREATE TABLE attachments (
  message_seq  INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position     INTEGER NOT NULL,
  filename     TEXT NOT NULL,
  content_type TEXT NOT NULL,
  content_id   TEXT,
  size_bytes   INTEGER NOT NULL,
  -- The bytes, or the blob that holds them.
  content      BLOB,
  storage_key  TEXT,
  -- When the bytes were removed after their retention. What the file was stays known.
  removed_at   INTEGER,
  PRIMARY KEY (message_seq, position)
) STRICT;

-- Who still needs a blob, and which bytes are still kept, oldest message first.
CREATE INDEX attachments_by_blob ON attachments (storage_key) WHERE storage_key IS NOT NULL;
CREATE INDEX attachments_kept ON attachments (message_seq) WHERE removed_at IS NULL;

-- Delivery ------------------------------------------------------------------------------------------------------------

-- Only messages that owe work. Who claims looks at `free_at`, so that one index has what is due and what another left behind.
CREATE TABLE outbox (
  message_seq INTEGER PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  tenant_no   INTEGER NOT NULL,
  lane        INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  scheduled   INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  lease_until INTEGER,
  fence       INTEGER,
  free_at     INTEGER GENERATED ALWAYS AS (coalesce(lease_until, due_at)) VIRTUAL,
  -- How often the process died while the message was under way, since it was last tried to the end.
  deaths      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX outbox_free ON outbox (lane, tenant_no, free_at);
CREATE INDEX outbox_deaths ON outbox (deaths, free_at) WHERE deaths > 0;

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

-- What the provider of an attempt calls the message, for each recipient. Feedback names it.
CREATE TABLE provider_messages (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  -- Of the attempt.
  number      INTEGER NOT NULL,
  -- Of the recipient.
  position    INTEGER NOT NULL,
  id          TEXT NOT NULL,
  PRIMARY KEY (message_seq, number, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX provider_messages_by_id ON provider_messages (id);

-- What was said on the wire in attempts that did not succeed.
CREATE TABLE attempt_transcripts (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  transcript  TEXT NOT NULL,
  PRIMARY KEY (message_seq, number)
) STRICT, WITHOUT ROWID;

-- Events --------------------------------------------------------------------------------------------------------------

-- Append-only. `position` is never used twice: streams resume by it.
CREATE TABLE events (
  position     INTEGER PRIMARY KEY AUTOINCREMENT,
  -- NULL: it is about something else of the tenant, which `subject_kind` and `subject_id` name.
  message_seq  INTEGER REFERENCES messages (seq) ON DELETE CASCADE,
  sequence     INTEGER NOT NULL,
  type         TEXT NOT NULL,
  at           INTEGER NOT NULL,
  recipient    TEXT,
  payload      TEXT,
  -- Of what is about no message.
  tenant_no    INTEGER REFERENCES tenants (no) ON DELETE CASCADE,
  subject_kind TEXT,
  subject_id   TEXT,
  CHECK ((message_seq IS NULL) = (tenant_no IS NOT NULL AND subject_kind IS NOT NULL AND subject_id IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX events_by_message ON events (message_seq, sequence);
CREATE UNIQUE INDEX events_by_subject ON events (tenant_no, subject_kind, subject_id, sequence) WHERE tenant_no IS NOT NULL;
-- The few that are about no message, in the order of the log.
CREATE INDEX events_about_others ON events (position) WHERE tenant_no IS NOT NULL;

-- Times do not grow with positions: an event may be written long after its time. For a stretch of the log: its last
-- position, the latest time up to there, and the earliest time in it.
CREATE TABLE event_marks (
  position INTEGER PRIMARY KEY,
  latest   INTEGER NOT NULL,
  earliest INTEGER NOT NULL
) STRICT;

-- Feedback ------------------------------------------------------------------------------------------------------------

-- What came back about mail that was sent, each report of a recipient once: `identity` tells a repeat.
CREATE TABLE feedback (
  no          INTEGER PRIMARY KEY,
  identity    TEXT NOT NULL UNIQUE,
  -- NULL: it is about no message that is known here.
  message_seq INTEGER REFERENCES messages (seq) ON DELETE CASCADE,
  -- Of the recipient within the message; NULL: it names none of them.
  position    INTEGER,
  provider    TEXT,
  door        TEXT NOT NULL,
  kind        TEXT NOT NULL,
  at          INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  recipient   TEXT,
  data        TEXT NOT NULL
) STRICT;

CREATE INDEX feedback_by_message ON feedback (message_seq, position) WHERE message_seq IS NOT NULL;
CREATE INDEX feedback_unmatched ON feedback (received_at) WHERE message_seq IS NULL;

-- Tokens of callbacks that are good once, until they are refused for their age.
CREATE TABLE used_tokens (
  id      TEXT NOT NULL PRIMARY KEY,
  "until" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_tokens_until ON used_tokens ("until");

-- Engagement ----------------------------------------------------------------------------------------------------------

-- How often a recipient opened a message or followed its links, by people and by programs. Of a recipient who does so very often the
-- history has only the first times.
CREATE TABLE hits (
  message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  -- `opened` or `clicked`.
  kind        TEXT NOT NULL,
  machine     INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  PRIMARY KEY (message_seq, position, kind, machine)
) STRICT, WITHOUT ROWID;

-- What became of the recipients of a group, so that its numbers cost the same for any size of it. `opened` and `clicked` are recipients,
-- `opens` and `clicks` are times; those of programs stand apart. Outlives the messages, as `tallies` do.
CREATE TABLE group_counts (
  tenant_no      INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  group_id       TEXT NOT NULL,
  -- In which its last message was accepted, since the epoch.
  hour           INTEGER NOT NULL,
  sent           INTEGER NOT NULL DEFAULT 0,
  delivered      INTEGER NOT NULL DEFAULT 0,
  bounced        INTEGER NOT NULL DEFAULT 0,
  complained     INTEGER NOT NULL DEFAULT 0,
  failed         INTEGER NOT NULL DEFAULT 0,
  opens          INTEGER NOT NULL DEFAULT 0,
  opened         INTEGER NOT NULL DEFAULT 0,
  clicks         INTEGER NOT NULL DEFAULT 0,
  clicked        INTEGER NOT NULL DEFAULT 0,
  machine_opens  INTEGER NOT NULL DEFAULT 0,
  machine_clicks INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_no, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_counts_by_hour ON group_counts (tenant_no, hour);

CREATE TRIGGER messages_make_their_group AFTER INSERT ON messages WHEN NEW.group_id IS NOT NULL
BEGIN
  INSERT INTO group_counts (tenant_no, group_id, hour) VALUES (NEW.tenant_no, NEW.group_id, NEW.created_at / 3600000)
    ON CONFLICT (tenant_no, group_id) DO UPDATE SET hour = max(hour, excluded.hour) WHERE hour < excluded.hour;
END;
-- Who failed may be tried again, which no other count takes back.
CREATE TRIGGER recipients_fail_in_their_group AFTER UPDATE OF status ON recipients
  WHEN (NEW.status = 'failed') <> (OLD.status = 'failed')
BEGIN
  UPDATE group_counts SET failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed')
    WHERE (tenant_no, group_id) IN (SELECT tenant_no, group_id FROM messages WHERE seq = NEW.message_seq AND group_id IS NOT NULL);
END;

-- Statistics ----------------------------------------------------------------------------------------------------------

-- Messages by the hour (since the epoch) in which they were accepted, and by the status that they have now. Triggers keep it, so
-- that no change of a status is forgotten. It outlives the messages: what was removed counts as what it was.
CREATE TABLE status_counts (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hour      INTEGER NOT NULL,
  status    TEXT NOT NULL,
  count     INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, hour, status)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER messages_are_counted AFTER INSERT ON messages
BEGIN
  INSERT INTO status_counts (tenant_no, hour, status, count) VALUES (NEW.tenant_no, NEW.created_at / 3600000, NEW.status, 1)
    ON CONFLICT (tenant_no, hour, status) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER messages_change_what_they_count_as AFTER UPDATE OF status ON messages WHEN NEW.status <> OLD.status
BEGIN
  UPDATE status_counts SET count = count - 1
    WHERE tenant_no = OLD.tenant_no AND hour = OLD.created_at / 3600000 AND status = OLD.status;
  INSERT INTO status_counts (tenant_no, hour, status, count) VALUES (NEW.tenant_no, NEW.created_at / 3600000, NEW.status, 1)
    ON CONFLICT (tenant_no, hour, status) DO UPDATE SET count = count + 1;
END;

-- Messages that a limit of their tenant refused, by the hour.
CREATE TABLE refusals (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hour      INTEGER NOT NULL,
  "limit"   TEXT NOT NULL,
  count     INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, hour, "limit")
) STRICT, WITHOUT ROWID;

-- How mail fared, counted in the hour in which IEP heard of it: each recipient once a column. Outlives the messages, so that a
-- rate costs the same with any amount of them.
CREATE TABLE tallies (
  tenant_no          INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hour               INTEGER NOT NULL,
  -- Empty where none is known.
  provider           TEXT NOT NULL,
  -- Empty where the message has none; a tab for all that come after the first few of the tenant in that hour (core/tally.ts).
  category           TEXT NOT NULL,
  -- The name of the one that the message was made with; empty and tab as for categories.
  template           TEXT NOT NULL,
  -- Whose mail a provider took, or turned away for good because of the address.
  recipients         INTEGER NOT NULL,
  delivered          INTEGER NOT NULL,
  bounced            INTEGER NOT NULL,
  complained         INTEGER NOT NULL,
  opened             INTEGER NOT NULL,
  clicked            INTEGER NOT NULL,
  opened_by_machine  INTEGER NOT NULL,
  clicked_by_machine INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, hour, provider, category, template)
) STRICT, WITHOUT ROWID;

-- Which rates of a tenant were found too high and not below their limits since, so that each is told once. One row a tenant
-- that anybody bounced for or complained about.
CREATE TABLE rate_alerts (
  tenant_no  INTEGER PRIMARY KEY REFERENCES tenants (no) ON DELETE CASCADE,
  bounced    INTEGER NOT NULL,
  complained INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Resources -----------------------------------------------------------------------------------------------------------

-- What `iep apply` made or changed last, by the name that it has in its manifest: a row here is what "source: apply" means.
CREATE TABLE resources (
  no          INTEGER PRIMARY KEY,
  -- NULL: the platform's.
  tenant_no   INTEGER REFERENCES tenants (no) ON DELETE CASCADE,
  kind        TEXT NOT NULL,
  name        TEXT NOT NULL,
  -- The id or name by which the rest of the platform knows it.
  ref         TEXT NOT NULL,
  labels      TEXT NOT NULL,
  -- The names of the fields that the manifest set; of an Email, all that its manifest said.
  said        TEXT NOT NULL,
  -- An Email goes with its message.
  message_seq INTEGER REFERENCES messages (seq) ON DELETE CASCADE,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX resources_by_name ON resources (coalesce(tenant_no, 0), kind, name);
CREATE INDEX resources_by_tenant ON resources (tenant_no) WHERE tenant_no IS NOT NULL;
CREATE INDEX resources_by_message ON resources (message_seq) WHERE message_seq IS NOT NULL;

-- Whom a tenant writes to, by ids of its own. `channels` is JSON with masks in place of URLs.
CREATE TABLE subscribers (
  no         INTEGER PRIMARY KEY,
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id         TEXT NOT NULL,
  email      TEXT,
  name       TEXT,
  locale     TEXT,
  timezone   TEXT,
  data       TEXT,
  channels   TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX subscribers_by_id ON subscribers (tenant_no, id);
CREATE INDEX subscribers_by_email ON subscribers (tenant_no, email, id) WHERE email IS NOT NULL;

-- The channels with their URLs, as JSON that is sealed for the context `subscriber:<id>`; `id` is ours, and new with each text.
CREATE TABLE subscriber_channels (
  id            TEXT PRIMARY KEY,
  subscriber_no INTEGER NOT NULL REFERENCES subscribers (no) ON DELETE CASCADE,
  sealed        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX subscriber_channels_by_subscriber ON subscriber_channels (subscriber_no);

-- What subscribers want to be told, as JSON; of those who have said something.
CREATE TABLE preferences (
  tenant_no  INTEGER NOT NULL,
  subscriber TEXT NOT NULL,
  document   TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, subscriber),
  FOREIGN KEY (tenant_no, subscriber) REFERENCES subscribers (tenant_no, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Events of callers, and what they send ---------------------------------------------------------------------------------

CREATE TABLE triggers (
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  definition TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, name)
) STRICT, WITHOUT ROWID;

-- Ids of events that came, and what came of each, so that the same one triggers nothing again.
CREATE TABLE caller_events (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id        TEXT NOT NULL,
  type      TEXT NOT NULL,
  at        INTEGER NOT NULL,
  outcome   TEXT NOT NULL,
  PRIMARY KEY (tenant_no, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX caller_events_by_time ON caller_events (at);

-- What a tenant defines under names of its own ------------------------------------------------------------------------

-- Topics, channels, notification types, rules, escalation policies: by `kind`. `fields` is JSON, with masks in place of the fields
-- that are secret; `sealed` is JSON of these, sealed for the context `definition:<id>`.
CREATE TABLE definitions (
  no         INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  tenant_no  INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  fields     TEXT NOT NULL,
  sealed     TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX definitions_by_name ON definitions (tenant_no, kind, name);

-- Who is in which topic.
CREATE TABLE topic_subscribers (
  topic_no      INTEGER NOT NULL REFERENCES definitions (no) ON DELETE CASCADE,
  subscriber_no INTEGER NOT NULL REFERENCES subscribers (no) ON DELETE CASCADE,
  PRIMARY KEY (topic_no, subscriber_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX topic_subscribers_by_subscriber ON topic_subscribers (subscriber_no);

-- Notifications -------------------------------------------------------------------------------------------------------

-- One for each that was asked for. `content` is what its deliveries are made of, as JSON.
CREATE TABLE notifications (
  seq              INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT NOT NULL UNIQUE,
  tenant_no        INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  type             TEXT NOT NULL,
  category         TEXT,
  content          TEXT NOT NULL,
  -- The rule that made it of an event.
  rule             TEXT,
  -- As JSON, what of it is not resolved to recipients yet; NULL: nothing.
  rest             TEXT,
  -- Its policy and where it stands, as JSON; `escalating` until somebody has acknowledged it.
  escalation       TEXT,
  escalating       INTEGER NOT NULL DEFAULT 0,
  acknowledged_at  INTEGER,
  acknowledged_by  TEXT,
  cancelled_at     INTEGER,
  idempotency_key  TEXT,
  idempotency_hash TEXT,
  created_at       INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX notifications_by_idempotency_key ON notifications (tenant_no, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX notifications_by_tenant ON notifications (tenant_no, seq);
CREATE INDEX notifications_by_time ON notifications (tenant_no, created_at);
CREATE INDEX notifications_escalating ON notifications (tenant_no, seq) WHERE escalating = 1;

-- Files for what did not go at once.
CREATE TABLE notification_files (
  notification_seq INTEGER NOT NULL REFERENCES notifications (seq) ON DELETE CASCADE,
  position         INTEGER NOT NULL,
  filename         TEXT NOT NULL,
  content_type     TEXT NOT NULL,
  content_id       TEXT,
  content          BLOB NOT NULL,
  PRIMARY KEY (notification_seq, position)
) STRICT, WITHOUT ROWID;

-- What gathers or counts what comes for one recipient, type and channel until it ends: `ended` is 0 until then, and its `no` after,
-- while something that it held still has to go.
CREATE TABLE notification_windows (
  no        INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  kind      TEXT NOT NULL,
  key       TEXT NOT NULL,
  ended     INTEGER NOT NULL DEFAULT 0,
  ends_at   INTEGER NOT NULL,
  -- What went at once while it was open.
  count     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX notification_windows_by_key ON notification_windows (tenant_no, kind, key, ended);
CREATE INDEX notification_windows_by_end ON notification_windows (ends_at);

-- One for each recipient and channel. `recipient` is `subscriber:ID`, `email:ADDRESS` or `channel:NAME`; `history` a JSON list.
CREATE TABLE notification_deliveries (
  seq              INTEGER PRIMARY KEY,
  notification_seq INTEGER NOT NULL REFERENCES notifications (seq) ON DELETE CASCADE,
  tenant_no        INTEGER NOT NULL,
  -- Of the escalation; 0 without one.
  step             INTEGER NOT NULL,
  recipient        TEXT NOT NULL,
  channel          TEXT NOT NULL,
  status           TEXT NOT NULL,
  reason           TEXT,
  -- When what is held goes.
  until            INTEGER,
  message_seq      INTEGER REFERENCES messages (seq) ON DELETE SET NULL,
  -- The one that holds it.
  window_no        INTEGER REFERENCES notification_windows (no) ON DELETE SET NULL,
  history          TEXT NOT NULL,
  updated_at       INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX notification_deliveries_by_recipient
  ON notification_deliveries (notification_seq, step, recipient, channel);
CREATE INDEX notification_deliveries_by_status ON notification_deliveries (tenant_no, status, notification_seq);
CREATE INDEX notification_deliveries_of_recipient ON notification_deliveries (tenant_no, recipient, notification_seq);
CREATE INDEX notification_deliveries_by_message ON notification_deliveries (message_seq) WHERE message_seq IS NOT NULL;
CREATE INDEX notification_deliveries_by_window ON notification_deliveries (window_no, seq) WHERE window_no IS NOT NULL;

-- What became of a message became of the deliveries that it carries; a trigger, so that no verb can forget it.
CREATE TRIGGER deliveries_follow_their_message AFTER UPDATE OF status ON messages WHEN NEW.status <> OLD.status
BEGIN
  UPDATE notification_deliveries SET updated_at = NEW.updated_at,
    status = CASE
      WHEN NEW.status IN ('scheduled', 'queued', 'processing') THEN 'pending'
      WHEN NEW.status = 'complained' THEN 'delivered'
      WHEN NEW.status = 'bounced' THEN 'failed'
      WHEN NEW.status = 'suppressed' THEN 'skipped'
      ELSE NEW.status END,
    reason = CASE NEW.status WHEN 'suppressed' THEN 'suppressed' WHEN 'bounced' THEN 'bounced' END
  WHERE message_seq = NEW.seq AND status <> 'acknowledged';
END;

-- What owes something: a delivery that goes then or is posted, a window that ends, a topic to go through, the next step of an
-- escalation; each names what it is about in one of three columns. `slot` is 0 for what IEP does by itself; what others are
-- asked for has one by its address, so that one that does not answer fills no more than that.
CREATE TABLE notification_queue (
  no               INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_no        INTEGER NOT NULL,
  slot             INTEGER NOT NULL,
  kind             TEXT NOT NULL,
  notification_seq INTEGER REFERENCES notifications (seq) ON DELETE CASCADE,
  delivery_seq     INTEGER REFERENCES notification_deliveries (seq) ON DELETE CASCADE,
  window_no        INTEGER REFERENCES notification_windows (no) ON DELETE CASCADE,
  due_at           INTEGER NOT NULL,
  tries            INTEGER NOT NULL DEFAULT 0,
  lease_owner      TEXT,
  lease_until      INTEGER,
  fence            INTEGER
) STRICT;

CREATE INDEX notification_queue_due ON notification_queue (tenant_no, slot, due_at) WHERE lease_owner IS NULL;
CREATE INDEX notification_queue_leased ON notification_queue (tenant_no, slot) WHERE lease_owner IS NOT NULL;
CREATE INDEX notification_queue_retried ON notification_queue (due_at) WHERE tries > 0;
CREATE INDEX notification_queue_by_notification ON notification_queue (notification_seq) WHERE notification_seq IS NOT NULL;
CREATE INDEX notification_queue_by_delivery ON notification_queue (delivery_seq) WHERE delivery_seq IS NOT NULL;
CREATE INDEX notification_queue_by_window ON notification_queue (window_no) WHERE window_no IS NOT NULL;

-- How the addresses of a slot answered last, as `quick` and `failing_since` of an endpoint tell: none is there before its first post.
CREATE TABLE notification_slots (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  slot      INTEGER NOT NULL,
  quick     INTEGER NOT NULL,
  failing   INTEGER NOT NULL,
  PRIMARY KEY (tenant_no, slot)
) STRICT, WITHOUT ROWID;

-- Webhooks ------------------------------------------------------------------------------------------------------------

CREATE TABLE webhook_endpoints (
  no              INTEGER PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  tenant_no       INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  url             TEXT NOT NULL,
  -- JSON list of event types; `["*"]` is all of them.
  events          TEXT NOT NULL,
  description     TEXT,
  -- Sealed for the context `webhook:<id>`; the previous one signs too until `previous_until`.
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

CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_no);

-- One event for one endpoint. `tries` counts since it was made or replayed, `attempts` counts all.
CREATE TABLE webhook_deliveries (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  endpoint_no INTEGER NOT NULL REFERENCES webhook_endpoints (no) ON DELETE CASCADE,
  -- NULL: the event is about no message.
  message_seq INTEGER REFERENCES messages (seq) ON DELETE CASCADE,
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
  message_seq  INTEGER,
  due_at       INTEGER NOT NULL,
  lease_owner  TEXT,
  lease_until  INTEGER,
  fence        INTEGER
) STRICT;

CREATE INDEX webhook_queue_due ON webhook_queue (endpoint_no, due_at, delivery_seq);
CREATE INDEX webhook_queue_leased ON webhook_queue (endpoint_no, message_seq) WHERE lease_owner IS NOT NULL;

-- Chores --------------------------------------------------------------------------------------------------------------

-- Timed chores: what became of the last run of each, and when the next is. One row a chore, written by the
-- node that has its lease.
CREATE TABLE chores (
  name         TEXT PRIMARY KEY,
  schedule     TEXT NOT NULL,
  next_at      INTEGER,
  started_at   INTEGER,
  ended_at     INTEGER,
  outcome      TEXT,
  detail       TEXT,
  succeeded_at INTEGER,
  failures     INTEGER NOT NULL DEFAULT 0,
  lease_owner  TEXT,
  lease_until  INTEGER
) STRICT, WITHOUT ROWID;

-- The audit log -------------------------------------------------------------------------------------------------------

-- What was managed, by whom and from where. Kept for ever, also when the tenant it is about goes.
CREATE TABLE audit_log (
  seq           INTEGER PRIMARY KEY,
  at            INTEGER NOT NULL,
  actor_kind    TEXT NOT NULL,
  actor         TEXT NOT NULL,
  actor_name    TEXT,
  source        TEXT NOT NULL,
  action        TEXT NOT NULL,
  outcome       TEXT NOT NULL,
  tenant        TEXT,
  target        TEXT,
  request_id    TEXT,
  detail        TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash          TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_log_is_never_cut BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Also keeps INSERT OR REPLACE from taking the place of an entry, which fires no DELETE.
CREATE TRIGGER audit_log_grows_at_its_end BEFORE INSERT ON audit_log
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- The master key ------------------------------------------------------------------------------------------------------

-- Master keys that nothing is sealed with any more. What one of them sealed is refused from the commit on that puts it
-- here: a process that sealed a text before a rotation may come to store it after.
CREATE TABLE retired_master_keys (
  key_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER providers_settings_of_a_retired_key BEFORE INSERT ON providers
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.settings, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER providers_settings_set_with_a_retired_key BEFORE UPDATE OF settings ON providers
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.settings, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER provider_tokens_of_a_retired_key BEFORE INSERT ON provider_tokens
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.token, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER provider_tokens_set_with_a_retired_key BEFORE UPDATE OF token ON provider_tokens
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.token, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER definitions_sealed_of_a_retired_key BEFORE INSERT ON definitions
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.sealed, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER definitions_sealed_set_with_a_retired_key BEFORE UPDATE OF sealed ON definitions
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.sealed, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER subscriber_channels_sealed_of_a_retired_key BEFORE INSERT ON subscriber_channels
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.sealed, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER subscriber_channels_sealed_set_with_a_retired_key BEFORE UPDATE OF sealed ON subscriber_channels
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.sealed, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER totp_secrets_secret_of_a_retired_key BEFORE INSERT ON totp_secrets
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.secret, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER totp_secrets_secret_set_with_a_retired_key BEFORE UPDATE OF secret ON totp_secrets
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.secret, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER webhook_endpoints_secrets_of_a_retired_key BEFORE INSERT ON webhook_endpoints
WHEN EXISTS (
  SELECT 1 FROM retired_master_keys
  WHERE instr(NEW.secret, 'v1.' || key_id || '.') = 1 OR instr(NEW.previous_secret, 'v1.' || key_id || '.') = 1
)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER webhook_endpoints_secrets_set_with_a_retired_key BEFORE UPDATE OF secret, previous_secret ON webhook_endpoints
WHEN EXISTS (
  SELECT 1 FROM retired_master_keys
  WHERE instr(NEW.secret, 'v1.' || key_id || '.') = 1 OR instr(NEW.previous_secret, 'v1.' || key_id || '.') = 1
)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER dkim_keys_private_key_of_a_retired_key BEFORE INSERT ON dkim_keys
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.private_key, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;

CREATE TRIGGER dkim_keys_private_key_set_with_a_retired_key BEFORE UPDATE OF private_key ON dkim_keys
WHEN EXISTS (SELECT 1 FROM retired_master_keys WHERE instr(NEW.private_key, 'v1.' || key_id || '.') = 1)
BEGIN SELECT RAISE(ABORT, 'sealed with a retired master key'); END;
