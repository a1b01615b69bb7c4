-- What rules about award, performance, discount and data protection ask of a contract and its suppliers.

ALTER TABLE framework_contract
    ADD COLUMN legal_basis_key text,
    ADD COLUMN direct_limit_net numeric(14, 2),
    ADD COLUMN compare_with_freight boolean NOT NULL DEFAULT false,
    ADD COLUMN competition_criterion text,
    ADD COLUMN runoff_allowed boolean NOT NULL DEFAULT true,
    ADD COLUMN cash_discount_pct numeric(8, 4),
    ADD COLUMN cash_discount_days integer,
    ADD COLUMN data_processing_reference text;
COMMENT ON COLUMN framework_contract.legal_basis_key IS 'inhouse (§ 108 (1), (4), (5) GWB), central_purchasing_body (§ 120 (4)), horizontal_cooperation (§ 108 (6)), joint_procurement (§ 4 VgV); null where nobody has recorded it';
COMMENT ON COLUMN framework_contract.direct_limit_net IS 'Announced net limit for direct call-offs; above it a mini-competition is held';
COMMENT ON COLUMN framework_contract.compare_with_freight IS 'best_price_per_item: whether a supplier''s freight counts in the comparison';
COMMENT ON COLUMN framework_contract.competition_criterion IS 'Announced criterion of mini-competitions: price or points; null where the notice does not say';
COMMENT ON COLUMN framework_contract.runoff_allowed IS 'Whether performance may end after the contract does (recital 62 of Directive 2014/24/EU); false where the contract forbids it';
COMMENT ON COLUMN framework_contract.cash_discount_pct IS 'Cash discount (Skonto) on the gross amount; never changes order value, ceiling or saving';
COMMENT ON COLUMN framework_contract.cash_discount_days IS 'Days within which paying earns the cash discount';
COMMENT ON COLUMN framework_contract.data_processing_reference IS 'Framework-wide agreement under Art. 28 GDPR; serves the members in data_processing_accession';
ALTER TABLE framework_contract
    DROP CONSTRAINT framework_contract_mechanism_built,
    ADD CONSTRAINT framework_contract_legal_basis_known CHECK (legal_basis_key IN ('inhouse', 'central_purchasing_body', 'horizontal_cooperation', 'joint_procurement')),
    ADD CONSTRAINT framework_contract_direct_limit_present CHECK (mechanism <> 'mini_competition_above' OR direct_limit_net >= 0 AND direct_limit_net IS NOT NULL),
    ADD CONSTRAINT framework_contract_criterion_known CHECK (competition_criterion IN ('price', 'points')),
    ADD CONSTRAINT framework_contract_cash_discount_whole CHECK ((cash_discount_pct IS NULL) = (cash_discount_days IS NULL) AND coalesce(cash_discount_pct BETWEEN 0 AND 100 AND cash_discount_days >= 0, true)),
    ADD CONSTRAINT framework_contract_data_processing_named CHECK (data_processing_reference <> '');

ALTER TABLE contract_party
    ADD COLUMN stopped_from date,
    ADD COLUMN stop_reason text;
COMMENT ON COLUMN contract_party.stopped_from IS 'First day on which nothing may be ordered from this supplier any more';
COMMENT ON COLUMN contract_party.stop_reason IS 'insolvency or exclusion';
ALTER TABLE contract_party
    ADD CONSTRAINT contract_party_stop_whole CHECK ((stopped_from IS NULL) = (stop_reason IS NULL)),
    ADD CONSTRAINT contract_party_stop_reason_known CHECK (stop_reason IN ('insolvency', 'exclusion'));

CREATE TABLE data_processing_accession (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    member_id uuid NOT NULL REFERENCES organisation,
    acceded_on date NOT NULL,
    document text NOT NULL,
    PRIMARY KEY (contract_id, member_id),
    CONSTRAINT data_processing_accession_document_present CHECK (document <> '')
);
COMMENT ON TABLE data_processing_accession IS 'Members that acceded to the framework-wide agreement on data processing of a contract (Art. 28 GDPR)';
COMMENT ON COLUMN data_processing_accession.contract_id IS 'The contract';
COMMENT ON COLUMN data_processing_accession.member_id IS 'The member';
COMMENT ON COLUMN data_processing_accession.acceded_on IS 'First day the agreement binds the member';
COMMENT ON COLUMN data_processing_accession.document IS 'Declaration of accession';
GRANT SELECT, INSERT, UPDATE ON data_processing_accession TO abruf_app;
ALTER TABLE data_processing_accession ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_processing_accession FORCE ROW LEVEL SECURITY;
CREATE POLICY data_processing_accession_actor ON data_processing_accession USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = data_processing_accession.contract_id)
        WHEN 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);
