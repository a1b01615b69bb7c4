-- Resolutions of a meeting: proposals before it, decisions after it. Rows of their own, dated, so that a frozen report
-- never changes; what was wrong is followed by another row.

CREATE TABLE resolution (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    meeting_on date NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    wording text NOT NULL,
    dated_on date NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT resolution_number_once UNIQUE (body_id, meeting_on, number, kind),
    CONSTRAINT resolution_number_present CHECK (length(btrim(number)) BETWEEN 1 AND 40),
    CONSTRAINT resolution_kind_known CHECK (kind IN ('proposal', 'decision')),
    CONSTRAINT resolution_decided_at_the_meeting_or_later CHECK (kind = 'proposal' OR meeting_on <= dated_on),
    CONSTRAINT resolution_wording_present CHECK (length(btrim(wording)) BETWEEN 1 AND 4000)
);
COMMENT ON TABLE resolution IS 'Proposals and decisions of a meeting (Beschlussvorlagen, Beschlüsse), attached to its report by the day of the meeting';
COMMENT ON COLUMN resolution.id IS 'Made by the program';
COMMENT ON COLUMN resolution.body_id IS 'The purchasing body';
COMMENT ON COLUMN resolution.meeting_on IS 'Day of the meeting';
COMMENT ON COLUMN resolution.number IS 'Number in the agenda or the minutes';
COMMENT ON COLUMN resolution.kind IS 'proposal before the vote, decision after it';
COMMENT ON COLUMN resolution.wording IS 'The text';
COMMENT ON COLUMN resolution.dated_on IS 'Date of the proposal or the decision';
COMMENT ON COLUMN resolution.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN resolution.recorded_at IS 'When; later than the report was frozen: not part of its paper';
CREATE TRIGGER resolution_append_only BEFORE UPDATE OR DELETE ON resolution FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER resolution_no_truncate BEFORE TRUNCATE ON resolution FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

GRANT SELECT, INSERT ON resolution TO abruf_app;
ALTER TABLE resolution ENABLE ROW LEVEL SECURITY;
ALTER TABLE resolution FORCE ROW LEVEL SECURITY;
CREATE POLICY resolution_actor ON resolution USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'job' THEN true
        ELSE false
    END);
