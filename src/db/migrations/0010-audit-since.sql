-- What is made after this time is never made without an entry of the audit log. What is there already may be older than
-- the log, or of a clock that was ahead.
INSERT INTO meta (key, value)
SELECT 'audit.since', max(
  CAST(unixepoch('subsec') * 1000 AS INTEGER),
  (SELECT coalesce(max(created_at), 0) FROM tenants),
  (SELECT coalesce(max(created_at), 0) FROM api_keys),
  (SELECT coalesce(max(created_at), 0) FROM providers)
);
