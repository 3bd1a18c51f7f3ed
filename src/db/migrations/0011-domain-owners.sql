-- A sender domain belongs to one tenant unless the operator shares it. What a tenant's own key adds is held by it only once
-- it is verified; what the operator adds, at once. A tenant sends from what it holds, or from anywhere where it may.

ALTER TABLE allowed_sender_domains ADD COLUMN added_by TEXT NOT NULL DEFAULT 'operator';
ALTER TABLE allowed_sender_domains ADD COLUMN held INTEGER NOT NULL DEFAULT 1;
ALTER TABLE allowed_sender_domains ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;

-- What was allowed before goes on.
UPDATE allowed_sender_domains SET shared = 1
WHERE domain IN (SELECT domain FROM allowed_sender_domains GROUP BY domain HAVING count(*) > 1);
UPDATE tenants SET settings = json_set(settings, '$.anySender', json('true'))
WHERE no NOT IN (SELECT tenant_no FROM allowed_sender_domains);

CREATE UNIQUE INDEX allowed_sender_domains_by_owner ON allowed_sender_domains (domain) WHERE held = 1 AND shared = 0;

-- The tenants of a shared domain sign with one set of keys, which stays until the last of them goes.
CREATE TRIGGER allowed_sender_domains_keep_keys BEFORE DELETE ON allowed_sender_domains WHEN OLD.shared = 1
BEGIN
  UPDATE OR IGNORE dkim_keys
  SET domain_id = (SELECT id FROM allowed_sender_domains WHERE domain = OLD.domain AND shared = 1 AND id <> OLD.id LIMIT 1)
  WHERE domain_id = OLD.id
    AND EXISTS (SELECT 1 FROM allowed_sender_domains WHERE domain = OLD.domain AND shared = 1 AND id <> OLD.id);
END;
