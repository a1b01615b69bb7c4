-- Restore tests (Wiederherstellungsproben): a backup nobody has restored is a hope. The test runs on another database,
-- so its result is noted here by whoever ran it.

CREATE TABLE restore_test (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    tested_on date NOT NULL,
    backup_of date NOT NULL,
    passed boolean NOT NULL,
    remark text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT restore_test_backup_before_test CHECK (backup_of <= tested_on),
    CONSTRAINT restore_test_remark_present CHECK (length(btrim(remark)) BETWEEN 1 AND 500)
);
COMMENT ON TABLE restore_test IS 'Dated results of restoring a backup and verifying it, noted by hand';
COMMENT ON COLUMN restore_test.id IS 'Made by the program';
COMMENT ON COLUMN restore_test.body_id IS 'The purchasing body whose office or administration noted it';
COMMENT ON COLUMN restore_test.tested_on IS 'Day of the test';
COMMENT ON COLUMN restore_test.backup_of IS 'Day of the backup';
COMMENT ON COLUMN restore_test.passed IS 'Whether it was restored whole and abruf verify found nothing';
COMMENT ON COLUMN restore_test.remark IS 'What was done and found';
COMMENT ON COLUMN restore_test.recorded_by IS 'Who noted it';
COMMENT ON COLUMN restore_test.recorded_at IS 'When';
CREATE INDEX restore_test_newest ON restore_test (body_id, tested_on, recorded_at);
CREATE TRIGGER restore_test_append_only BEFORE UPDATE OR DELETE ON restore_test FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER restore_test_no_truncate BEFORE TRUNCATE ON restore_test FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

GRANT SELECT, INSERT ON restore_test TO abruf_app;
ALTER TABLE restore_test ENABLE ROW LEVEL SECURITY;
ALTER TABLE restore_test FORCE ROW LEVEL SECURITY;
CREATE POLICY restore_test_actor ON restore_test USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'job' THEN true
        ELSE false
    END);
