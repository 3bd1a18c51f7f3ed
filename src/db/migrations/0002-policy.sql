-- What a tenant with a rate limit has submitted lately: one row for each of its windows, whatever the limit is.
-- `counts` is a ring of 32-bit numbers, one for each small span of time (db/sqlite/rate-window.ts).
CREATE TABLE rate_windows (
  tenant_no INTEGER NOT NULL REFERENCES tenants (no) ON DELETE CASCADE,
  name      TEXT NOT NULL,
  newest    INTEGER NOT NULL,
  counts    BLOB NOT NULL,
  PRIMARY KEY (tenant_no, name)
) STRICT, WITHOUT ROWID;
