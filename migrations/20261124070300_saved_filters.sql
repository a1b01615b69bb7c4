-- Filters of lists that somebody keeps under a name of their own.

CREATE TABLE saved_filter (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    list text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT saved_filter_name_unique UNIQUE (person_id, list, name),
    CONSTRAINT saved_filter_name_length CHECK (length(btrim(name)) BETWEEN 1 AND 60),
    CONSTRAINT saved_filter_query_length CHECK (length(query) BETWEEN 1 AND 2000),
    CONSTRAINT saved_filter_list_known CHECK (list IN ('call_offs', 'contracts', 'audit'))
);
COMMENT ON TABLE saved_filter IS 'A filter of a list, kept by one person under a name';
COMMENT ON COLUMN saved_filter.id IS 'Made by the program';
COMMENT ON COLUMN saved_filter.person_id IS 'Whose';
COMMENT ON COLUMN saved_filter.list IS 'Which list: call_offs, contracts, audit';
COMMENT ON COLUMN saved_filter.name IS 'Name, as the person calls it [personal]';
COMMENT ON COLUMN saved_filter.query IS 'The query of the address, without the page; may hold words searched for [personal]';
COMMENT ON COLUMN saved_filter.created_at IS 'When';
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_filter TO abruf_app;
ALTER TABLE saved_filter ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_filter FORCE ROW LEVEL SECURITY;
CREATE POLICY saved_filter_own ON saved_filter USING (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));
