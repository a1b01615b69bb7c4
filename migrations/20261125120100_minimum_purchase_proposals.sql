-- Minimum purchases of a contract in force: proposed by one person of the office, released by another. Until then, and where a
-- proposal is taken back, what stands stands.

CREATE TABLE minimum_purchase_proposal (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    item_id uuid,
    measure text NOT NULL,
    amount numeric(18, 4),
    due_on date NOT NULL,
    consequence text NOT NULL,
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    released boolean,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT minimum_purchase_proposal_measure_known CHECK (measure IN ('value', 'quantity')),
    CONSTRAINT minimum_purchase_proposal_positive CHECK (amount > 0),
    CONSTRAINT minimum_purchase_proposal_quantity_of_item CHECK (item_id IS NOT NULL OR measure = 'value'),
    CONSTRAINT minimum_purchase_proposal_consequence_length CHECK (length(consequence) <= 1000 AND (amount IS NULL) = (btrim(consequence) = '')),
    CONSTRAINT minimum_purchase_proposal_document_present CHECK (length(btrim(document)) BETWEEN 1 AND 200),
    CONSTRAINT minimum_purchase_proposal_decided_whole CHECK (num_nonnulls(decided_by, decided_at, released) IN (0, 3)),
    CONSTRAINT minimum_purchase_proposal_four_eyes CHECK (NOT coalesce(released, false) OR decided_by <> recorded_by)
);
CREATE UNIQUE INDEX minimum_purchase_proposal_one_pending ON minimum_purchase_proposal (contract_id) WHERE decided_at IS NULL;
COMMENT ON TABLE minimum_purchase_proposal IS 'A proposed minimum purchase (Mindestabnahme) of a contract in force, or its end; counts once a second person has released it';
COMMENT ON COLUMN minimum_purchase_proposal.contract_id IS 'The contract';
COMMENT ON COLUMN minimum_purchase_proposal.id IS 'Made by the program; the minimum purchase has it once it is released';
COMMENT ON COLUMN minimum_purchase_proposal.item_id IS 'The item; null: the whole contract';
COMMENT ON COLUMN minimum_purchase_proposal.measure IS 'value: net, in the currency of the contract; quantity: units of the item';
COMMENT ON COLUMN minimum_purchase_proposal.amount IS 'What must have been called off; null: what stands for this day falls away';
COMMENT ON COLUMN minimum_purchase_proposal.due_on IS 'Last day on which a call-off counts';
COMMENT ON COLUMN minimum_purchase_proposal.consequence IS 'What the contract says happens otherwise; empty where it falls away';
COMMENT ON COLUMN minimum_purchase_proposal.document IS 'Document behind the change, e.g. an addendum';
COMMENT ON COLUMN minimum_purchase_proposal.recorded_by IS 'Who proposed it';
COMMENT ON COLUMN minimum_purchase_proposal.recorded_at IS 'When';
COMMENT ON COLUMN minimum_purchase_proposal.decided_by IS 'Who released it or took it back; a release is a second person''s';
COMMENT ON COLUMN minimum_purchase_proposal.decided_at IS 'When; null: still waits';
COMMENT ON COLUMN minimum_purchase_proposal.released IS 'true: counts; false: taken back';
GRANT SELECT, INSERT, UPDATE (decided_by, decided_at, released) ON minimum_purchase_proposal TO abruf_app;
ALTER TABLE minimum_purchase_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE minimum_purchase_proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY minimum_purchase_proposal_actor ON minimum_purchase_proposal USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (SELECT FROM framework_contract f WHERE f.id = minimum_purchase_proposal.contract_id)));

-- In force it is written as it was released, word for word, and taken away where a released proposal stands for its day.
DROP POLICY minimum_purchase_written ON minimum_purchase;
CREATE POLICY minimum_purchase_written ON minimum_purchase AS RESTRICTIVE FOR INSERT WITH CHECK (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM framework_contract f
        WHERE f.id = minimum_purchase.contract_id AND f.activated_at IS NULL
          AND f.status IN ('draft', 'demand_survey', 'resolution', 'tender', 'award')))
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM minimum_purchase_proposal p
        WHERE p.contract_id = minimum_purchase.contract_id AND p.id = minimum_purchase.id AND p.released
          AND p.item_id IS NOT DISTINCT FROM minimum_purchase.item_id AND p.measure = minimum_purchase.measure
          AND p.due_on = minimum_purchase.due_on AND p.amount = minimum_purchase.amount
          AND p.consequence = minimum_purchase.consequence)));
DROP POLICY minimum_purchase_taken_back ON minimum_purchase;
CREATE POLICY minimum_purchase_taken_back ON minimum_purchase AS RESTRICTIVE FOR DELETE USING (
    ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM framework_contract f
        WHERE f.id = minimum_purchase.contract_id AND f.activated_at IS NULL
          AND f.status IN ('draft', 'demand_survey', 'resolution', 'tender', 'award')))
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (
        SELECT FROM minimum_purchase_proposal p
        WHERE p.contract_id = minimum_purchase.contract_id AND p.id <> minimum_purchase.id AND p.released
          AND p.item_id IS NOT DISTINCT FROM minimum_purchase.item_id AND p.measure = minimum_purchase.measure
          AND p.due_on = minimum_purchase.due_on)));
