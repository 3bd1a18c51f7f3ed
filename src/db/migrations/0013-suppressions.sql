-- Entries on its list, kept by every way they come and go: to count a million of them would hold up the writer.
ALTER TABLE tenants ADD COLUMN suppressions INTEGER NOT NULL DEFAULT 0;
UPDATE tenants SET suppressions = (SELECT count(*) FROM suppression_list WHERE tenant_no = tenants.no);

CREATE TRIGGER suppression_list_grows AFTER INSERT ON suppression_list
BEGIN
  UPDATE tenants SET suppressions = suppressions + 1 WHERE no = NEW.tenant_no;
END;
CREATE TRIGGER suppression_list_shrinks AFTER DELETE ON suppression_list
BEGIN
  UPDATE tenants SET suppressions = suppressions - 1 WHERE no = OLD.tenant_no;
END;
