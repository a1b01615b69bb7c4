-- Suppliers from whom nothing may be ordered from a day on: suspended, insolvent, terminated, excluded.

CREATE TABLE supplier_stop (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    supplier_id uuid NOT NULL REFERENCES organisation,
    stopped_from date NOT NULL,
    reason text NOT NULL,
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    lifted_from date,
    lift_document text,
    lifted_by uuid REFERENCES person,
    lifted_at timestamptz,
    CONSTRAINT supplier_stop_reason_known CHECK (reason IN ('suspended', 'insolvent', 'terminated', 'excluded')),
    CONSTRAINT supplier_stop_document_present CHECK (document <> ''),
    CONSTRAINT supplier_stop_lifted_whole CHECK (num_nonnulls(lifted_from, lift_document, lifted_by, lifted_at) IN (0, 4)),
    CONSTRAINT supplier_stop_lift_document_present CHECK (lift_document <> ''),
    CONSTRAINT supplier_stop_in_order CHECK (stopped_from <= lifted_from),
    CONSTRAINT supplier_stop_one_at_a_time EXCLUDE USING gist (
        body_id WITH =, supplier_id WITH =, daterange(stopped_from, lifted_from, '[)') WITH &&)
);
COMMENT ON TABLE supplier_stop IS 'Days on which nothing may be ordered from a supplier of a body, under any of its contracts';
COMMENT ON COLUMN supplier_stop.id IS 'Made by the program';
COMMENT ON COLUMN supplier_stop.body_id IS 'The purchasing body whose contracts it concerns';
COMMENT ON COLUMN supplier_stop.supplier_id IS 'The supplier';
COMMENT ON COLUMN supplier_stop.stopped_from IS 'First day on which nothing may be ordered';
COMMENT ON COLUMN supplier_stop.reason IS 'suspended, insolvent, terminated or excluded';
COMMENT ON COLUMN supplier_stop.document IS 'The document behind it';
COMMENT ON COLUMN supplier_stop.recorded_by IS 'Who entered it';
COMMENT ON COLUMN supplier_stop.recorded_at IS 'When';
COMMENT ON COLUMN supplier_stop.lifted_from IS 'First day on which orders are possible again; null while it lasts';
COMMENT ON COLUMN supplier_stop.lift_document IS 'The document behind the end';
COMMENT ON COLUMN supplier_stop.lifted_by IS 'Who entered the end';
COMMENT ON COLUMN supplier_stop.lifted_at IS 'When';
CREATE INDEX supplier_stop_of_supplier ON supplier_stop (supplier_id, body_id);

GRANT SELECT, INSERT ON supplier_stop TO abruf_app;
-- What was entered stays; only its end is added.
GRANT UPDATE (lifted_from, lift_document, lifted_by, lifted_at) ON supplier_stop TO abruf_app;
ALTER TABLE supplier_stop ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_stop FORCE ROW LEVEL SECURITY;
-- Whoever may order must know; whoever answers for the body enters it.
CREATE POLICY supplier_stop_read ON supplier_stop FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR body_id = (SELECT abruf.actor_body())
    OR EXISTS (SELECT FROM framework_contract f WHERE f.body_id = supplier_stop.body_id));
CREATE POLICY supplier_stop_enter ON supplier_stop FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body())));
CREATE POLICY supplier_stop_lift ON supplier_stop FOR UPDATE USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body())));

CREATE FUNCTION abruf.stopped_from(body uuid, supplier uuid, day date) RETURNS date
    LANGUAGE sql STABLE AS $$
    SELECT min(s.stopped_from)
    FROM supplier_stop s
    WHERE s.body_id = body AND s.supplier_id = supplier AND (s.lifted_from IS NULL OR day < s.lifted_from)
$$;
COMMENT ON FUNCTION abruf.stopped_from(uuid, uuid, date) IS 'First day of the supplier''s stop that has not ended by this day; null without one';
GRANT EXECUTE ON FUNCTION abruf.stopped_from(uuid, uuid, date) TO abruf_app;

-- Members with open orders are told.
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_constraintdef(oid) INTO STRICT known FROM pg_constraint WHERE conname = 'outbox_kind_known';
    ALTER TABLE outbox DROP CONSTRAINT outbox_kind_known;
    EXECUTE 'ALTER TABLE outbox ADD CONSTRAINT outbox_kind_known '
        || replace(known, '''issue_order''::text', '''issue_order''::text, ''tell_supplier_stopped''::text');
END
$$;
