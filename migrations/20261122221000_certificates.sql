-- Certificates: frozen papers that state how a member stood on a day. No call-off is their event, so they lie
-- beside the documents of call-offs.

CREATE TABLE certificate (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    number text NOT NULL,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid NOT NULL REFERENCES organisation,
    contract_id uuid REFERENCES framework_contract,
    year integer,
    dated_on date NOT NULL,
    previous_id uuid REFERENCES certificate,
    file_name text NOT NULL,
    check_code text NOT NULL,
    sha256 bytea NOT NULL,
    template_version text NOT NULL,
    program_version text NOT NULL,
    input text NOT NULL,
    pages integer NOT NULL,
    bytes bytea NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    issued_at timestamptz NOT NULL,
    CONSTRAINT certificate_kind_fits CHECK (
        CASE kind
            WHEN 'entitlement_certificate' THEN contract_id IS NOT NULL AND year IS NULL
            WHEN 'savings_certificate' THEN contract_id IS NULL AND year IS NOT NULL
            ELSE false
        END),
    CONSTRAINT certificate_year_known CHECK (year BETWEEN 1990 AND 2200),
    CONSTRAINT certificate_number_once UNIQUE (number),
    CONSTRAINT certificate_number_form CHECK (number ~ '^B-[0-9A-Z]{8}$'),
    CONSTRAINT certificate_check_code_form CHECK (check_code ~ '^[A-Z2-7]{16}$'),
    CONSTRAINT certificate_hash_of_bytes CHECK (sha256 = sha256(bytes)),
    CONSTRAINT certificate_input_is_object CHECK (input LIKE '{%}'),
    CONSTRAINT certificate_replaces_an_older_one CHECK (previous_id <> id)
);
COMMENT ON TABLE certificate IS 'Frozen certificates of entitlement and of savings; a newer one about the same thing replaces the older one and names it';
COMMENT ON COLUMN certificate.id IS 'Made by the program';
COMMENT ON COLUMN certificate.kind IS 'entitlement_certificate (of a member and a contract) or savings_certificate (of a member and a year)';
COMMENT ON COLUMN certificate.number IS 'For the telephone, not sequential';
COMMENT ON COLUMN certificate.body_id IS 'The purchasing body that certifies';
COMMENT ON COLUMN certificate.member_id IS 'The member it is about';
COMMENT ON COLUMN certificate.contract_id IS 'The contract it is about; null: of savings';
COMMENT ON COLUMN certificate.year IS 'The calendar year it is about; null: of entitlement';
COMMENT ON COLUMN certificate.dated_on IS 'Berlin day printed on it';
COMMENT ON COLUMN certificate.previous_id IS 'The certificate about the same thing that it replaces; null: the first one';
COMMENT ON COLUMN certificate.file_name IS 'Name offered at download';
COMMENT ON COLUMN certificate.check_code IS 'Prüfkennung printed on each page: 16 base32 characters over the canonical input';
COMMENT ON COLUMN certificate.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN certificate.template_version IS 'Version of the template';
COMMENT ON COLUMN certificate.program_version IS 'Version of the program';
COMMENT ON COLUMN certificate.input IS 'Canonical JSON the Prüfkennung stands for';
COMMENT ON COLUMN certificate.pages IS 'Pages';
COMMENT ON COLUMN certificate.bytes IS 'The file';
COMMENT ON COLUMN certificate.person_id IS 'Who had it issued';
COMMENT ON COLUMN certificate.issued_at IS 'When';
CREATE INDEX certificate_by_check_code ON certificate (check_code);
CREATE INDEX certificate_by_sha256 ON certificate (sha256);
CREATE INDEX certificate_of_member ON certificate (member_id, issued_at);
CREATE INDEX certificate_by_previous ON certificate (previous_id);
CREATE TRIGGER certificate_append_only BEFORE UPDATE OR DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER certificate_no_truncate BEFORE TRUNCATE ON certificate FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

-- A member sees its own, the body its house, an auditor what lies in scope: of savings, only whole years within it.
GRANT SELECT, INSERT ON certificate TO abruf_app;
ALTER TABLE certificate ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificate FORCE ROW LEVEL SECURITY;
CREATE POLICY certificate_actor ON certificate USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        WHEN 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND dated_on <@ (SELECT abruf.actor_period())
            AND (year IS NULL OR daterange(make_date(year, 1, 1), make_date(year, 12, 31), '[]') <@ (SELECT abruf.actor_period()))
        WHEN 'job' THEN true
        ELSE false
    END);
