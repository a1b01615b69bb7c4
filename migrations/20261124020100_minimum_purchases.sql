-- What a body owes its suppliers by a day (Mindestabnahme): part of a contract like ceilings and options.

CREATE TABLE minimum_purchase (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    item_id uuid,
    measure text NOT NULL,
    amount numeric(18, 4) NOT NULL,
    due_on date NOT NULL,
    consequence text NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT minimum_purchase_measure_known CHECK (measure IN ('value', 'quantity')),
    CONSTRAINT minimum_purchase_positive CHECK (amount > 0),
    CONSTRAINT minimum_purchase_quantity_of_item CHECK (item_id IS NOT NULL OR measure = 'value'),
    CONSTRAINT minimum_purchase_consequence_present CHECK (length(btrim(consequence)) BETWEEN 1 AND 1000)
);
CREATE UNIQUE INDEX minimum_purchase_once ON minimum_purchase (contract_id, item_id, measure, due_on) NULLS NOT DISTINCT;
COMMENT ON TABLE minimum_purchase IS 'Minimum purchase (Mindestabnahme): what must have been called off from a contract or of an item by a day, and what follows if it was not';
COMMENT ON COLUMN minimum_purchase.contract_id IS 'The contract';
COMMENT ON COLUMN minimum_purchase.id IS 'Made by the program';
COMMENT ON COLUMN minimum_purchase.item_id IS 'The item; null: the whole contract';
COMMENT ON COLUMN minimum_purchase.measure IS 'value: net, in the currency of the contract; quantity: units of the item';
COMMENT ON COLUMN minimum_purchase.amount IS 'What must have been called off';
COMMENT ON COLUMN minimum_purchase.due_on IS 'Last day on which a call-off counts';
COMMENT ON COLUMN minimum_purchase.consequence IS 'What the contract says happens otherwise, e.g. a payment';

GRANT SELECT, INSERT, DELETE ON minimum_purchase TO abruf_app;
ALTER TABLE minimum_purchase ENABLE ROW LEVEL SECURITY;
ALTER TABLE minimum_purchase FORCE ROW LEVEL SECURITY;
CREATE POLICY minimum_purchase_with_contract ON minimum_purchase USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM framework_contract f WHERE f.id = minimum_purchase.contract_id));
-- Written like every part of a contract before it is in force, and by nobody but the body; afterwards it stands.
CREATE POLICY minimum_purchase_written ON minimum_purchase AS RESTRICTIVE FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM framework_contract f
        WHERE f.id = minimum_purchase.contract_id AND f.activated_at IS NULL
          AND f.status IN ('draft', 'demand_survey', 'resolution', 'tender', 'award'))));
CREATE POLICY minimum_purchase_taken_back ON minimum_purchase AS RESTRICTIVE FOR DELETE USING (
    (SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM framework_contract f
        WHERE f.id = minimum_purchase.contract_id AND f.activated_at IS NULL
          AND f.status IN ('draft', 'demand_survey', 'resolution', 'tender', 'award')));
