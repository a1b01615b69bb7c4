-- Where suppliers receive orders as data, for the order as a Peppol message. Buyers have their Leitweg-ID.

CREATE TABLE electronic_address (
    body_id uuid NOT NULL REFERENCES organisation,
    supplier_id uuid NOT NULL REFERENCES organisation,
    scheme text NOT NULL,
    address text NOT NULL,
    changed_by uuid NOT NULL REFERENCES person,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (body_id, supplier_id),
    CONSTRAINT electronic_address_form CHECK (
        CASE scheme
            WHEN '9930' THEN address ~ '^DE[0-9]{9}$'
            WHEN '0088' THEN address ~ '^[0-9]{13}$'
            WHEN '0204' THEN address ~ '^[0-9]{2,12}(-[0-9A-Z]{0,30})?-[0-9]{2}$'
            ELSE false
        END)
);
COMMENT ON TABLE electronic_address IS 'Electronic address of a supplier as its body knows it; without a row its Leitweg-ID, if it has one';
COMMENT ON COLUMN electronic_address.body_id IS 'The purchasing body that entered it';
COMMENT ON COLUMN electronic_address.supplier_id IS 'The supplier';
COMMENT ON COLUMN electronic_address.scheme IS 'Code of the EAS list: 9930 German VAT id, 0088 GLN, 0204 Leitweg-ID';
COMMENT ON COLUMN electronic_address.address IS 'The address within the scheme, with right check digits';
COMMENT ON COLUMN electronic_address.changed_by IS 'Who of the office entered it';
COMMENT ON COLUMN electronic_address.changed_at IS 'When';
GRANT SELECT, INSERT, UPDATE, DELETE ON electronic_address TO abruf_app;
ALTER TABLE electronic_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE electronic_address FORCE ROW LEVEL SECURITY;
-- It stands on orders, so whoever sees the contract may know it; the body enters it.
CREATE POLICY electronic_address_read ON electronic_address FOR SELECT USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR body_id = (SELECT abruf.actor_body())
    OR EXISTS (SELECT FROM framework_contract f WHERE f.body_id = electronic_address.body_id));
CREATE POLICY electronic_address_write ON electronic_address USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body())));
