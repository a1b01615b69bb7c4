-- Days on which the rights of a member rest: it stays a member and keeps its call-offs, and places none.

CREATE TABLE membership_suspension (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid NOT NULL REFERENCES organisation,
    valid_from date NOT NULL,
    valid_to date,
    reason text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    lifted_by uuid REFERENCES person,
    lifted_at timestamptz,
    CONSTRAINT membership_suspension_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT membership_suspension_reason_present CHECK (length(reason) BETWEEN 1 AND 500),
    CONSTRAINT membership_suspension_lifted_whole CHECK ((lifted_by IS NULL) = (lifted_at IS NULL)),
    CONSTRAINT membership_suspension_once EXCLUDE USING gist (
        body_id WITH =, member_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&
    ) WHERE (lifted_at IS NULL)
);
COMMENT ON TABLE membership_suspension IS 'Days on which the rights of a member rest, e.g. while its exclusion is decided (§ 68 GenG, Satzung)';
COMMENT ON COLUMN membership_suspension.id IS 'Made by the program';
COMMENT ON COLUMN membership_suspension.body_id IS 'The purchasing body';
COMMENT ON COLUMN membership_suspension.member_id IS 'The member';
COMMENT ON COLUMN membership_suspension.valid_from IS 'First day, included';
COMMENT ON COLUMN membership_suspension.valid_to IS 'Last day, included; null while no end is known';
COMMENT ON COLUMN membership_suspension.reason IS 'Why: the resolution or the rule of the Satzung';
COMMENT ON COLUMN membership_suspension.recorded_by IS 'Who of the office recorded it';
COMMENT ON COLUMN membership_suspension.recorded_at IS 'When';
COMMENT ON COLUMN membership_suspension.lifted_by IS 'Who of the office lifted it; it then counts for no day';
COMMENT ON COLUMN membership_suspension.lifted_at IS 'When';
CREATE INDEX membership_suspension_of_member ON membership_suspension (member_id, body_id);

GRANT SELECT, INSERT ON membership_suspension TO abruf_app;
GRANT UPDATE (valid_to, lifted_by, lifted_at) ON membership_suspension TO abruf_app;

-- The member's own business, its body's and its auditors'; written by the body.
ALTER TABLE membership_suspension ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership_suspension FORCE ROW LEVEL SECURITY;
CREATE POLICY membership_suspension_read ON membership_suspension FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body()) AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);
CREATE POLICY membership_suspension_made_by ON membership_suspension FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job'
    OR (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body())
        AND EXISTS (SELECT FROM membership m WHERE m.body_id = membership_suspension.body_id AND m.member_id = membership_suspension.member_id));
CREATE POLICY membership_suspension_changed_by ON membership_suspension FOR UPDATE USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR (SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body()));

CREATE TRIGGER membership_suspension_stands AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON membership_suspension
    FOR EACH STATEMENT EXECUTE FUNCTION abruf.note_standing_facts();
