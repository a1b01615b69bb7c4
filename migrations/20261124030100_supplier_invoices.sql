-- Invoices of both sides of a pair: what the member pays for its order, and what the body pays for its supplier order.

ALTER TABLE invoice ADD COLUMN payer text NOT NULL DEFAULT 'member';
COMMENT ON COLUMN invoice.payer IS 'Who pays it: member for its order, body for the supplier order of a pair';
ALTER TABLE invoice ADD CONSTRAINT invoice_payer_known CHECK (payer IN ('member', 'body'));

-- A member''s number stands once among its invoices, the supplier''s once among those the body pays.
ALTER TABLE invoice DROP CONSTRAINT invoice_number_once;
CREATE UNIQUE INDEX invoice_number_once ON invoice (member_id, supplier_id, number) WHERE payer = 'member';
CREATE UNIQUE INDEX supplier_invoice_number_once ON invoice (contract_id, supplier_id, number) WHERE payer = 'body';

-- What the supplier bills to the body is the body''s and its auditors'' business.
CREATE POLICY invoice_of_the_body_for_the_body ON invoice AS RESTRICTIVE USING (payer = 'member' OR (SELECT abruf.actor_kind()) <> 'member');

-- The body pays for a supplier order only, and only for one it has approved.
CREATE FUNCTION abruf.invoice_of_the_body_has_its_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM supplier_order o
                   WHERE o.contract_id = NEW.contract_id AND o.call_off_id = NEW.call_off_id AND o.decided_by IS NOT NULL AND o.state <> 'refused') THEN
        RAISE EXCEPTION 'invoice % is paid by the body without a supplier order', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_of_the_body_has_its_order', TABLE = 'invoice';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER invoice_of_the_body_has_its_order BEFORE INSERT ON invoice FOR EACH ROW WHEN (NEW.payer = 'body') EXECUTE FUNCTION abruf.invoice_of_the_body_has_its_order();
