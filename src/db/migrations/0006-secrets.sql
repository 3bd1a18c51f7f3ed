-- Keys that work from some addresses only: a JSON list of networks, NULL for any address.
ALTER TABLE api_keys ADD COLUMN allowed_ips TEXT;

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
