-- The table of the Loop SDK. Run this once, as the table's owner; the SDK never changes a schema.
CREATE TABLE IF NOT EXISTS loop_entry (
    key        text COLLATE "C" PRIMARY KEY,
    version    bigint GENERATED ALWAYS AS IDENTITY,
    blob       bytea NOT NULL,
    expires_at timestamptz
);
CREATE INDEX IF NOT EXISTS loop_entry_expiry ON loop_entry (expires_at) WHERE expires_at IS NOT NULL;
-- What the app's role needs, where it is not the owner:
-- GRANT SELECT, INSERT, UPDATE, DELETE ON loop_entry TO app;
