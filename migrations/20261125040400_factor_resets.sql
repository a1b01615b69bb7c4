-- A lost second factor without recovery codes: one person of the house asks to take it away, a second one decides.

CREATE TABLE factor_reset (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    person_id uuid NOT NULL REFERENCES person,
    reason text NOT NULL,
    asked_by uuid NOT NULL REFERENCES person,
    asked_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    approved boolean,
    CONSTRAINT factor_reset_reason_length CHECK (length(btrim(reason)) BETWEEN 10 AND 500),
    CONSTRAINT factor_reset_decided_whole CHECK (num_nonnulls(decided_by, decided_at, approved) IN (0, 3)),
    CONSTRAINT factor_reset_four_eyes CHECK (decided_by <> asked_by),
    CONSTRAINT factor_reset_not_ones_own CHECK (asked_by <> person_id AND decided_by <> person_id)
);
COMMENT ON TABLE factor_reset IS 'Request to take a lost second factor away, decided by a second person';
COMMENT ON COLUMN factor_reset.id IS 'Made by the program';
COMMENT ON COLUMN factor_reset.body_id IS 'In whose house';
COMMENT ON COLUMN factor_reset.person_id IS 'Who lost it';
COMMENT ON COLUMN factor_reset.reason IS 'How whoever asks knows that it is them, e.g. a call back';
COMMENT ON COLUMN factor_reset.asked_by IS 'Who asks';
COMMENT ON COLUMN factor_reset.asked_at IS 'When';
COMMENT ON COLUMN factor_reset.decided_by IS 'Who decided, another person';
COMMENT ON COLUMN factor_reset.decided_at IS 'When';
COMMENT ON COLUMN factor_reset.approved IS 'Whether the factor was taken away';
CREATE UNIQUE INDEX factor_reset_one_open ON factor_reset (body_id, person_id) WHERE decided_at IS NULL;
CREATE INDEX factor_reset_of_person ON factor_reset (person_id, asked_at DESC);
GRANT SELECT, INSERT ON factor_reset TO abruf_app;
GRANT UPDATE (decided_by, decided_at, approved) ON factor_reset TO abruf_app;
ALTER TABLE factor_reset ENABLE ROW LEVEL SECURITY;
ALTER TABLE factor_reset FORCE ROW LEVEL SECURITY;
CREATE POLICY factor_reset_actor ON factor_reset USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body())));
