-- Emergency access: an administrator made on the command line for a few hours, with a reason. Everybody who watches over
-- the body sees it; nobody can take it out of the list.

CREATE TABLE break_glass (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    reason text NOT NULL,
    opened_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT break_glass_reason_length CHECK (length(btrim(reason)) BETWEEN 10 AND 500),
    CONSTRAINT break_glass_by_the_hour CHECK (opened_at < ends_at AND ends_at <= opened_at + interval '24 hours')
);
COMMENT ON TABLE break_glass IS 'Emergency accesses by command line; append-only';
COMMENT ON COLUMN break_glass.id IS 'Made by the program';
COMMENT ON COLUMN break_glass.person_id IS 'Who got in';
COMMENT ON COLUMN break_glass.reason IS 'Why, in the words of whoever ran the command';
COMMENT ON COLUMN break_glass.opened_at IS 'When';
COMMENT ON COLUMN break_glass.ends_at IS 'When its assignments end, at most 24 hours later';
CREATE INDEX break_glass_by_time ON break_glass (opened_at DESC);
CREATE TRIGGER break_glass_append_only BEFORE UPDATE OR DELETE ON break_glass FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER break_glass_no_truncate BEFORE TRUNCATE ON break_glass FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON break_glass TO abruf_app;
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
CREATE POLICY break_glass_append ON break_glass FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) = 'job');
CREATE POLICY break_glass_read ON break_glass FOR SELECT USING ((SELECT abruf.actor_kind()) IN ('job', 'body', 'auditor'));
