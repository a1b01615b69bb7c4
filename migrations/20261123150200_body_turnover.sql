-- What a body turns over beside the call-offs that Abruf knows: for the share of its activity that is for its members
-- (§ 108 (1) no. 2, (4) no. 2, (7) GWB: more than 80 %, average of three years).

CREATE TABLE body_turnover (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    year integer NOT NULL,
    members_net numeric(14, 2) NOT NULL,
    others_net numeric(14, 2) NOT NULL,
    evidence text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT body_turnover_year_sane CHECK (year BETWEEN 2000 AND 2200),
    CONSTRAINT body_turnover_not_negative CHECK (0 <= members_net AND 0 <= others_net),
    CONSTRAINT body_turnover_evidence_present CHECK (length(btrim(evidence)) BETWEEN 1 AND 500)
);
COMMENT ON TABLE body_turnover IS 'Turnover of a body in a year beside the call-offs of Abruf; the newest row of a year counts, the older ones stay';
COMMENT ON COLUMN body_turnover.id IS 'Made by the program';
COMMENT ON COLUMN body_turnover.body_id IS 'The purchasing body';
COMMENT ON COLUMN body_turnover.year IS 'Calendar year';
COMMENT ON COLUMN body_turnover.members_net IS 'With members, beside orders through the body and fees, which Abruf counts itself; euros net';
COMMENT ON COLUMN body_turnover.others_net IS 'With everybody else; euros net';
COMMENT ON COLUMN body_turnover.evidence IS 'Where the figures come from';
COMMENT ON COLUMN body_turnover.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN body_turnover.recorded_at IS 'When';
CREATE INDEX body_turnover_of_year ON body_turnover (body_id, year, recorded_at);
CREATE TRIGGER body_turnover_append_only BEFORE UPDATE OR DELETE ON body_turnover FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER body_turnover_no_truncate BEFORE TRUNCATE ON body_turnover FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

GRANT SELECT, INSERT ON body_turnover TO abruf_app;
ALTER TABLE body_turnover ENABLE ROW LEVEL SECURITY;
ALTER TABLE body_turnover FORCE ROW LEVEL SECURITY;
CREATE POLICY body_turnover_actor ON body_turnover USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'job' THEN true
        ELSE false
    END);
