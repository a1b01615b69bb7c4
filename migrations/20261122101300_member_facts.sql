-- What a member is and allows: class as contracting authority, in-house evidence of its body, input VAT,
-- council limit, power to bind.

CREATE TABLE authority_class (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    class text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    document text NOT NULL,
    CONSTRAINT authority_class_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT authority_class_present CHECK (class <> '' AND document <> '')
);
CREATE INDEX authority_class_of_member ON authority_class (member_id);
COMMENT ON TABLE authority_class IS 'Class of a member as contracting authority (§§ 99, 100 GWB), dated, with its document';
COMMENT ON COLUMN authority_class.id IS 'Made by the program';
COMMENT ON COLUMN authority_class.member_id IS 'The member';
COMMENT ON COLUMN authority_class.class IS 'E.g. § 99 Nr. 1 GWB';
COMMENT ON COLUMN authority_class.valid_from IS 'First day, included';
COMMENT ON COLUMN authority_class.valid_to IS 'Last day, included; null while no end is known';
COMMENT ON COLUMN authority_class.document IS 'What proves it';

CREATE TABLE input_vat_deduction (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT input_vat_deduction_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT input_vat_deduction_once EXCLUDE USING gist (member_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
);
COMMENT ON TABLE input_vat_deduction IS 'Days on which a member deducts input VAT (§ 2b UStG); on them its budget is checked net';
COMMENT ON COLUMN input_vat_deduction.id IS 'Made by the program';
COMMENT ON COLUMN input_vat_deduction.member_id IS 'The member';
COMMENT ON COLUMN input_vat_deduction.valid_from IS 'First day, included';
COMMENT ON COLUMN input_vat_deduction.valid_to IS 'Last day, included; null while no end is known';
INSERT INTO input_vat_deduction (id, member_id, valid_from)
SELECT gen_random_uuid(), member_id, min(effective_from) FROM membership WHERE input_vat_deductible GROUP BY member_id;

CREATE TABLE council_limit (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    amount numeric(14, 2) NOT NULL,
    measured text NOT NULL,
    source text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT council_limit_measured_known CHECK (measured IN ('gross', 'net')),
    CONSTRAINT council_limit_source_present CHECK (source <> ''),
    CONSTRAINT council_limit_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT council_limit_once EXCLUDE USING gist (member_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
);
COMMENT ON TABLE council_limit IS 'Amount from which a member''s council decides (§ 45 KVG LSA, Hauptsatzung), dated';
COMMENT ON COLUMN council_limit.id IS 'Made by the program';
COMMENT ON COLUMN council_limit.member_id IS 'The member';
COMMENT ON COLUMN council_limit.amount IS 'From this amount on, included';
COMMENT ON COLUMN council_limit.measured IS 'gross or net: how the member measures it';
COMMENT ON COLUMN council_limit.source IS 'The by-law';
COMMENT ON COLUMN council_limit.valid_from IS 'First day, included';
COMMENT ON COLUMN council_limit.valid_to IS 'Last day, included; null while no end is known';

CREATE TABLE binding_rules (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    recorded_on date NOT NULL,
    current_business_gross numeric(14, 2),
    CONSTRAINT binding_rules_once_a_day UNIQUE (member_id, recorded_on),
    CONSTRAINT binding_rules_limit_not_negative CHECK (current_business_gross >= 0)
);
COMMENT ON TABLE binding_rules IS 'What a member recorded about who may bind it; the latest record counts';
COMMENT ON COLUMN binding_rules.id IS 'Made by the program';
COMMENT ON COLUMN binding_rules.member_id IS 'The member';
COMMENT ON COLUMN binding_rules.recorded_on IS 'First day it counts';
COMMENT ON COLUMN binding_rules.current_business_gross IS 'Current business (Geschäfte der laufenden Verwaltung) up to this gross amount; null: nothing is current business';

CREATE TABLE signing_authority (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    person_id uuid NOT NULL REFERENCES person,
    limit_gross numeric(14, 2),
    subject text NOT NULL DEFAULT '',
    document text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT signing_authority_document_present CHECK (document <> ''),
    CONSTRAINT signing_authority_in_order CHECK (valid_to IS NULL OR valid_from <= valid_to)
);
CREATE INDEX signing_authority_of_person ON signing_authority (person_id, member_id);
COMMENT ON TABLE signing_authority IS 'Dated authority (Vollmacht) of a person to bind a member';
COMMENT ON COLUMN signing_authority.id IS 'Made by the program';
COMMENT ON COLUMN signing_authority.member_id IS 'The member';
COMMENT ON COLUMN signing_authority.person_id IS 'Who may bind it';
COMMENT ON COLUMN signing_authority.limit_gross IS 'Up to this gross amount; null: any';
COMMENT ON COLUMN signing_authority.subject IS 'Contract numbers or subjects it is for; empty: all';
COMMENT ON COLUMN signing_authority.document IS 'The document';
COMMENT ON COLUMN signing_authority.valid_from IS 'First day, included';
COMMENT ON COLUMN signing_authority.valid_to IS 'Last day, included; null while no end is known';

ALTER TABLE assignment ADD COLUMN heads_administration boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN assignment.heads_administration IS 'Approvers: head of the administration (§ 60 KVG LSA), who binds the member without an authority';
ALTER TABLE person ADD COLUMN technical boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN person.technical IS 'A technical account of an interface; it cannot release';

CREATE TABLE inhouse_evidence (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    year integer NOT NULL,
    control boolean NOT NULL,
    activity_share_pct numeric(8, 4) NOT NULL,
    private_capital boolean NOT NULL,
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    approved_by uuid REFERENCES person,
    approved_at timestamptz,
    CONSTRAINT inhouse_evidence_year_sane CHECK (year BETWEEN 2000 AND 2200),
    CONSTRAINT inhouse_evidence_share_range CHECK (activity_share_pct BETWEEN 0 AND 100),
    CONSTRAINT inhouse_evidence_document_present CHECK (document <> ''),
    CONSTRAINT inhouse_evidence_four_eyes CHECK (approved_by IS NULL OR approved_by <> recorded_by),
    CONSTRAINT inhouse_evidence_approved_whole CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
CREATE UNIQUE INDEX inhouse_evidence_once ON inhouse_evidence (body_id, year) WHERE approved_at IS NOT NULL;
COMMENT ON TABLE inhouse_evidence IS 'Evidence that a body is in-house of its members, one record for each year (§ 108 GWB)';
COMMENT ON COLUMN inhouse_evidence.id IS 'Made by the program';
COMMENT ON COLUMN inhouse_evidence.body_id IS 'The purchasing body';
COMMENT ON COLUMN inhouse_evidence.year IS 'The calendar year it is for';
COMMENT ON COLUMN inhouse_evidence.control IS 'Control as over an own department, by organs composed of representatives of all';
COMMENT ON COLUMN inhouse_evidence.activity_share_pct IS 'Share of activity for the owners, average of three years; more than 80 is needed';
COMMENT ON COLUMN inhouse_evidence.private_capital IS 'Direct private capital in the body';
COMMENT ON COLUMN inhouse_evidence.document IS 'The document';
COMMENT ON COLUMN inhouse_evidence.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN inhouse_evidence.approved_by IS 'Second person; unapproved evidence does not count';
COMMENT ON COLUMN inhouse_evidence.approved_at IS 'When it was approved';

GRANT SELECT, INSERT, UPDATE ON authority_class, input_vat_deduction, council_limit, binding_rules, signing_authority, inhouse_evidence TO abruf_app;

-- A member's own business, its body's (which sees the memberships of its house) and its auditors'.
DO $$
DECLARE
    fact text;
BEGIN
    FOREACH fact IN ARRAY ARRAY['authority_class', 'input_vat_deduction', 'council_limit', 'binding_rules', 'signing_authority'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fact);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fact);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING (
                 CASE (SELECT abruf.actor_kind())
                     WHEN ''job'' THEN true
                     WHEN ''member'' THEN member_id = (SELECT abruf.actor_organisation())
                     WHEN ''body'' THEN EXISTS (SELECT FROM membership m WHERE m.member_id = %I.member_id)
                     WHEN ''auditor'' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
                     ELSE false
                 END)',
            fact || '_actor', fact, fact);
    END LOOP;
END
$$;

ALTER TABLE inhouse_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE inhouse_evidence FORCE ROW LEVEL SECURITY;
CREATE POLICY inhouse_evidence_actor ON inhouse_evidence USING (
    (SELECT abruf.actor_kind()) = 'job' OR body_id = (SELECT abruf.actor_body()));
