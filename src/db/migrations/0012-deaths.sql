-- How often the process died while the message was under way, since it was last tried to the end.
ALTER TABLE outbox ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;

CREATE INDEX outbox_deaths ON outbox (deaths, due_at) WHERE deaths > 0;
