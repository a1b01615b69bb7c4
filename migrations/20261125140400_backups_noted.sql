-- When the last backup was written, for the page that says how the installation is doing.

ALTER TABLE installation ADD COLUMN backed_up_at timestamptz;
COMMENT ON COLUMN installation.backed_up_at IS 'When abruf backup last finished here; null: never';
