-- Legal parameters are edited with four eyes: proposed by one person, released by another, never overwritten.

CREATE TABLE legal_parameter_proposal (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    jurisdiction text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    valid_from date NOT NULL,
    source text NOT NULL,
    certainty text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES person,
    proposed_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    released boolean,
    reason text NOT NULL DEFAULT '',
    CONSTRAINT legal_parameter_proposal_jurisdiction_form CHECK (jurisdiction ~ '^[a-z]{2}(/[a-z0-9]+)*$'),
    CONSTRAINT legal_parameter_proposal_key_form CHECK (key ~ '^[a-z][a-z0-9_]+$'),
    CONSTRAINT legal_parameter_proposal_value_present CHECK (length(value) BETWEEN 1 AND 40),
    CONSTRAINT legal_parameter_proposal_source_present CHECK (length(source) BETWEEN 1 AND 400),
    CONSTRAINT legal_parameter_proposal_certainty_known CHECK (certainty IN ('S', 'K', '?')),
    CONSTRAINT legal_parameter_proposal_decided_whole CHECK (num_nonnulls(decided_by, decided_at, released) IN (0, 3)),
    CONSTRAINT legal_parameter_proposal_four_eyes CHECK (NOT coalesce(released, false) OR decided_by <> proposed_by),
    CONSTRAINT legal_parameter_proposal_not_backdated CHECK ((proposed_at AT TIME ZONE 'Europe/Berlin')::date < valid_from),
    CONSTRAINT legal_parameter_proposal_released_in_time CHECK (NOT coalesce(released, false) OR (decided_at AT TIME ZONE 'Europe/Berlin')::date < valid_from),
    CONSTRAINT legal_parameter_proposal_refused_with_reason CHECK (coalesce(released, true) OR decided_by = proposed_by OR reason <> '')
);
CREATE UNIQUE INDEX legal_parameter_proposal_one_pending ON legal_parameter_proposal (jurisdiction, key) WHERE decided_at IS NULL;
COMMENT ON TABLE legal_parameter_proposal IS 'A proposed value of a legal parameter; in force from its first day once a second person has released it';
COMMENT ON COLUMN legal_parameter_proposal.id IS 'Made by the program';
COMMENT ON COLUMN legal_parameter_proposal.body_id IS 'Purchasing body whose office proposed it; law itself is common to the installation';
COMMENT ON COLUMN legal_parameter_proposal.jurisdiction IS 'Path, e.g. de/st';
COMMENT ON COLUMN legal_parameter_proposal.key IS 'Name of the parameter, one of backend/domain/src/law/keys.rs';
COMMENT ON COLUMN legal_parameter_proposal.value IS 'Value in the form of its key';
COMMENT ON COLUMN legal_parameter_proposal.valid_from IS 'First day; after the day of the proposal and of the release, so that no day ever has two values';
COMMENT ON COLUMN legal_parameter_proposal.source IS 'Statute, judgment or resolution';
COMMENT ON COLUMN legal_parameter_proposal.certainty IS 'S read in a source, K known, ? uncertain';
COMMENT ON COLUMN legal_parameter_proposal.proposed_by IS 'Who proposed it';
COMMENT ON COLUMN legal_parameter_proposal.proposed_at IS 'When';
COMMENT ON COLUMN legal_parameter_proposal.decided_by IS 'Who released or refused it, or took it back; a release is a second person''s';
COMMENT ON COLUMN legal_parameter_proposal.decided_at IS 'When; null: still waits';
COMMENT ON COLUMN legal_parameter_proposal.released IS 'true: in force from its first day; false: refused or taken back';
COMMENT ON COLUMN legal_parameter_proposal.reason IS 'Why it was refused; empty otherwise';

GRANT SELECT, INSERT, UPDATE (decided_by, decided_at, released, reason) ON legal_parameter_proposal TO abruf_app;
ALTER TABLE legal_parameter_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_parameter_proposal FORCE ROW LEVEL SECURITY;
-- Law is common to the installation: every office sees what waits, members only what is in force.
CREATE POLICY legal_parameter_proposal_read ON legal_parameter_proposal FOR SELECT USING ((SELECT abruf.actor_kind()) IN ('body', 'job'));
CREATE POLICY legal_parameter_proposal_make ON legal_parameter_proposal FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body()) AND decided_at IS NULL);
CREATE POLICY legal_parameter_proposal_decide ON legal_parameter_proposal FOR UPDATE
    USING ((SELECT abruf.actor_kind()) = 'body' AND decided_at IS NULL)
    WITH CHECK ((SELECT abruf.actor_kind()) = 'body' AND decided_at IS NOT NULL);

ALTER TABLE legal_parameter ADD COLUMN proposal_id uuid REFERENCES legal_parameter_proposal;
COMMENT ON COLUMN legal_parameter.proposal_id IS 'The released proposal it came from; null: shipped with the program';
ALTER TABLE legal_parameter ADD CONSTRAINT legal_parameter_one_per_proposal UNIQUE (proposal_id);
ALTER TABLE legal_parameter ADD CONSTRAINT legal_parameter_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to);

-- A value is never overwritten: it can only end, and only earlier than it would have.
CREATE FUNCTION abruf.only_end_legal_parameter() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.jurisdiction, NEW.key, NEW.value, NEW.valid_from, NEW.source, NEW.certainty, NEW.proposal_id)
        IS DISTINCT FROM (OLD.jurisdiction, OLD.key, OLD.value, OLD.valid_from, OLD.source, OLD.certainty, OLD.proposal_id)
        OR NEW.valid_to IS NULL OR OLD.valid_to < NEW.valid_to
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            CONSTRAINT = 'legal_parameter_never_overwritten',
            MESSAGE = 'a legal parameter can only end';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.only_end_legal_parameter() IS 'Trigger of legal_parameter; refuses everybody, the owner too';
CREATE TRIGGER legal_parameter_never_overwritten BEFORE UPDATE ON legal_parameter FOR EACH ROW EXECUTE FUNCTION abruf.only_end_legal_parameter();

-- Everybody is judged by it and reads it; written is only what a released proposal says.
GRANT UPDATE (valid_to) ON legal_parameter TO abruf_app;
ALTER TABLE legal_parameter ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_parameter FORCE ROW LEVEL SECURITY;
CREATE POLICY legal_parameter_read ON legal_parameter FOR SELECT USING (true);
CREATE POLICY legal_parameter_make ON legal_parameter FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM legal_parameter_proposal p
        WHERE p.id = legal_parameter.proposal_id AND p.released
          AND (p.jurisdiction, p.key, p.value, p.valid_from, p.source, p.certainty)
            = (legal_parameter.jurisdiction, legal_parameter.key, legal_parameter.value, legal_parameter.valid_from, legal_parameter.source, legal_parameter.certainty)));
CREATE POLICY legal_parameter_end ON legal_parameter FOR UPDATE USING ((SELECT abruf.actor_kind()) = 'body');
