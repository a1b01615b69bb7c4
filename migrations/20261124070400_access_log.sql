-- Who from outside a member looked at its call-offs and documents: the body and auditors. Written after the answer
-- has left, so that nobody waits for it. The member's own people are not watched here.

CREATE TABLE access_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid REFERENCES organisation,
    call_off_id uuid,
    what text NOT NULL,
    role text NOT NULL,
    organisation_id uuid NOT NULL REFERENCES organisation,
    person_id uuid NOT NULL REFERENCES person,
    CONSTRAINT access_entry_what_known CHECK (what IN ('call_off', 'document', 'export'))
);
COMMENT ON TABLE access_entry IS 'A look from outside at a member''s call-off or document, or an export that holds some';
COMMENT ON COLUMN access_entry.id IS 'In the order of writing';
COMMENT ON COLUMN access_entry.at IS 'When';
COMMENT ON COLUMN access_entry.body_id IS 'In the house of which body';
COMMENT ON COLUMN access_entry.member_id IS 'Whose call-off; null for an export over all members';
COMMENT ON COLUMN access_entry.call_off_id IS 'The call-off; null for an export';
COMMENT ON COLUMN access_entry.what IS 'call_off (a page about it), document (a file), export (a list or archive)';
COMMENT ON COLUMN access_entry.role IS 'Role of whoever looked';
COMMENT ON COLUMN access_entry.organisation_id IS 'For which organisation they acted';
COMMENT ON COLUMN access_entry.person_id IS 'Who; members see role and organisation, not the name';
CREATE INDEX access_entry_of_member ON access_entry (member_id, at DESC);
CREATE INDEX access_entry_of_body ON access_entry (body_id, at DESC);
GRANT SELECT, INSERT ON access_entry TO abruf_app;
ALTER TABLE access_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY access_entry_read ON access_entry FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
            OR (member_id IS NULL AND body_id = (SELECT abruf.actor_body()))
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        ELSE false
    END);
CREATE POLICY access_entry_write ON access_entry FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job'
    OR (person_id = (SELECT abruf.actor_person()) AND body_id = (SELECT abruf.actor_body())));
CREATE TRIGGER access_entry_append_only BEFORE DELETE OR UPDATE ON access_entry FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER access_entry_no_truncate BEFORE TRUNCATE ON access_entry FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();
