-- Contracts in the making: what activation asks for, who prepared and who activated one, and the
-- right to take back what was written into a draft.

ALTER TABLE framework_contract
    ADD COLUMN awarded_on date,
    ADD COLUMN term_reason text NOT NULL DEFAULT '',
    ADD COLUMN term_reason_dated date,
    ADD COLUMN retention_class text,
    ADD COLUMN ceiling_waived boolean NOT NULL DEFAULT false,
    ADD COLUMN price_change_limit_pct numeric(8, 4) NOT NULL DEFAULT 30,
    ADD COLUMN submitted_by uuid REFERENCES person,
    ADD COLUMN submitted_at timestamptz,
    ADD COLUMN submission_note text NOT NULL DEFAULT '',
    ADD COLUMN activated_by uuid REFERENCES person,
    ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN framework_contract.awarded_on IS 'Date of the award; null: not recorded';
COMMENT ON COLUMN framework_contract.term_reason IS 'Why the term is longer than § 21 (6) VgV or § 15 (4) UVgO allow without a reason (BT-109); empty: none';
COMMENT ON COLUMN framework_contract.term_reason_dated IS 'Date of the document of the award file that gives this reason';
COMMENT ON COLUMN framework_contract.retention_class IS 'How long its documents are kept: award_file, vouchers, books; null: not chosen';
COMMENT ON COLUMN framework_contract.ceiling_waived IS 'The office has said expressly that the contract states no maximum value; without it a null limit of its value row means: not stated yet';
COMMENT ON COLUMN framework_contract.price_change_limit_pct IS 'A price version that changes a price by more than so many percent must be confirmed with a reason';
COMMENT ON COLUMN framework_contract.submitted_by IS 'Who handed the draft in for activation; any change of the draft takes it back';
COMMENT ON COLUMN framework_contract.submitted_at IS 'When';
COMMENT ON COLUMN framework_contract.submission_note IS 'What the first person wants the second one to know, and the justification of what needs one';
COMMENT ON COLUMN framework_contract.activated_by IS 'The second person; null for contracts that came into the system active';
COMMENT ON COLUMN framework_contract.version IS 'Counts the changes of the draft: nobody activates what they have not seen';
ALTER TABLE framework_contract
    ADD CONSTRAINT framework_contract_number_present CHECK (number <> ''),
    ADD CONSTRAINT framework_contract_retention_class_known CHECK (retention_class IN ('award_file', 'vouchers', 'books')),
    ADD CONSTRAINT framework_contract_submitted_whole CHECK ((submitted_by IS NULL) = (submitted_at IS NULL)),
    ADD CONSTRAINT framework_contract_price_change_limit_range CHECK (price_change_limit_pct BETWEEN 0 AND 100),
    ADD CONSTRAINT framework_contract_four_eyes CHECK (activated_by IS NULL OR coalesce(activated_by <> submitted_by, false));

-- A draft is nobody's business but the body's.
DROP POLICY framework_contract_actor ON framework_contract;
CREATE POLICY framework_contract_actor ON framework_contract USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((status <> 'draft' OR (SELECT abruf.actor_kind()) = 'body')
        AND (body_id = (SELECT abruf.actor_body())
             OR EXISTS (SELECT FROM contract_body b WHERE b.contract_id = framework_contract.id))));

-- What was written into a draft by mistake can be taken back; of a contract that was ever in force, nothing.
GRANT DELETE ON contract_option, lot, contract_party, item, price_term, entitlement, guard TO abruf_app;
DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['contract_option', 'lot', 'contract_party', 'item', 'price_term', 'entitlement', 'guard'] LOOP
        EXECUTE format(
            'CREATE POLICY %I ON %I AS RESTRICTIVE FOR DELETE USING ((SELECT abruf.actor_kind()) = ''body'' AND EXISTS (
                 SELECT FROM framework_contract f
                 WHERE f.id = %I.contract_id AND f.activated_at IS NULL
                   AND f.status IN (''draft'', ''demand_survey'', ''resolution'', ''tender'', ''award'')))',
            part || '_taken_back', part, part);
    END LOOP;
END
$$;
CREATE POLICY price_term_released_stays ON price_term AS RESTRICTIVE FOR DELETE USING (released_at IS NULL);
CREATE POLICY guard_used_stays ON guard AS RESTRICTIVE FOR DELETE USING (
    version = 0 AND NOT (scope = 'contract' AND measure = 'value'));
