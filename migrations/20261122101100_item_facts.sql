-- What items are beside price and volume: accessibility, EVB-IT contract, later VAT treatments, freight.

ALTER TABLE item
    ADD COLUMN accessibility text,
    ADD COLUMN accessibility_evidence text NOT NULL DEFAULT '',
    ADD COLUMN evb_it_type text;
COMMENT ON COLUMN item.accessibility IS 'Item with a user interface: stated, excepted, missing; null where it has none or nobody has said';
COMMENT ON COLUMN item.accessibility_evidence IS 'Reference of the statement, or reason of the exception';
COMMENT ON COLUMN item.evb_it_type IS 'EVB-IT contract of an IT item, e.g. Überlassung Typ B; empty for an IT item without a type, null for no IT item';
ALTER TABLE item ADD CONSTRAINT item_accessibility_whole CHECK (
    CASE accessibility
        WHEN 'stated' THEN accessibility_evidence <> ''
        WHEN 'excepted' THEN accessibility_evidence <> ''
        WHEN 'missing' THEN accessibility_evidence = ''
        ELSE accessibility IS NULL AND accessibility_evidence = ''
    END);

CREATE TABLE item_vat_change (
    contract_id uuid NOT NULL,
    item_id uuid NOT NULL,
    valid_from date NOT NULL,
    vat_category text NOT NULL,
    vat_rate_pct numeric(8, 4) NOT NULL,
    vat_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (contract_id, item_id, valid_from),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT item_vat_change_category_known CHECK (vat_category IN ('S', 'Z', 'E', 'AE', 'O')),
    CONSTRAINT item_vat_change_rate_fits CHECK ((vat_category = 'S') = (vat_rate_pct > 0)),
    CONSTRAINT item_vat_change_reason_present CHECK (vat_category NOT IN ('E', 'AE', 'O') OR vat_reason <> '')
);
COMMENT ON TABLE item_vat_change IS 'Later VAT treatments of an item; the date of supply chooses';
COMMENT ON COLUMN item_vat_change.contract_id IS 'The contract';
COMMENT ON COLUMN item_vat_change.item_id IS 'The item';
COMMENT ON COLUMN item_vat_change.valid_from IS 'First day of supply it counts for';
COMMENT ON COLUMN item_vat_change.vat_category IS 'EN 16931: S, Z, E, AE, O';
COMMENT ON COLUMN item_vat_change.vat_rate_pct IS 'Rate in percent; 0 unless S';
COMMENT ON COLUMN item_vat_change.vat_reason IS 'Reason for E, AE, O';
GRANT SELECT, INSERT, UPDATE ON item_vat_change TO abruf_app;
ALTER TABLE item_vat_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE item_vat_change FORCE ROW LEVEL SECURITY;
CREATE POLICY item_vat_change_with_contract ON item_vat_change USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM framework_contract f WHERE f.id = item_vat_change.contract_id));

ALTER TABLE price_term ADD COLUMN freight numeric(16, 6);
COMMENT ON COLUMN price_term.freight IS 'Net freight per unit with this supplier, for best-price comparisons that count it';
ALTER TABLE price_term ADD CONSTRAINT price_term_freight_not_negative CHECK (freight >= 0);
