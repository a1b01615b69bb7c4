-- Papers, offers and the money of a request.

CREATE TABLE budget_account (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES organisation,
    account text NOT NULL,
    mode text NOT NULL,
    plans_years boolean NOT NULL DEFAULT true,
    CONSTRAINT budget_account_unique UNIQUE (member_id, account),
    CONSTRAINT budget_account_named CHECK (length(btrim(account)) BETWEEN 1 AND 100),
    CONSTRAINT budget_account_mode_known CHECK (mode IN ('reference_only', 'confirmed', 'imported'))
);
COMMENT ON TABLE budget_account IS 'An account or product of a member''s budget that call-offs may name';
COMMENT ON COLUMN budget_account.id IS 'Made by the program';
COMMENT ON COLUMN budget_account.member_id IS 'The member';
COMMENT ON COLUMN budget_account.account IS 'Its number as the member writes it';
COMMENT ON COLUMN budget_account.plans_years IS 'Whether later years are planned: then payments of later years are checked year by year (§ 107 KVG LSA)';
COMMENT ON COLUMN budget_account.mode IS 'reference_only: no amounts kept; confirmed: the treasurer confirms; imported: balances of the accounting system';

CREATE TABLE budget_year (
    account_id uuid NOT NULL REFERENCES budget_account,
    year integer NOT NULL,
    available numeric(14, 2) NOT NULL,
    overrun_approval text,
    provisional_until date,
    PRIMARY KEY (account_id, year),
    CONSTRAINT budget_year_sane CHECK (year BETWEEN 2000 AND 2200),
    CONSTRAINT budget_year_approval_named CHECK (overrun_approval <> '')
);
COMMENT ON TABLE budget_year IS 'What is available on an account in a calendar year';
COMMENT ON COLUMN budget_year.account_id IS 'The account';
COMMENT ON COLUMN budget_year.year IS 'Calendar year';
COMMENT ON COLUMN budget_year.available IS 'Available amount: gross, or net while the member deducts input VAT';
COMMENT ON COLUMN budget_year.overrun_approval IS 'Approval of over- or unplanned spending (§ 105 KVG LSA)';
COMMENT ON COLUMN budget_year.provisional_until IS 'Last day of the provisional budget (§ 104 KVG LSA)';
GRANT SELECT, INSERT, UPDATE ON budget_account, budget_year TO abruf_app;
ALTER TABLE budget_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_account FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_account_actor ON budget_account USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);
ALTER TABLE budget_year ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_year FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_year_with_account ON budget_year USING (
    EXISTS (SELECT FROM budget_account a WHERE a.id = budget_year.account_id));

ALTER TABLE call_off
    ADD COLUMN data_processing_reference text NOT NULL DEFAULT '',
    ADD COLUMN council_resolution text NOT NULL DEFAULT '',
    ADD COLUMN emergency_decision text NOT NULL DEFAULT '',
    ADD COLUMN commitment_reference text NOT NULL DEFAULT '',
    ADD COLUMN order_reference text NOT NULL DEFAULT '',
    ADD COLUMN recurring boolean NOT NULL DEFAULT false,
    ADD COLUMN budget_account_id uuid REFERENCES budget_account,
    ADD COLUMN supplier_chosen boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN call_off.data_processing_reference IS 'The member''s own contract under Art. 28 GDPR';
COMMENT ON COLUMN call_off.council_resolution IS 'Resolution of the council above its limit';
COMMENT ON COLUMN call_off.emergency_decision IS 'Documented emergency decision in place of a resolution';
COMMENT ON COLUMN call_off.commitment_reference IS 'Commitment authorisation (VE) or budget reference for later years (§ 107 KVG LSA)';
COMMENT ON COLUMN call_off.order_reference IS 'Order reference of the member (BT-13), printed on the order';
COMMENT ON COLUMN call_off.recurring IS 'The order repeats on purpose: no duplicate';
COMMENT ON COLUMN call_off.budget_account_id IS 'Account that pays; null where none is named';
COMMENT ON COLUMN call_off.supplier_chosen IS 'The requester chose the supplier; else the contract''s first is taken';

ALTER TABLE call_off_line
    ADD COLUMN offer_unit_price numeric(16, 6),
    ADD COLUMN offer_document text NOT NULL DEFAULT '';
COMMENT ON COLUMN call_off_line.offer_unit_price IS 'Net unit price of a supplier''s offer: lower than the contract''s, or of a free-text item';
COMMENT ON COLUMN call_off_line.offer_document IS 'The quote or EVB-IT contract behind the offer';
ALTER TABLE call_off_line
    ADD CONSTRAINT call_off_line_offer_whole CHECK (offer_unit_price >= 0 OR (offer_unit_price IS NULL AND offer_document = ''));
