-- The schema of 0.1.0 on PostgreSQL, 15 or later. Times are epoch milliseconds by the clock of who writes. Rows refer to each other by
-- numbers (`no`, `seq`); ids are for the outside. Flags are 0 or 1. What is "sealed" is encrypted by the master key for the context that its
-- comment names. The tables and columns are those of SQLite; what keeps them is PostgreSQL's own.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Counters that every message changes have a row for each of these, so that connections do not wait for each other's commits.
CREATE FUNCTION counter_slot() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT (pg_backend_pid() % 32)::bigint $$;

-- Text as it is compared in searches: in one case, in any alphabet. Upper case first, so that ß meets SS and a final sigma the others.
CREATE FUNCTION fold(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT lower(upper(normalize(t, NFC) COLLATE "und-x-icu")) COLLATE "C" $$;

-- The same of an address, whose domain is stored as A-labels.
CREATE FUNCTION fold_address(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT regexp_replace(fold(t), '@[^@]*$', '') || coalesce('@' || lower(substring(t FROM '@([^@]*)$')), '') $$;

-- A label of a domain as people read it (RFC 3492); what is no Punycode stays as it is.
CREATE FUNCTION readable_label(label text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  code text := substr(label, 5);
  plain int := length(code) - strpos(reverse(code), '-');
  output int[] := '{}';
  n int := 128;
  i int := 0;
  bias int := 72;
  at int := 1;
  digit int;
  old_i int;
  w bigint;
  k int;
  t int;
  delta bigint;
  c int;
BEGIN
  IF left(label, 4) <> 'xn--' OR label ~ '[^ -~]' OR length(label) > 63 THEN RETURN label; END IF;
  IF strpos(code, '-') > 0 THEN
    FOR k IN 1 .. plain LOOP output := output || ascii(substr(code, k, 1)); END LOOP;
    at := plain + 2;
  END IF;
  WHILE at <= length(code) LOOP
    old_i := i;
    w := 1;
    k := 36;
    LOOP
      IF at > length(code) THEN RETURN label; END IF;
      c := ascii(lower(substr(code, at, 1)));
      at := at + 1;
      digit := CASE WHEN c BETWEEN 97 AND 122 THEN c - 97 WHEN c BETWEEN 48 AND 57 THEN c - 22 ELSE 36 END;
      IF digit >= 36 OR i + digit * w > 2000000000 THEN RETURN label; END IF;
      i := (i + digit * w)::int;
      t := CASE WHEN k <= bias THEN 1 WHEN k >= bias + 26 THEN 26 ELSE k - bias END;
      EXIT WHEN digit < t;
      w := w * (36 - t);
      k := k + 36;
    END LOOP;
    c := coalesce(array_length(output, 1), 0) + 1;
    delta := CASE WHEN old_i = 0 THEN i / 700 ELSE (i - old_i) / 2 END;
    delta := delta + delta / c;
    k := 0;
    WHILE delta > 455 LOOP
      delta := delta / 35;
      k := k + 36;
    END LOOP;
    bias := (k + 36 * delta / (delta + 38))::int;
    n := n + i / c;
    i := i % c;
    IF n > 1114111 OR n BETWEEN 55296 AND 57343 THEN RETURN label; END IF;
    output := output[1 : i] || n || output[i + 1 :];
    i := i + 1;
  END LOOP;
  RETURN (SELECT string_agg(chr(one), '' ORDER BY place) FROM unnest(output) WITH ORDINALITY AS letters (one, place));
END $$;

-- An address, folded, with its domain as people read it.
CREATE FUNCTION readable_address(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT regexp_replace(fold(t), '@[^@]*$', '') || coalesce('@' || (
     SELECT string_agg(readable_label(label), '.' ORDER BY place)
     FROM regexp_split_to_table(lower(substring(t FROM '@([^@]*)$')), '\.') WITH ORDINALITY AS labels (label, place)), '') $$;

CREATE TABLE meta (
  key   text COLLATE "C" PRIMARY KEY,
  value text COLLATE "C" NOT NULL
);

INSERT INTO meta (key, value) VALUES ('events.epoch', '0');

-- The n-th position of the transaction that asks. `events.epoch` in `meta` grows where a restored database counts its transactions anew.
CREATE FUNCTION event_position(n bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT ((pg_current_xact_id()::text::bigint + (SELECT value::bigint FROM meta WHERE key = 'events.epoch')) << 13) + n $$;

-- Events before it are complete: no transaction that began before is still open.
CREATE FUNCTION event_horizon() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT value::bigint FROM meta WHERE key = 'events.epoch')) << 13 $$;

-- How far followers outside of the database were told the event log, and which node tells them.
CREATE TABLE publications (
  name        text COLLATE "C" PRIMARY KEY,
  position    bigint NOT NULL,
  lease_owner text COLLATE "C",
  lease_until bigint
);

-- What is made after this time is never made without an entry of the audit log.
INSERT INTO meta (key, value) VALUES ('audit.since', (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text);

-- Tenants -------------------------------------------------------------------------------------------------------------

CREATE TABLE tenants (
  no           bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id           text COLLATE "C" NOT NULL UNIQUE,
  slug         text COLLATE "C" NOT NULL UNIQUE,
  name         text COLLATE "C" NOT NULL,
  settings     text COLLATE "C" NOT NULL DEFAULT '{}',
  active       bigint NOT NULL DEFAULT 1,
  paused       bigint NOT NULL DEFAULT 0,
  -- Why, where IEP itself paused it.
  paused_reason text COLLATE "C",
  -- Entries of its suppression list, kept by triggers: to count a million of them would hold up the writer.
  suppressions bigint NOT NULL DEFAULT 0,
  -- What its recipients turned off, kept alike.
  unsubscribes bigint NOT NULL DEFAULT 0,
  -- The tenant is closed, and what it has is taken away bit by bit. Its slug is free by then: `slug` has ~ and its number behind it.
  removing_at  bigint,
  created_at   bigint NOT NULL,
  updated_at   bigint NOT NULL
);

CREATE TABLE api_keys (
  id           text COLLATE "C" PRIMARY KEY,
  -- NULL for an operator's key.
  tenant_no    bigint REFERENCES tenants (no) ON DELETE CASCADE,
  key_prefix   text COLLATE "C" NOT NULL UNIQUE,
  name         text COLLATE "C",
  key_hash     text COLLATE "C" NOT NULL,
  scopes       text COLLATE "C" NOT NULL,
  -- JSON list of the networks that it works from; NULL for any address.
  allowed_ips  text COLLATE "C",
  expires_at   bigint,
  revoked_at   bigint,
  last_used_at bigint,
  created_at   bigint NOT NULL
);

-- What a tenant with a rate limit has submitted lately: one row for each of its windows, whatever the limit is.
-- `counts` is a ring of 32-bit numbers, one for each small span of time (db/rules/rate-window.ts).
CREATE TABLE rate_windows (
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  name      text COLLATE "C" NOT NULL,
  newest    bigint NOT NULL,
  counts    bytea NOT NULL,
  PRIMARY KEY (tenant_no, name)
);

-- People --------------------------------------------------------------------------------------------------------------

-- `role` is the one for the whole platform; NULL for who is a member of tenants alone.
CREATE TABLE users (
  no            bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id            text COLLATE "C" NOT NULL UNIQUE,
  email         text COLLATE "C" NOT NULL UNIQUE,
  role          text COLLATE "C",
  password_hash text COLLATE "C",
  created_at    bigint NOT NULL,
  updated_at    bigint NOT NULL,
  signed_in_at  bigint
);

CREATE TABLE members (
  user_no   bigint NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  role      text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_no, tenant_no)
);

CREATE INDEX members_by_tenant ON members (tenant_no);

-- Whom login providers know: OpenID Connect promises that `issuer` and `subject` together never mean another person.
CREATE TABLE identities (
  issuer     text COLLATE "C" NOT NULL,
  subject    text COLLATE "C" NOT NULL,
  user_no    bigint NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  created_at bigint NOT NULL,
  PRIMARY KEY (issuer, subject)
);

CREATE INDEX identities_by_user ON identities (user_no);

-- Links that are good once: `token_hash` is the SHA-256 of what stands in one. Without a user it makes the first owner.
CREATE TABLE links (
  token_hash text COLLATE "C" PRIMARY KEY,
  user_no    bigint REFERENCES users (no) ON DELETE CASCADE,
  kind       text COLLATE "C" NOT NULL,
  expires_at bigint NOT NULL
);

CREATE INDEX links_by_user ON links (user_no);

-- A TOTP secret, sealed for totp:<user>. Without `confirmed_at` it was shown, and no code of it was given yet. `step` is the time
-- step of the last code that was taken: none is taken twice.
CREATE TABLE totp_secrets (
  user_id      text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret       text COLLATE "C" NOT NULL,
  confirmed_at bigint,
  step         bigint
);

-- Each is good once in place of a code of TOTP. `hash` is the SHA-256 of user and code.
CREATE TABLE recovery_codes (
  user_no bigint NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  hash    text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_no, hash)
);

-- `id` is that of the credential, `transports` a JSON array.
CREATE TABLE passkeys (
  id         text COLLATE "C" PRIMARY KEY,
  user_no    bigint NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  name       text COLLATE "C" NOT NULL,
  public_key text COLLATE "C" NOT NULL,
  counter    bigint NOT NULL,
  transports text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  used_at    bigint
);

CREATE INDEX passkeys_by_user ON passkeys (user_no);

-- Challenges that a passkey answered: none is good twice. `hash` is the SHA-256 of one.
CREATE TABLE answered_challenges (
  hash       text COLLATE "C" PRIMARY KEY,
  expires_at bigint NOT NULL
);

-- Who is signed in. `factor_at` is when the second factor was shown last, or what there is by who has none; `factor` is what it was.
CREATE TABLE sessions (
  id         text COLLATE "C" PRIMARY KEY,
  user_no    bigint NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  way        text COLLATE "C" NOT NULL,
  source     text COLLATE "C" NOT NULL,
  agent      text COLLATE "C",
  created_at bigint NOT NULL,
  used_at    bigint NOT NULL,
  factor     text COLLATE "C",
  factor_at  bigint
);

CREATE INDEX sessions_by_user ON sessions (user_no);

-- Sender domains ------------------------------------------------------------------------------------------------------

-- A domain belongs to one tenant unless the operator shares it. What a tenant's own key adds is held by it only once it is
-- verified; what the operator adds, at once. A tenant sends from what it holds, or from anywhere where it may.
CREATE TABLE allowed_sender_domains (
  id          text COLLATE "C" NOT NULL UNIQUE,
  tenant_no   bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  domain      text COLLATE "C" NOT NULL,
  added_by    text COLLATE "C" NOT NULL DEFAULT 'operator',
  held        bigint NOT NULL DEFAULT 1,
  shared      bigint NOT NULL DEFAULT 0,
  verified    bigint NOT NULL DEFAULT 0,
  verified_at bigint,
  checked_at  bigint,
  created_at  bigint NOT NULL,
  PRIMARY KEY (tenant_no, domain)
);

CREATE UNIQUE INDEX allowed_sender_domains_by_owner ON allowed_sender_domains (domain) WHERE held = 1 AND shared = 0;

-- Each look at the DNS of a domain; `results` is what was found of each record.
CREATE TABLE domain_checks (
  no        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  domain_id text COLLATE "C" NOT NULL REFERENCES allowed_sender_domains (id) ON DELETE CASCADE,
  at        bigint NOT NULL,
  verified  bigint NOT NULL,
  results   text COLLATE "C" NOT NULL
);

CREATE INDEX domain_checks_by_domain ON domain_checks (domain_id, at, no);

-- `slot` holds the keys that come and go together; `private_key` is sealed for the context `dkim:<id>`.
CREATE TABLE dkim_keys (
  id           text COLLATE "C" PRIMARY KEY,
  domain_id    text COLLATE "C" NOT NULL REFERENCES allowed_sender_domains (id) ON DELETE CASCADE,
  slot         text COLLATE "C" NOT NULL,
  selector     text COLLATE "C" NOT NULL,
  algorithm    text COLLATE "C" NOT NULL,
  public_key   text COLLATE "C" NOT NULL,
  private_key  text COLLATE "C" NOT NULL,
  state        text COLLATE "C" NOT NULL,
  published    bigint,
  created_at   bigint NOT NULL,
  activated_at bigint,
  retired_at   bigint
);

CREATE UNIQUE INDEX dkim_keys_by_selector ON dkim_keys (domain_id, selector);

-- The tenants of a shared domain sign with one set of keys, which stays until the last of them goes.

-- Providers -----------------------------------------------------------------------------------------------------------

-- Those made by command. `settings` is sealed for the context `provider:<name>`.
CREATE TABLE providers (
  name       text COLLATE "C" PRIMARY KEY,
  type       text COLLATE "C" NOT NULL,
  settings   text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

-- What OAuth2 gave a provider, of the configuration or of the table above, and other secrets of the daemon by names that no provider has.
-- `token` is sealed for the context `token:<provider>`.
CREATE TABLE provider_tokens (
  provider   text COLLATE "C" PRIMARY KEY,
  token      text COLLATE "C" NOT NULL,
  updated_at bigint NOT NULL
);

-- Suppressions --------------------------------------------------------------------------------------------------------

CREATE TABLE suppression_list (
  tenant_no  bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      text COLLATE "C" NOT NULL,
  reason     text COLLATE "C" NOT NULL,
  note       text COLLATE "C",
  -- Why the address is here, where IEP itself put it on the list.
  evidence   text COLLATE "C",
  expires_at bigint,
  created_at bigint NOT NULL,
  PRIMARY KEY (tenant_no, email)
);


-- Hard bounces that count towards a suppression: one for each message. Outlive the message, which retention removes.
CREATE TABLE hard_bounces (
  tenant_no  bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      text COLLATE "C" NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  at         bigint NOT NULL,
  reply      text COLLATE "C",
  PRIMARY KEY (tenant_no, email, message_id)
);

-- What addresses turned off, by the category that mail is sent with; an empty one stands for all that can be turned off.
CREATE TABLE unsubscribes (
  no         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  tenant_no  bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  email      text COLLATE "C" NOT NULL,
  category   text COLLATE "C" NOT NULL,
  way        text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);

CREATE UNIQUE INDEX unsubscribes_by_address ON unsubscribes (tenant_no, email, category);
CREATE INDEX unsubscribes_by_tenant ON unsubscribes (tenant_no);


-- Templates -----------------------------------------------------------------------------------------------------------

-- Without a tenant it is the operator's, and shared: a tenant sees it unless it has its own of that name.
CREATE TABLE templates (
  no          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  tenant_no   bigint REFERENCES tenants (no) ON DELETE CASCADE,
  name        text COLLATE "C" NOT NULL,
  -- The version that messages are made with; NULL: none yet.
  published   bigint,
  -- The last version that was made. It is never used twice.
  latest      bigint NOT NULL,
  -- As the published version says or, before there is one, the last.
  kind        text COLLATE "C" NOT NULL,
  syntax      text COLLATE "C" NOT NULL,
  category    text COLLATE "C",
  description text COLLATE "C",
  created_at  bigint NOT NULL,
  updated_at  bigint NOT NULL
);

CREATE UNIQUE INDEX templates_by_name ON templates (tenant_no, name) WHERE tenant_no IS NOT NULL;
CREATE UNIQUE INDEX templates_shared_by_name ON templates (name) WHERE tenant_no IS NULL;

-- Never changed. `definition` is JSON.
CREATE TABLE template_versions (
  no          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  template_no bigint NOT NULL REFERENCES templates (no) ON DELETE CASCADE,
  version     bigint NOT NULL,
  created_at  bigint NOT NULL,
  definition  text COLLATE "C" NOT NULL
);

CREATE UNIQUE INDEX template_versions_by_number ON template_versions (template_no, version);

-- The layouts and partials of a version, by the names that it calls them.
CREATE TABLE template_uses (
  version_no bigint NOT NULL REFERENCES template_versions (no) ON DELETE CASCADE,
  name       text COLLATE "C" NOT NULL,
  PRIMARY KEY (version_no, name)
);

CREATE INDEX template_uses_by_name ON template_uses (name);

-- What messages are rendered from: a version with its layouts and partials and the branding, as they were when the first of
-- these messages was accepted. No later change reaches mail that was accepted.
CREATE TABLE template_snapshots (
  no        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hash      text COLLATE "C" NOT NULL,
  content   text COLLATE "C" NOT NULL,
  used_at   bigint NOT NULL
);

CREATE UNIQUE INDEX template_snapshots_by_hash ON template_snapshots (tenant_no, hash);
CREATE INDEX template_snapshots_by_use ON template_snapshots (used_at);

-- Messages ------------------------------------------------------------------------------------------------------------

-- What lists and filters read. Bodies are in `contents` and `renditions`.
CREATE TABLE messages (
  seq               bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id                text COLLATE "C" NOT NULL UNIQUE,
  tenant_no         bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  status            text COLLATE "C" NOT NULL,
  created_at        bigint NOT NULL,
  updated_at        bigint NOT NULL,
  door              text COLLATE "C" NOT NULL,
  from_email        text COLLATE "C" NOT NULL,
  from_name         text COLLATE "C",
  envelope_from     text COLLATE "C" NOT NULL,
  "to"              text COLLATE "C" NOT NULL,
  cc                text COLLATE "C",
  reply_to          text COLLATE "C",
  subject           text COLLATE "C" NOT NULL,
  message_id_header text COLLATE "C" NOT NULL,
  priority          bigint NOT NULL,
  category          text COLLATE "C",
  tags              text COLLATE "C",
  metadata          text COLLATE "C",
  group_id          text COLLATE "C",
  wanted_provider   text COLLATE "C",
  provider          text COLLATE "C",
  attempts          bigint NOT NULL DEFAULT 0,
  max_attempts      bigint NOT NULL,
  dead              bigint NOT NULL DEFAULT 0,
  last_error        text COLLATE "C",
  scheduled_at      bigint,
  sent_at           bigint,
  idempotency_key   text COLLATE "C",
  idempotency_hash  text COLLATE "C",
  -- The stored template that it was made with.
  template          text COLLATE "C",
  template_version  bigint,
  -- W3C trace context that attempts join; only where the message is traced.
  traceparent       text COLLATE "C",
  -- What is noted of its reading, as bits (db/rows/message-rows.ts); NULL: nothing.
  tracking          bigint,
  -- The category that its recipients can turn off; NULL: they cannot.
  unsubscribe       text COLLATE "C",
  -- The id of the subscriber that it is for, who has preferences.
  subscriber        text COLLATE "C",
  -- Where its reader says that it is looked after.
  acknowledge_url   text COLLATE "C"
);

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

-- What searches for parts of texts look into: subject, addresses, category and tags, folded. It follows the messages in steps, in the order
-- of the log, so that accepting one costs nothing more.
CREATE TABLE message_search (
  message_seq bigint PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  text        text COLLATE "C" NOT NULL
);

CREATE INDEX message_search_by_text ON message_search USING gin (text gin_trgm_ops);

CREATE TABLE recipients (
  message_seq bigint NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position    bigint NOT NULL,
  address     text COLLATE "C" NOT NULL,
  -- Its spelling for searches in any case, where it has letters beyond ASCII, which the index beside leaves alone.
  folded      text COLLATE "C",
  kind        text COLLATE "C" NOT NULL,
  status      text COLLATE "C" NOT NULL,
  reply       text COLLATE "C",
  updated_at  bigint NOT NULL,
  -- What it was counted for in `tallies`: bits (db/rules/tally.ts).
  fates       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (message_seq, position)
);

CREATE INDEX recipients_by_address ON recipients (lower(address), message_seq);
CREATE INDEX recipients_by_folded ON recipients (folded, message_seq) WHERE folded IS NOT NULL;

-- What was submitted: either html/text or a snapshot of a template, with variables and headers, or a whole message (`raw`, or the blob that holds it).
CREATE TABLE contents (
  message_seq     bigint PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  html            text COLLATE "C",
  text            text COLLATE "C",
  variables       text COLLATE "C",
  headers         text COLLATE "C",
  raw             bytea,
  raw_blob        text COLLATE "C",
  raw_size        bigint,
  -- When the bytes were removed after their retention.
  raw_removed_at  bigint,
  utf8_header     bigint NOT NULL DEFAULT 0,
  -- Attachments by URL that are still to be fetched, as JSON: beside the content, which is read anyway.
  attachment_urls text COLLATE "C",
  snapshot_no     bigint REFERENCES template_snapshots (no),
  locale          text COLLATE "C"
);

CREATE INDEX contents_by_snapshot ON contents (snapshot_no) WHERE snapshot_no IS NOT NULL;
-- Who still needs a blob, and which are still kept, oldest message first. Content without a blob is in neither.
CREATE INDEX contents_by_blob ON contents (raw_blob) WHERE raw_blob IS NOT NULL;
CREATE INDEX contents_blobs_kept ON contents (message_seq) WHERE raw_blob IS NOT NULL;

CREATE TABLE renditions (
  message_seq      bigint PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  rendered_subject text COLLATE "C",
  rendered_html    text COLLATE "C",
  rendered_text    text COLLATE "C",
  kept             bytea
);

-- What providers keep to be looked at, in the order in which they were given it; gone with the bytes that `renditions` keeps.
CREATE TABLE inbox (
  no              bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  message_seq     bigint NOT NULL UNIQUE REFERENCES messages (seq) ON DELETE CASCADE,
  tenant_no       bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  received_at     bigint NOT NULL,
  size            bigint NOT NULL,
  has_attachments bigint NOT NULL
);

CREATE INDEX inbox_by_tenant ON inbox (tenant_no, no);


CREATE TABLE attachments (
  message_seq  bigint NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position     bigint NOT NULL,
  filename     text COLLATE "C" NOT NULL,
  content_type text COLLATE "C" NOT NULL,
  content_id   text COLLATE "C",
  size_bytes   bigint NOT NULL,
  -- The bytes, or the blob that holds them.
  content      bytea,
  storage_key  text COLLATE "C",
  -- When the bytes were removed after their retention. What the file was stays known.
  removed_at   bigint,
  PRIMARY KEY (message_seq, position)
);

-- Who still needs a blob, and which bytes are still kept, oldest message first.
CREATE INDEX attachments_by_blob ON attachments (storage_key) WHERE storage_key IS NOT NULL;
CREATE INDEX attachments_kept ON attachments (message_seq) WHERE removed_at IS NULL;

-- Delivery ------------------------------------------------------------------------------------------------------------

-- Only messages that owe work. Who claims looks at `free_at`, so that one index has what is due and what another left behind.
CREATE TABLE outbox (
  message_seq bigint PRIMARY KEY REFERENCES messages (seq) ON DELETE CASCADE,
  tenant_no   bigint NOT NULL,
  lane        bigint NOT NULL,
  due_at      bigint NOT NULL,
  scheduled   bigint NOT NULL DEFAULT 0,
  lease_owner text COLLATE "C",
  lease_until bigint,
  fence       bigint,
  free_at     bigint GENERATED ALWAYS AS (coalesce(lease_until, due_at)) STORED,
  -- How often the process died while the message was under way, since it was last tried to the end.
  deaths      bigint NOT NULL DEFAULT 0
);

CREATE INDEX outbox_free ON outbox (lane, tenant_no, free_at);
CREATE INDEX outbox_deaths ON outbox (deaths, free_at) WHERE deaths > 0;

CREATE TABLE attempts (
  message_seq         bigint NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  number              bigint NOT NULL,
  provider            text COLLATE "C" NOT NULL,
  started_at          bigint NOT NULL,
  ended_at            bigint NOT NULL,
  outcome             text COLLATE "C" NOT NULL,
  reply               text COLLATE "C",
  counted             bigint NOT NULL,
  provider_message_id text COLLATE "C",
  PRIMARY KEY (message_seq, number)
);

-- What the provider of an attempt calls the message, for each recipient. Feedback names it.
CREATE TABLE provider_messages (
  message_seq bigint NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  -- Of the attempt.
  number      bigint NOT NULL,
  -- Of the recipient.
  position    bigint NOT NULL,
  id          text COLLATE "C" NOT NULL,
  PRIMARY KEY (message_seq, number, position)
);

CREATE INDEX provider_messages_by_id ON provider_messages (id);

-- What was said on the wire in attempts that did not succeed.
CREATE TABLE attempt_transcripts (
  message_seq bigint NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  number      bigint NOT NULL,
  transcript  text COLLATE "C" NOT NULL,
  PRIMARY KEY (message_seq, number)
);

-- Events --------------------------------------------------------------------------------------------------------------

-- Append-only. `position` is never used twice: streams resume by it. It begins with the number of its transaction (`event_position`), so
-- that what lies before the oldest open transaction is complete (`event_horizon`).
CREATE TABLE events (
  position     bigint PRIMARY KEY,
  -- NULL: it is about something else of the tenant, which `subject_kind` and `subject_id` name.
  message_seq  bigint REFERENCES messages (seq) ON DELETE CASCADE,
  sequence     bigint NOT NULL,
  type         text COLLATE "C" NOT NULL,
  at           bigint NOT NULL,
  recipient    text COLLATE "C",
  payload      text COLLATE "C",
  -- Of what is about no message.
  tenant_no    bigint REFERENCES tenants (no) ON DELETE CASCADE,
  subject_kind text COLLATE "C",
  subject_id   text COLLATE "C",
  CHECK ((message_seq IS NULL) = (tenant_no IS NOT NULL AND subject_kind IS NOT NULL AND subject_id IS NOT NULL))
);

CREATE UNIQUE INDEX events_by_message ON events (message_seq, sequence);
CREATE UNIQUE INDEX events_by_subject ON events (tenant_no, subject_kind, subject_id, sequence) WHERE tenant_no IS NOT NULL;
-- The few that are about no message, in the order of the log.
CREATE INDEX events_about_others ON events (position) WHERE tenant_no IS NOT NULL;

-- Times do not grow with positions: an event may be written long after its time. Blocks of the log that cannot hold a time are passed over.
CREATE INDEX events_by_time ON events USING brin (at) WITH (pages_per_range = 16, autosummarize = on);

-- Feedback ------------------------------------------------------------------------------------------------------------

-- What came back about mail that was sent, each report of a recipient once: `identity` tells a repeat.
CREATE TABLE feedback (
  no          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  identity    text COLLATE "C" NOT NULL UNIQUE,
  -- NULL: it is about no message that is known here.
  message_seq bigint REFERENCES messages (seq) ON DELETE CASCADE,
  -- Of the recipient within the message; NULL: it names none of them.
  position    bigint,
  provider    text COLLATE "C",
  door        text COLLATE "C" NOT NULL,
  kind        text COLLATE "C" NOT NULL,
  at          bigint NOT NULL,
  received_at bigint NOT NULL,
  recipient   text COLLATE "C",
  data        text COLLATE "C" NOT NULL
);

CREATE INDEX feedback_by_message ON feedback (message_seq, position) WHERE message_seq IS NOT NULL;
CREATE INDEX feedback_unmatched ON feedback (received_at) WHERE message_seq IS NULL;

-- Tokens of callbacks that are good once, until they are refused for their age.
CREATE TABLE used_tokens (
  id      text COLLATE "C" NOT NULL PRIMARY KEY,
  "until" bigint NOT NULL
);

CREATE INDEX used_tokens_until ON used_tokens ("until");

-- Engagement ----------------------------------------------------------------------------------------------------------

-- How often a recipient opened a message or followed its links, by people and by programs. Of a recipient who does so very often the
-- history has only the first times.
CREATE TABLE hits (
  message_seq bigint NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
  position    bigint NOT NULL,
  -- `opened` or `clicked`.
  kind        text COLLATE "C" NOT NULL,
  machine     bigint NOT NULL,
  count       bigint NOT NULL,
  first_at    bigint NOT NULL,
  last_at     bigint NOT NULL,
  PRIMARY KEY (message_seq, position, kind, machine)
);

-- What became of the recipients of a group, so that its numbers cost the same for any size of it. `opened` and `clicked` are recipients,
-- `opens` and `clicks` are times; those of programs stand apart. Outlives the messages, as `tallies` do.
CREATE TABLE group_counts (
  tenant_no      bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  group_id       text COLLATE "C" NOT NULL,
  -- In which its last message was accepted, since the epoch.
  hour           bigint NOT NULL,
  sent           bigint NOT NULL DEFAULT 0,
  delivered      bigint NOT NULL DEFAULT 0,
  bounced        bigint NOT NULL DEFAULT 0,
  complained     bigint NOT NULL DEFAULT 0,
  failed         bigint NOT NULL DEFAULT 0,
  opens          bigint NOT NULL DEFAULT 0,
  opened         bigint NOT NULL DEFAULT 0,
  clicks         bigint NOT NULL DEFAULT 0,
  clicked        bigint NOT NULL DEFAULT 0,
  machine_opens  bigint NOT NULL DEFAULT 0,
  machine_clicks bigint NOT NULL DEFAULT 0,
  slot           bigint NOT NULL DEFAULT counter_slot(),
  PRIMARY KEY (tenant_no, group_id, slot)
);

CREATE INDEX group_counts_by_hour ON group_counts (tenant_no, hour);

-- Who failed may be tried again, which no other count takes back.

-- Statistics ----------------------------------------------------------------------------------------------------------

-- Messages by the hour (since the epoch) in which they were accepted, and by the status that they have now. Triggers keep it, so
-- that no change of a status is forgotten. It outlives the messages: what was removed counts as what it was.
CREATE TABLE status_counts (
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hour      bigint NOT NULL,
  status    text COLLATE "C" NOT NULL,
  slot      bigint NOT NULL DEFAULT counter_slot(),
  count     bigint NOT NULL,
  PRIMARY KEY (tenant_no, hour, status, slot)
);


-- Messages that a limit of their tenant refused, by the hour.
CREATE TABLE refusals (
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hour      bigint NOT NULL,
  "limit"   text COLLATE "C" NOT NULL,
  count     bigint NOT NULL,
  PRIMARY KEY (tenant_no, hour, "limit")
);

-- How mail fared, counted in the hour in which IEP heard of it: each recipient once a column. Outlives the messages, so that a
-- rate costs the same with any amount of them.
CREATE TABLE tallies (
  tenant_no          bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  hour               bigint NOT NULL,
  -- Empty where none is known.
  provider           text COLLATE "C" NOT NULL,
  -- Empty where the message has none; a tab for all that come after the first few of the tenant in that hour (core/tally.ts).
  category           text COLLATE "C" NOT NULL,
  -- The name of the one that the message was made with; empty and tab as for categories.
  template           text COLLATE "C" NOT NULL,
  -- Whose mail a provider took, or turned away for good because of the address.
  recipients         bigint NOT NULL,
  delivered          bigint NOT NULL,
  bounced            bigint NOT NULL,
  complained         bigint NOT NULL,
  opened             bigint NOT NULL,
  clicked            bigint NOT NULL,
  opened_by_machine  bigint NOT NULL,
  clicked_by_machine bigint NOT NULL,
  slot               bigint NOT NULL DEFAULT counter_slot(),
  PRIMARY KEY (tenant_no, hour, provider, category, template, slot)
);

-- Which rates of a tenant were found too high and not below their limits since, so that each is told once. One row a tenant
-- that anybody bounced for or complained about.
CREATE TABLE rate_alerts (
  tenant_no  bigint PRIMARY KEY REFERENCES tenants (no) ON DELETE CASCADE,
  bounced    bigint NOT NULL,
  complained bigint NOT NULL,
  updated_at bigint NOT NULL
);

-- Resources -----------------------------------------------------------------------------------------------------------

-- What `iep apply` made or changed last, by the name that it has in its manifest: a row here is what "source: apply" means.
CREATE TABLE resources (
  no          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  -- NULL: the platform's.
  tenant_no   bigint REFERENCES tenants (no) ON DELETE CASCADE,
  kind        text COLLATE "C" NOT NULL,
  name        text COLLATE "C" NOT NULL,
  -- The id or name by which the rest of the platform knows it.
  ref         text COLLATE "C" NOT NULL,
  labels      text COLLATE "C" NOT NULL,
  -- The names of the fields that the manifest set; of an Email, all that its manifest said.
  said        text COLLATE "C" NOT NULL,
  -- An Email goes with its message.
  message_seq bigint REFERENCES messages (seq) ON DELETE CASCADE,
  created_at  bigint NOT NULL,
  updated_at  bigint NOT NULL
);

CREATE UNIQUE INDEX resources_by_name ON resources (coalesce(tenant_no, 0), kind, name);
CREATE INDEX resources_by_tenant ON resources (tenant_no) WHERE tenant_no IS NOT NULL;
CREATE INDEX resources_by_message ON resources (message_seq) WHERE message_seq IS NOT NULL;

-- Whom a tenant writes to, by ids of its own. `channels` is JSON with masks in place of URLs.
CREATE TABLE subscribers (
  no         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  tenant_no  bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id         text COLLATE "C" NOT NULL,
  email      text COLLATE "C",
  name       text COLLATE "C",
  locale     text COLLATE "C",
  timezone   text COLLATE "C",
  data       text COLLATE "C",
  channels   text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

CREATE UNIQUE INDEX subscribers_by_id ON subscribers (tenant_no, id);
CREATE INDEX subscribers_by_email ON subscribers (tenant_no, email, id) WHERE email IS NOT NULL;

-- The channels with their URLs, as JSON that is sealed for the context `subscriber:<id>`; `id` is ours, and new with each text.
CREATE TABLE subscriber_channels (
  id            text COLLATE "C" PRIMARY KEY,
  subscriber_no bigint NOT NULL REFERENCES subscribers (no) ON DELETE CASCADE,
  sealed        text COLLATE "C" NOT NULL
);

CREATE UNIQUE INDEX subscriber_channels_by_subscriber ON subscriber_channels (subscriber_no);

-- What subscribers want to be told, as JSON; of those who have said something.
CREATE TABLE preferences (
  tenant_no  bigint NOT NULL,
  subscriber text COLLATE "C" NOT NULL,
  document   text COLLATE "C" NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (tenant_no, subscriber),
  FOREIGN KEY (tenant_no, subscriber) REFERENCES subscribers (tenant_no, id) ON DELETE CASCADE
);

-- Events of callers, and what they send ---------------------------------------------------------------------------------

CREATE TABLE triggers (
  tenant_no  bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  name       text COLLATE "C" NOT NULL,
  definition text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (tenant_no, name)
);

-- Ids of events that came, and what came of each, so that the same one triggers nothing again.
CREATE TABLE caller_events (
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  id        text COLLATE "C" NOT NULL,
  type      text COLLATE "C" NOT NULL,
  at        bigint NOT NULL,
  outcome   text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_no, id)
);

CREATE INDEX caller_events_by_time ON caller_events (at);

-- What a tenant defines under names of its own ------------------------------------------------------------------------

-- Topics, channels, notification types, rules, escalation policies: by `kind`. `fields` is JSON, with masks in place of the fields
-- that are secret; `sealed` is JSON of these, sealed for the context `definition:<id>`.
CREATE TABLE definitions (
  no         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id         text COLLATE "C" NOT NULL UNIQUE,
  tenant_no  bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  kind       text COLLATE "C" NOT NULL,
  name       text COLLATE "C" NOT NULL,
  fields     text COLLATE "C" NOT NULL,
  sealed     text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

CREATE UNIQUE INDEX definitions_by_name ON definitions (tenant_no, kind, name);

-- Who is in which topic.
CREATE TABLE topic_subscribers (
  topic_no      bigint NOT NULL REFERENCES definitions (no) ON DELETE CASCADE,
  subscriber_no bigint NOT NULL REFERENCES subscribers (no) ON DELETE CASCADE,
  PRIMARY KEY (topic_no, subscriber_no)
);

CREATE INDEX topic_subscribers_by_subscriber ON topic_subscribers (subscriber_no);

-- Notifications -------------------------------------------------------------------------------------------------------

-- One for each that was asked for. `content` is what its deliveries are made of, as JSON.
CREATE TABLE notifications (
  seq              bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id               text COLLATE "C" NOT NULL UNIQUE,
  tenant_no        bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  type             text COLLATE "C" NOT NULL,
  category         text COLLATE "C",
  content          text COLLATE "C" NOT NULL,
  -- The rule that made it of an event.
  rule             text COLLATE "C",
  -- As JSON, what of it is not resolved to recipients yet; NULL: nothing.
  rest             text COLLATE "C",
  -- Its policy and where it stands, as JSON; `escalating` until somebody has acknowledged it.
  escalation       text COLLATE "C",
  escalating       bigint NOT NULL DEFAULT 0,
  acknowledged_at  bigint,
  acknowledged_by  text COLLATE "C",
  cancelled_at     bigint,
  idempotency_key  text COLLATE "C",
  idempotency_hash text COLLATE "C",
  created_at       bigint NOT NULL
);

CREATE UNIQUE INDEX notifications_by_idempotency_key ON notifications (tenant_no, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX notifications_by_tenant ON notifications (tenant_no, seq);
CREATE INDEX notifications_by_time ON notifications (tenant_no, created_at);
CREATE INDEX notifications_escalating ON notifications (tenant_no, seq) WHERE escalating = 1;

-- Files for what did not go at once.
CREATE TABLE notification_files (
  notification_seq bigint NOT NULL REFERENCES notifications (seq) ON DELETE CASCADE,
  position         bigint NOT NULL,
  filename         text COLLATE "C" NOT NULL,
  content_type     text COLLATE "C" NOT NULL,
  content_id       text COLLATE "C",
  content          bytea NOT NULL,
  PRIMARY KEY (notification_seq, position)
);

-- What gathers or counts what comes for one recipient, type and channel until it ends: `ended` is 0 until then, and its `no` after,
-- while something that it held still has to go.
CREATE TABLE notification_windows (
  no        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  kind      text COLLATE "C" NOT NULL,
  key       text COLLATE "C" NOT NULL,
  ended     bigint NOT NULL DEFAULT 0,
  ends_at   bigint NOT NULL,
  -- What went at once while it was open.
  count     bigint NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX notification_windows_by_key ON notification_windows (tenant_no, kind, key, ended);
CREATE INDEX notification_windows_by_end ON notification_windows (ends_at);

-- One for each recipient and channel. `recipient` is `subscriber:ID`, `email:ADDRESS` or `channel:NAME`; `history` a JSON list.
CREATE TABLE notification_deliveries (
  seq              bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  notification_seq bigint NOT NULL REFERENCES notifications (seq) ON DELETE CASCADE,
  tenant_no        bigint NOT NULL,
  -- Of the escalation; 0 without one.
  step             bigint NOT NULL,
  recipient        text COLLATE "C" NOT NULL,
  channel          text COLLATE "C" NOT NULL,
  status           text COLLATE "C" NOT NULL,
  reason           text COLLATE "C",
  -- When what is held goes.
  until            bigint,
  message_seq      bigint REFERENCES messages (seq) ON DELETE SET NULL,
  -- The one that holds it.
  window_no        bigint REFERENCES notification_windows (no) ON DELETE SET NULL,
  history          text COLLATE "C" NOT NULL,
  updated_at       bigint NOT NULL
);

CREATE UNIQUE INDEX notification_deliveries_by_recipient
  ON notification_deliveries (notification_seq, step, recipient, channel);
CREATE INDEX notification_deliveries_by_status ON notification_deliveries (tenant_no, status, notification_seq);
CREATE INDEX notification_deliveries_of_recipient ON notification_deliveries (tenant_no, recipient, notification_seq);
CREATE INDEX notification_deliveries_by_message ON notification_deliveries (message_seq) WHERE message_seq IS NOT NULL;
CREATE INDEX notification_deliveries_by_window ON notification_deliveries (window_no, seq) WHERE window_no IS NOT NULL;

-- What became of a message became of the deliveries that it carries; a trigger, so that no verb can forget it.

-- What owes something: a delivery that goes then or is posted, a window that ends, a topic to go through, the next step of an
-- escalation; each names what it is about in one of three columns. `slot` is 0 for what IEP does by itself; what others are
-- asked for has one by its address, so that one that does not answer fills no more than that.
CREATE TABLE notification_queue (
  no               bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  tenant_no        bigint NOT NULL,
  slot             bigint NOT NULL,
  kind             text COLLATE "C" NOT NULL,
  notification_seq bigint REFERENCES notifications (seq) ON DELETE CASCADE,
  delivery_seq     bigint REFERENCES notification_deliveries (seq) ON DELETE CASCADE,
  window_no        bigint REFERENCES notification_windows (no) ON DELETE CASCADE,
  due_at           bigint NOT NULL,
  tries            bigint NOT NULL DEFAULT 0,
  lease_owner      text COLLATE "C",
  lease_until      bigint,
  fence            bigint
);

CREATE INDEX notification_queue_due ON notification_queue (tenant_no, slot, due_at) WHERE lease_owner IS NULL;
CREATE INDEX notification_queue_leased ON notification_queue (tenant_no, slot) WHERE lease_owner IS NOT NULL;
CREATE INDEX notification_queue_retried ON notification_queue (due_at) WHERE tries > 0;
CREATE INDEX notification_queue_by_notification ON notification_queue (notification_seq) WHERE notification_seq IS NOT NULL;
CREATE INDEX notification_queue_by_delivery ON notification_queue (delivery_seq) WHERE delivery_seq IS NOT NULL;
CREATE INDEX notification_queue_by_window ON notification_queue (window_no) WHERE window_no IS NOT NULL;

-- How the addresses of a slot answered last, as `quick` and `failing_since` of an endpoint tell: none is there before its first post.
CREATE TABLE notification_slots (
  tenant_no bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  slot      bigint NOT NULL,
  quick     bigint NOT NULL,
  failing   bigint NOT NULL,
  PRIMARY KEY (tenant_no, slot)
);

-- Webhooks ------------------------------------------------------------------------------------------------------------

CREATE TABLE webhook_endpoints (
  no              bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id              text COLLATE "C" NOT NULL UNIQUE,
  tenant_no       bigint NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  url             text COLLATE "C" NOT NULL,
  -- JSON list of event types; `["*"]` is all of them.
  events          text COLLATE "C" NOT NULL,
  description     text COLLATE "C",
  -- Sealed for the context `webhook:<id>`; the previous one signs too until `previous_until`.
  secret          text COLLATE "C" NOT NULL,
  previous_secret text COLLATE "C",
  previous_until  bigint,
  active          bigint NOT NULL DEFAULT 1,
  off_at          bigint,
  off_reason      text COLLATE "C",
  -- Events up to this position are none of its business: they are older than it, or came while it was off.
  from_position   bigint NOT NULL DEFAULT 0,
  -- Where the events begin that it missed while it was off, and that nobody has replayed yet.
  missed_from     bigint,
  -- Removed: invisible, and taken away bit by bit.
  removed         bigint NOT NULL DEFAULT 0,
  -- Time of the first failure since the last success.
  failing_since   bigint,
  -- Whether its last answer was a success, and soon.
  quick           bigint NOT NULL DEFAULT 0,
  -- It asked to be left alone until then (Retry-After).
  wait_until      bigint,
  created_at      bigint NOT NULL,
  updated_at      bigint NOT NULL
);

CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant_no);

-- One event for one endpoint. `tries` counts since it was made or replayed, `attempts` counts all.
CREATE TABLE webhook_deliveries (
  seq         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id          text COLLATE "C" NOT NULL UNIQUE,
  endpoint_no bigint NOT NULL REFERENCES webhook_endpoints (no) ON DELETE CASCADE,
  -- NULL: the event is about no message.
  message_seq bigint REFERENCES messages (seq) ON DELETE CASCADE,
  position    bigint NOT NULL,
  sequence    bigint NOT NULL,
  type        text COLLATE "C" NOT NULL,
  status      text COLLATE "C" NOT NULL DEFAULT 'pending',
  attempts    bigint NOT NULL DEFAULT 0,
  tries       bigint NOT NULL DEFAULT 0,
  last_answer text COLLATE "C",
  created_at  bigint NOT NULL,
  updated_at  bigint NOT NULL
);

CREATE UNIQUE INDEX webhook_deliveries_by_event ON webhook_deliveries (endpoint_no, position);
CREATE INDEX webhook_deliveries_by_message ON webhook_deliveries (message_seq);

CREATE TABLE webhook_attempts (
  delivery_seq bigint NOT NULL REFERENCES webhook_deliveries (seq) ON DELETE CASCADE,
  number       bigint NOT NULL,
  started_at   bigint NOT NULL,
  duration_ms  bigint NOT NULL,
  request      text COLLATE "C" NOT NULL,
  status       bigint,
  answer       text COLLATE "C",
  error        text COLLATE "C",
  PRIMARY KEY (delivery_seq, number)
);

-- Only deliveries that owe work. The due time stands while a lease lasts, so that the order survives a crash.
CREATE TABLE webhook_queue (
  delivery_seq bigint PRIMARY KEY REFERENCES webhook_deliveries (seq) ON DELETE CASCADE,
  endpoint_no  bigint NOT NULL,
  message_seq  bigint,
  due_at       bigint NOT NULL,
  lease_owner  text COLLATE "C",
  lease_until  bigint,
  fence        bigint
);

CREATE INDEX webhook_queue_due ON webhook_queue (endpoint_no, due_at, delivery_seq);
CREATE INDEX webhook_queue_leased ON webhook_queue (endpoint_no, message_seq) WHERE lease_owner IS NOT NULL;

-- Chores --------------------------------------------------------------------------------------------------------------

-- Timed chores: what became of the last run of each, and when the next is. One row a chore, written by the
-- node that has its lease.
CREATE TABLE chores (
  name         text COLLATE "C" PRIMARY KEY,
  schedule     text COLLATE "C" NOT NULL,
  next_at      bigint,
  started_at   bigint,
  ended_at     bigint,
  outcome      text COLLATE "C",
  detail       text COLLATE "C",
  succeeded_at bigint,
  failures     bigint NOT NULL DEFAULT 0,
  lease_owner  text COLLATE "C",
  lease_until  bigint
);

-- The audit log -------------------------------------------------------------------------------------------------------

-- What was managed, by whom and from where. Kept for ever, also when the tenant it is about goes.
CREATE TABLE audit_log (
  seq           bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  at            bigint NOT NULL,
  actor_kind    text COLLATE "C" NOT NULL,
  actor         text COLLATE "C" NOT NULL,
  actor_name    text COLLATE "C",
  source        text COLLATE "C" NOT NULL,
  action        text COLLATE "C" NOT NULL,
  outcome       text COLLATE "C" NOT NULL,
  tenant        text COLLATE "C",
  target        text COLLATE "C",
  request_id    text COLLATE "C",
  detail        text COLLATE "C" NOT NULL,
  previous_hash text COLLATE "C" NOT NULL,
  hash          text COLLATE "C" NOT NULL
);



-- Also keeps INSERT OR REPLACE from taking the place of an entry, which fires no DELETE.

-- The master key ------------------------------------------------------------------------------------------------------

-- Master keys that nothing is sealed with any more. What one of them sealed is refused from the commit on that puts it
-- here: a process that sealed a text before a rotation may come to store it after.
CREATE TABLE retired_master_keys (
  key_id text COLLATE "C" PRIMARY KEY
);

CREATE FUNCTION refuse_retired_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY TG_ARGV LOOP
    IF EXISTS (SELECT 1 FROM retired_master_keys WHERE starts_with(to_jsonb(NEW) ->> name, 'v1.' || key_id || '.')) THEN
      RAISE EXCEPTION 'sealed with a retired master key';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;

CREATE TRIGGER providers_of_a_retired_key BEFORE INSERT OR UPDATE OF settings ON providers
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('settings');

CREATE TRIGGER provider_tokens_of_a_retired_key BEFORE INSERT OR UPDATE OF token ON provider_tokens
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('token');

CREATE TRIGGER definitions_of_a_retired_key BEFORE INSERT OR UPDATE OF sealed ON definitions
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('sealed');

CREATE TRIGGER subscriber_channels_of_a_retired_key BEFORE INSERT OR UPDATE OF sealed ON subscriber_channels
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('sealed');

CREATE TRIGGER totp_secrets_of_a_retired_key BEFORE INSERT OR UPDATE OF secret ON totp_secrets
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('secret');

CREATE TRIGGER webhook_endpoints_of_a_retired_key BEFORE INSERT OR UPDATE OF secret, previous_secret ON webhook_endpoints
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('secret', 'previous_secret');

CREATE TRIGGER dkim_keys_of_a_retired_key BEFORE INSERT OR UPDATE OF private_key ON dkim_keys
  FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys('private_key');

-- What follows what ---------------------------------------------------------------------------------------------------

-- The tenants of a shared domain sign with one set of keys, which stays until the last of them goes.
CREATE FUNCTION keep_keys_of_shared_domain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  heir text;
BEGIN
  SELECT id INTO heir FROM allowed_sender_domains WHERE domain = OLD.domain AND shared = 1 AND id <> OLD.id LIMIT 1;
  IF heir IS NOT NULL THEN
    UPDATE dkim_keys k SET domain_id = heir WHERE domain_id = OLD.id
      AND NOT EXISTS (SELECT 1 FROM dkim_keys h WHERE h.domain_id = heir AND h.selector = k.selector);
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER allowed_sender_domains_keep_keys BEFORE DELETE ON allowed_sender_domains
  FOR EACH ROW WHEN (OLD.shared = 1) EXECUTE FUNCTION keep_keys_of_shared_domain();

-- How many entries a tenant has, counted once a statement.
CREATE FUNCTION count_suppressions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE tenants t SET suppressions = t.suppressions + n.count
      FROM (SELECT tenant_no, count(*) AS count FROM changed GROUP BY tenant_no) n WHERE t.no = n.tenant_no;
  ELSE
    UPDATE tenants t SET suppressions = t.suppressions - n.count
      FROM (SELECT tenant_no, count(*) AS count FROM changed GROUP BY tenant_no) n WHERE t.no = n.tenant_no;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER suppression_list_grows AFTER INSERT ON suppression_list
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_suppressions();
CREATE TRIGGER suppression_list_shrinks AFTER DELETE ON suppression_list
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_suppressions();

CREATE FUNCTION count_unsubscribes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE tenants t SET unsubscribes = t.unsubscribes + n.count
      FROM (SELECT tenant_no, count(*) AS count FROM changed GROUP BY tenant_no) n WHERE t.no = n.tenant_no;
  ELSE
    UPDATE tenants t SET unsubscribes = t.unsubscribes - n.count
      FROM (SELECT tenant_no, count(*) AS count FROM changed GROUP BY tenant_no) n WHERE t.no = n.tenant_no;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER unsubscribes_grow AFTER INSERT ON unsubscribes
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_unsubscribes();
CREATE TRIGGER unsubscribes_shrink AFTER DELETE ON unsubscribes
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_unsubscribes();

CREATE FUNCTION leave_inbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM inbox WHERE message_seq = NEW.message_seq;
  RETURN NULL;
END $$;
CREATE TRIGGER renditions_leave_inbox AFTER UPDATE OF kept ON renditions
  FOR EACH ROW WHEN (NEW.kept IS NULL AND OLD.kept IS NOT NULL) EXECUTE FUNCTION leave_inbox();

-- A group and the hour of its last message; and the messages of an hour by status. Once a statement.
CREATE FUNCTION count_new_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO group_counts AS g (tenant_no, group_id, hour)
    SELECT tenant_no, group_id, max(created_at / 3600000) FROM added WHERE group_id IS NOT NULL
      GROUP BY tenant_no, group_id ORDER BY tenant_no, group_id
    ON CONFLICT (tenant_no, group_id, slot) DO UPDATE SET hour = excluded.hour WHERE g.hour < excluded.hour;
  INSERT INTO status_counts AS c (tenant_no, hour, status, count)
    SELECT tenant_no, created_at / 3600000, status, count(*) FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_no, hour, status, slot) DO UPDATE SET count = c.count + excluded.count;
  RETURN NULL;
END $$;
CREATE TRIGGER messages_are_counted AFTER INSERT ON messages
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_new_messages();

CREATE FUNCTION count_changed_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM now_so n JOIN then_so t ON t.seq = n.seq WHERE n.status <> t.status) THEN
    RETURN NULL;
  END IF;
  INSERT INTO status_counts AS c (tenant_no, hour, status, count)
    SELECT tenant_no, hour, status, sum(one) FROM (
      SELECT n.tenant_no, n.created_at / 3600000 AS hour, n.status, 1 AS one
        FROM now_so n JOIN then_so t ON t.seq = n.seq WHERE n.status <> t.status
      UNION ALL
      SELECT t.tenant_no, t.created_at / 3600000, t.status, -1
        FROM now_so n JOIN then_so t ON t.seq = n.seq WHERE n.status <> t.status) changes
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_no, hour, status, slot) DO UPDATE SET count = c.count + excluded.count;
  -- What became of a message became of the deliveries that it carries.
  UPDATE notification_deliveries d SET updated_at = n.updated_at,
    status = CASE
      WHEN n.status IN ('scheduled', 'queued', 'processing') THEN 'pending'
      WHEN n.status = 'complained' THEN 'delivered'
      WHEN n.status = 'bounced' THEN 'failed'
      WHEN n.status = 'suppressed' THEN 'skipped'
      ELSE n.status END,
    reason = CASE n.status WHEN 'suppressed' THEN 'suppressed' WHEN 'bounced' THEN 'bounced' END
  FROM now_so n JOIN then_so t ON t.seq = n.seq
  WHERE d.message_seq = n.seq AND n.status <> t.status AND d.status <> 'acknowledged';
  RETURN NULL;
END $$;
CREATE TRIGGER messages_change_what_they_count_as AFTER UPDATE ON messages
  REFERENCING OLD TABLE AS then_so NEW TABLE AS now_so FOR EACH STATEMENT EXECUTE FUNCTION count_changed_messages();

-- Who failed may be tried again, which no other count takes back.
CREATE FUNCTION count_failed_recipients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO group_counts AS g (tenant_no, group_id, hour, failed)
    SELECT tenant_no, group_id, created_at / 3600000, CASE WHEN NEW.status = 'failed' THEN 1 ELSE -1 END
    FROM messages WHERE seq = NEW.message_seq AND group_id IS NOT NULL
    ON CONFLICT (tenant_no, group_id, slot) DO UPDATE SET failed = g.failed + excluded.failed;
  RETURN NULL;
END $$;
CREATE TRIGGER recipients_fail_in_their_group AFTER UPDATE OF status ON recipients
  FOR EACH ROW WHEN ((NEW.status = 'failed') <> (OLD.status = 'failed')) EXECUTE FUNCTION count_failed_recipients();

CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();

CREATE FUNCTION let_audit_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit_log) THEN
    RAISE EXCEPTION 'the audit log is append-only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_log_grows_at_its_end BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION let_audit_grow();
