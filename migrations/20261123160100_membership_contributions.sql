-- What members pay for their membership by year, for the benefit after contribution. Never part of a saving.

CREATE TABLE membership_contribution (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid NOT NULL REFERENCES organisation,
    year integer NOT NULL,
    net numeric(14, 2) NOT NULL,
    dated_on date NOT NULL,
    document text NOT NULL,
    reverses_id uuid REFERENCES membership_contribution,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    CONSTRAINT membership_contribution_year_known CHECK (year BETWEEN 1990 AND 2200),
    CONSTRAINT membership_contribution_document_present CHECK (length(btrim(document)) >= 1),
    CONSTRAINT membership_contribution_document_once UNIQUE (body_id, member_id, document),
    CONSTRAINT membership_contribution_reversed_once UNIQUE (reverses_id),
    CONSTRAINT membership_contribution_sign CHECK (CASE WHEN reverses_id IS NULL THEN net > 0 ELSE net < 0 END)
);
COMMENT ON TABLE membership_contribution IS 'Contribution of a member for a calendar year (Mitgliedsbeitrag), dated, with its document; a mistake is taken back by a counter entry';
COMMENT ON COLUMN membership_contribution.id IS 'Made by the program';
COMMENT ON COLUMN membership_contribution.body_id IS 'The cooperative';
COMMENT ON COLUMN membership_contribution.member_id IS 'The member';
COMMENT ON COLUMN membership_contribution.year IS 'Calendar year it is for';
COMMENT ON COLUMN membership_contribution.net IS 'Net amount in euros; negative in a counter entry';
COMMENT ON COLUMN membership_contribution.dated_on IS 'Date of the notice or resolution: valid from this day; of the counter entry';
COMMENT ON COLUMN membership_contribution.document IS 'The notice or resolution; why, in a counter entry';
COMMENT ON COLUMN membership_contribution.reverses_id IS 'The entry this one takes back';
COMMENT ON COLUMN membership_contribution.person_id IS 'Who noted it';
COMMENT ON COLUMN membership_contribution.at IS 'When it was noted';
CREATE INDEX membership_contribution_of_year ON membership_contribution (body_id, year, member_id);
CREATE TRIGGER membership_contribution_append_only BEFORE UPDATE OR DELETE ON membership_contribution
    FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON membership_contribution TO abruf_app;
ALTER TABLE membership_contribution ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_contribution FORCE ROW LEVEL SECURITY;
CREATE POLICY membership_contribution_read ON membership_contribution FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'member' THEN body_id = (SELECT abruf.actor_body()) AND member_id = (SELECT abruf.actor_organisation())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body()) AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);
CREATE POLICY membership_contribution_append ON membership_contribution FOR INSERT WITH CHECK (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        ELSE false
    END);
