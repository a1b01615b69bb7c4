-- VAT of the in-house order, where the body orders for the member.

ALTER TABLE framework_contract
    ADD COLUMN in_house_vat_category text NOT NULL DEFAULT 'S',
    ADD COLUMN in_house_vat_reason text NOT NULL DEFAULT '';
COMMENT ON COLUMN framework_contract.in_house_vat_category IS 'VAT between member and body, through_body only: S as on the items by date of supply, E exempt, O outside the scope of the tax';
COMMENT ON COLUMN framework_contract.in_house_vat_reason IS 'Why E or O, with its source such as § 4 Nr. 29 UStG; printed on the in-house order';
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_in_house_vat_known CHECK (in_house_vat_category IN ('S', 'E', 'O'));
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_in_house_vat_reasoned CHECK ((in_house_vat_category = 'S') = (length(btrim(in_house_vat_reason)) = 0));
