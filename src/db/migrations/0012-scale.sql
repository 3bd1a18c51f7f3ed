-- An address is looked for in any case. `folded` is its spelling for that where it has letters beyond ASCII, which NOCASE leaves alone.
ALTER TABLE recipients ADD COLUMN folded TEXT;
UPDATE recipients SET folded = fold_address(address) WHERE address GLOB '*[^ -~]*';
DROP INDEX recipients_by_address;
CREATE INDEX recipients_by_address ON recipients (address COLLATE NOCASE, message_seq);
CREATE INDEX recipients_by_folded ON recipients (folded, message_seq) WHERE folded IS NOT NULL;

-- Times do not grow with positions: an event may be written long after its time. For a stretch of the log: its last position,
-- the latest time up to there, and the earliest time in it.
CREATE TABLE event_marks (
  position INTEGER PRIMARY KEY,
  latest   INTEGER NOT NULL,
  earliest INTEGER NOT NULL
) STRICT;
INSERT INTO event_marks (position, latest, earliest)
  SELECT max(position), max(at), min(at) FROM events HAVING count(*) > 0;

-- The tenant is closed, and what it has is taken away bit by bit. Its slug is free by then: what stands here has ~ and its number behind it.
ALTER TABLE tenants ADD COLUMN removing_at INTEGER;
