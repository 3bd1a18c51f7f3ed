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
