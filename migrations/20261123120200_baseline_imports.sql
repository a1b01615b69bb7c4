-- Spreadsheets of past purchases while somebody looks at them: nothing of them counts before it is confirmed.

CREATE TABLE baseline_import (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    bytes bytea NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT baseline_import_one_per_person UNIQUE (contract_id, person_id),
    CONSTRAINT baseline_import_size CHECK (octet_length(bytes) BETWEEN 1 AND 8000000),
    CONSTRAINT baseline_import_name_present CHECK (length(btrim(file_name)) BETWEEN 1 AND 200)
);
COMMENT ON TABLE baseline_import IS 'An uploaded spreadsheet between preview and confirmation; confirmed it becomes evidence (baseline_file), and the row goes';
COMMENT ON COLUMN baseline_import.contract_id IS 'The contract its prices are proposed for';
COMMENT ON COLUMN baseline_import.id IS 'Made by the program';
COMMENT ON COLUMN baseline_import.file_name IS 'Name it was uploaded with';
COMMENT ON COLUMN baseline_import.media_type IS 'What the program has seen it to be';
COMMENT ON COLUMN baseline_import.bytes IS 'The file, byte for byte';
COMMENT ON COLUMN baseline_import.person_id IS 'Who uploaded it; a new upload takes the place of the old one';
COMMENT ON COLUMN baseline_import.at IS 'When';
GRANT SELECT, INSERT, DELETE ON baseline_import TO abruf_app;
ALTER TABLE baseline_import ENABLE ROW LEVEL SECURITY;
ALTER TABLE baseline_import FORCE ROW LEVEL SECURITY;
CREATE POLICY baseline_import_actor ON baseline_import USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND person_id = (SELECT abruf.actor_person())
        AND EXISTS (SELECT FROM framework_contract f WHERE f.id = baseline_import.contract_id)));
