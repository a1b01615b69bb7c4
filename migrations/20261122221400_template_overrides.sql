-- Templates of the customer: what a body or a member words differently on its documents, as it was loaded.

CREATE TABLE template_override (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid REFERENCES organisation,
    name text NOT NULL,
    wording text,
    version text,
    loaded_at timestamptz NOT NULL,
    CONSTRAINT template_override_name_form CHECK (name ~ '^[a-z_]+\.xml\.j2$'),
    CONSTRAINT template_override_version_form CHECK (version ~ '^[0-9a-f]{12}$'),
    CONSTRAINT template_override_whole CHECK ((wording IS NULL) = (version IS NULL)),
    CONSTRAINT template_override_size CHECK (octet_length(wording) <= 500000)
);
COMMENT ON TABLE template_override IS 'Template texts of the customer; the newest row of a name counts. Only texts that passed the check are written, so the last good one stays in use';
COMMENT ON COLUMN template_override.id IS 'Made by the program';
COMMENT ON COLUMN template_override.body_id IS 'The purchasing body';
COMMENT ON COLUMN template_override.member_id IS 'The member whose documents it is for; null: of all members of the body';
COMMENT ON COLUMN template_override.name IS 'File name, e.g. letterhead.xml.j2';
COMMENT ON COLUMN template_override.wording IS 'The text; null: taken back, the default counts again';
COMMENT ON COLUMN template_override.version IS 'First 12 hexadecimal digits of the SHA-256 of the text; null: taken back';
COMMENT ON COLUMN template_override.loaded_at IS 'When it was loaded';
CREATE INDEX template_override_of_owner ON template_override (body_id, member_id, name, loaded_at);
GRANT SELECT, INSERT ON template_override TO abruf_app;
CREATE TRIGGER template_override_append_only BEFORE UPDATE OR DELETE ON template_override FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER template_override_no_truncate BEFORE TRUNCATE ON template_override FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

-- Read by whoever has a document made, written by the program alone.
ALTER TABLE template_override ENABLE ROW LEVEL SECURITY;
ALTER TABLE template_override FORCE ROW LEVEL SECURITY;
CREATE POLICY template_override_read ON template_override FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'member' THEN body_id = (SELECT abruf.actor_body())
            AND (member_id IS NULL OR member_id = (SELECT abruf.actor_organisation()))
        ELSE false
    END);
CREATE POLICY template_override_load ON template_override FOR INSERT WITH CHECK ((SELECT abruf.actor_kind()) = 'job');
