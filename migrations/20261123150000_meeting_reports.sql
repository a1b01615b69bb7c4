-- Meeting reports: what the organs of a body decided on, frozen with the state of the data. The paper is a certificate
-- like the others (Prüfkennung, hash, reproducible); beside it lies the list of call-offs its figures are the sum of.

-- Numbers of meeting reports count per body, those of certificates are random and once in the installation.
ALTER TABLE certificate
    DROP CONSTRAINT certificate_number_once,
    DROP CONSTRAINT certificate_number_form,
    ADD CONSTRAINT certificate_number_form CHECK (
        CASE kind WHEN 'meeting_report' THEN number ~ '^SB-[0-9]{4}-[0-9]{2,}$' ELSE number ~ '^B-[0-9A-Z]{8}$' END),
    DROP CONSTRAINT certificate_kind_fits,
    ADD CONSTRAINT certificate_kind_fits CHECK (
        CASE kind
            WHEN 'entitlement_certificate' THEN contract_id IS NOT NULL AND year IS NULL AND competition_id IS NULL
            WHEN 'savings_certificate' THEN contract_id IS NULL AND year IS NOT NULL AND competition_id IS NULL
            WHEN 'competition_record' THEN num_nonnulls(contract_id, competition_id) = 2 AND year IS NULL AND previous_id IS NULL
            WHEN 'meeting_report' THEN num_nonnulls(contract_id, competition_id, previous_id) = 0 AND year IS NOT NULL AND member_id = body_id
            ELSE false
        END);
CREATE UNIQUE INDEX certificate_number_once ON certificate (number) WHERE kind <> 'meeting_report';
CREATE UNIQUE INDEX certificate_number_of_body ON certificate (body_id, number);
COMMENT ON COLUMN certificate.kind IS 'entitlement_certificate (of a member and a contract), savings_certificate (of a member and a year), competition_record (of a decided mini-competition) or meeting_report (of a body and a year)';
COMMENT ON COLUMN certificate.number IS 'For the telephone, not sequential; of meeting reports SB-year-number, without gaps per body and year of the meeting';
COMMENT ON COLUMN certificate.member_id IS 'The member it is about; the body itself of a meeting report';

-- A meeting report names every member: it is for the people of the body alone.
DROP POLICY certificate_actor ON certificate;
CREATE POLICY certificate_actor ON certificate USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation()) AND kind <> 'meeting_report'
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND kind <> 'meeting_report'
            AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND dated_on <@ (SELECT abruf.actor_period())
            AND (year IS NULL OR daterange(make_date(year, 1, 1), make_date(year, 12, 31), '[]') <@ (SELECT abruf.actor_period()))
        WHEN 'job' THEN true
        ELSE false
    END);

CREATE TABLE meeting_report (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    year integer NOT NULL,
    meeting_on date NOT NULL,
    meeting text NOT NULL,
    sequence integer NOT NULL,
    as_of timestamptz NOT NULL,
    call_offs text NOT NULL,
    call_offs_sha256 bytea NOT NULL,
    previous_id uuid REFERENCES meeting_report,
    frozen_by uuid NOT NULL REFERENCES person,
    frozen_at timestamptz NOT NULL,
    CONSTRAINT meeting_report_once UNIQUE (body_id, year, meeting_on),
    CONSTRAINT meeting_report_year_known CHECK (year BETWEEN 1990 AND 2200),
    CONSTRAINT meeting_report_meeting_named CHECK (length(btrim(meeting)) BETWEEN 1 AND 120),
    CONSTRAINT meeting_report_sequence_positive CHECK (0 < sequence),
    CONSTRAINT meeting_report_state_before_freezing CHECK (as_of <= frozen_at),
    CONSTRAINT meeting_report_call_offs_are_a_list CHECK (call_offs LIKE '[%]'),
    CONSTRAINT meeting_report_hash_of_call_offs CHECK (call_offs_sha256 = sha256(convert_to(call_offs, 'UTF8'))),
    CONSTRAINT meeting_report_follows_another CHECK (previous_id <> id)
);
COMMENT ON TABLE meeting_report IS 'Frozen report for a meeting of an organ of the body (Sitzungsbericht); its paper is the certificate of the same id';
COMMENT ON COLUMN meeting_report.id IS 'The certificate of the same id is its paper';
COMMENT ON COLUMN meeting_report.body_id IS 'The purchasing body';
COMMENT ON COLUMN meeting_report.year IS 'Calendar year it reports on';
COMMENT ON COLUMN meeting_report.meeting_on IS 'Day of the meeting';
COMMENT ON COLUMN meeting_report.meeting IS 'Which meeting, as it is called: Aufsichtsrat, Vorstand, Generalversammlung';
COMMENT ON COLUMN meeting_report.sequence IS 'Counts the reports of the body in the year of their meeting, without gaps';
COMMENT ON COLUMN meeting_report.as_of IS 'State of the data: nothing later is in it';
COMMENT ON COLUMN meeting_report.call_offs IS 'Canonical JSON: every call-off of the year with its sums, as the report counted them';
COMMENT ON COLUMN meeting_report.call_offs_sha256 IS 'SHA-256 of that list, printed in the report';
COMMENT ON COLUMN meeting_report.previous_id IS 'The report of the body frozen before: restatements are told against it; null: the first one';
COMMENT ON COLUMN meeting_report.frozen_by IS 'Who froze it';
COMMENT ON COLUMN meeting_report.frozen_at IS 'When';
CREATE UNIQUE INDEX meeting_report_number_once ON meeting_report (body_id, extract(year FROM meeting_on), sequence);
CREATE INDEX meeting_report_by_previous ON meeting_report (previous_id);
CREATE TRIGGER meeting_report_append_only BEFORE UPDATE OR DELETE ON meeting_report FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER meeting_report_no_truncate BEFORE TRUNCATE ON meeting_report FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

-- A foreign key would not ask what kind of paper it is. Neither table ever loses a row, so asking once is enough.
-- Whoever counts a number twice is refused by the index; whoever leaves one out, here.
CREATE FUNCTION abruf.check_meeting_report() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM certificate c
        WHERE c.id = NEW.id AND c.kind = 'meeting_report' AND c.body_id = NEW.body_id AND c.year = NEW.year) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'meeting_report_has_its_paper',
            MESSAGE = 'a meeting report has a paper of the same id, body and year';
    END IF;
    IF NEW.sequence <> 1 + (
        SELECT coalesce(max(r.sequence), 0)
        FROM meeting_report r
        WHERE r.body_id = NEW.body_id AND extract(year FROM r.meeting_on) = extract(year FROM NEW.meeting_on)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'meeting_report_number_once',
            MESSAGE = 'meeting reports are numbered without gaps';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.check_meeting_report() IS 'Trigger of meeting_report: its paper is there, and it has the next number, no other';
CREATE TRIGGER meeting_report_checked BEFORE INSERT ON meeting_report FOR EACH ROW EXECUTE FUNCTION abruf.check_meeting_report();

GRANT SELECT, INSERT ON meeting_report TO abruf_app;
ALTER TABLE meeting_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE meeting_report FORCE ROW LEVEL SECURITY;
CREATE POLICY meeting_report_actor ON meeting_report USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'job' THEN true
        ELSE false
    END);
