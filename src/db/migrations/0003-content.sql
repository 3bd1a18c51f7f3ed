-- Attachments by URL that are still to be fetched, as JSON: beside the content, which is read anyway.
ALTER TABLE contents ADD COLUMN attachment_urls TEXT;

-- When the bytes were removed after their retention. What the file was stays known.
ALTER TABLE attachments ADD COLUMN removed_at INTEGER;
ALTER TABLE contents ADD COLUMN raw_removed_at INTEGER;

-- Who still needs a blob, and which bytes are still kept, oldest message first. Messages without either are in none of them.
CREATE INDEX attachments_by_blob ON attachments (storage_key) WHERE storage_key IS NOT NULL;
CREATE INDEX attachments_kept ON attachments (message_seq) WHERE removed_at IS NULL;
CREATE INDEX contents_by_blob ON contents (raw_blob) WHERE raw_blob IS NOT NULL;
CREATE INDEX contents_blobs_kept ON contents (message_seq) WHERE raw_blob IS NOT NULL;
