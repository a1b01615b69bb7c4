-- A turnover file that was taken by mistake is taken back as a whole: by an import of its own whose lines are those of the
-- file with the sign turned. Nothing is deleted, every control sum holds, and the file can be taken again.

CREATE TABLE turnover_revocation (
    import_id uuid PRIMARY KEY REFERENCES turnover_import,
    counter_id uuid NOT NULL REFERENCES turnover_import,
    reason text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    CONSTRAINT turnover_revocation_counter_once UNIQUE (counter_id),
    CONSTRAINT turnover_revocation_of_another CHECK (counter_id <> import_id),
    CONSTRAINT turnover_revocation_reason_present CHECK (length(btrim(reason)) BETWEEN 1 AND 2000)
);
COMMENT ON TABLE turnover_revocation IS 'A turnover file that was taken back as a whole, once';
COMMENT ON COLUMN turnover_revocation.import_id IS 'The import that counts no more';
COMMENT ON COLUMN turnover_revocation.counter_id IS 'The import whose lines take it back';
COMMENT ON COLUMN turnover_revocation.reason IS 'Why';
COMMENT ON COLUMN turnover_revocation.person_id IS 'Who took it back';
COMMENT ON COLUMN turnover_revocation.at IS 'When';
CREATE TRIGGER turnover_revocation_append_only BEFORE UPDATE OR DELETE ON turnover_revocation FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON turnover_revocation TO abruf_app;
ALTER TABLE turnover_revocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE turnover_revocation FORCE ROW LEVEL SECURITY;
CREATE POLICY turnover_revocation_with_import ON turnover_revocation USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM turnover_import i WHERE i.id = turnover_revocation.import_id));
CREATE POLICY turnover_revocation_by_body ON turnover_revocation AS RESTRICTIVE FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'body');

-- Taken back, the same file may be taken once more.
ALTER TABLE turnover_import
    ADD COLUMN take integer NOT NULL DEFAULT 1,
    DROP CONSTRAINT turnover_import_file_once,
    ADD CONSTRAINT turnover_import_file_once UNIQUE (body_id, sha256, take),
    ADD CONSTRAINT turnover_import_take_positive CHECK (take >= 1);
COMMENT ON COLUMN turnover_import.take IS '1 the first time this file is taken, one more for each time it was taken back before';

-- At commit: what takes back says the same as what it takes back, with the sign turned.
CREATE FUNCTION abruf.turnover_revocation_is_whole() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (
            SELECT l.contract_id, l.row_number, l.month, l.currency, l.member_id, l.supplier_id, l.lot_id, sum(l.amount) AS amount
            FROM turnover_line l
            WHERE l.import_id IN (NEW.import_id, NEW.counter_id)
            GROUP BY 1, 2, 3, 4, 5, 6, 7) AS line
        WHERE line.amount <> 0) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'turnover_revocation_whole',
            MESSAGE = 'a revocation takes back each line, and nothing else';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.turnover_revocation_is_whole() IS 'A file that was taken back and what takes it back come to nothing, line by line';
CREATE CONSTRAINT TRIGGER turnover_revocation_whole AFTER INSERT ON turnover_revocation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION abruf.turnover_revocation_is_whole();
