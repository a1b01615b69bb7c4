-- New versions of the prices of a contract in force: proposed by one person, released by another.

CREATE TABLE price_proposal (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    valid_from date NOT NULL,
    document text NOT NULL,
    reason text NOT NULL DEFAULT '',
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    released boolean,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT price_proposal_document_present CHECK (document <> ''),
    CONSTRAINT price_proposal_decided_whole CHECK (num_nonnulls(decided_by, decided_at, released) IN (0, 3)),
    CONSTRAINT price_proposal_four_eyes CHECK (NOT coalesce(released, false) OR decided_by <> recorded_by)
);
CREATE UNIQUE INDEX price_proposal_one_pending ON price_proposal (contract_id) WHERE decided_at IS NULL;
COMMENT ON TABLE price_proposal IS 'A proposed version of prices; in force once a second person has released it (§ 132 (2) no. 1 GWB, clause of the contract)';
COMMENT ON COLUMN price_proposal.contract_id IS 'The contract';
COMMENT ON COLUMN price_proposal.id IS 'Made by the program';
COMMENT ON COLUMN price_proposal.valid_from IS 'First day of the new prices; after the day of the release';
COMMENT ON COLUMN price_proposal.document IS 'Document behind the change, e.g. the supplier''s letter';
COMMENT ON COLUMN price_proposal.reason IS 'Why a price changes by more than the contract''s bound; empty where none does';
COMMENT ON COLUMN price_proposal.recorded_by IS 'Who proposed it';
COMMENT ON COLUMN price_proposal.recorded_at IS 'When';
COMMENT ON COLUMN price_proposal.decided_by IS 'Who released it or took it back; a release is a second person''s';
COMMENT ON COLUMN price_proposal.decided_at IS 'When; null: still waits';
COMMENT ON COLUMN price_proposal.released IS 'true: in force; false: taken back';

CREATE TABLE price_proposal_line (
    contract_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    item_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    price jsonb NOT NULL,
    PRIMARY KEY (contract_id, proposal_id, item_id, supplier_id),
    FOREIGN KEY (contract_id, proposal_id) REFERENCES price_proposal,
    FOREIGN KEY (contract_id, item_id) REFERENCES item
);
COMMENT ON TABLE price_proposal_line IS 'The new price of an item with one supplier; becomes a version of its price at the release';
COMMENT ON COLUMN price_proposal_line.contract_id IS 'The contract';
COMMENT ON COLUMN price_proposal_line.proposal_id IS 'The proposal';
COMMENT ON COLUMN price_proposal_line.item_id IS 'The item';
COMMENT ON COLUMN price_proposal_line.supplier_id IS 'The supplier';
COMMENT ON COLUMN price_proposal_line.price IS 'The price as the program writes it: {"type": "fixed", "unit_price": "12.50"}';

GRANT SELECT, INSERT, UPDATE ON price_proposal TO abruf_app;
GRANT SELECT, INSERT ON price_proposal_line TO abruf_app;
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['price_proposal', 'price_proposal_line'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        -- What is only proposed is the body's business: members learn new prices when they are released.
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR ((SELECT abruf.actor_kind()) = ''body'' AND EXISTS (SELECT FROM framework_contract f WHERE f.id = %I.contract_id)))',
            child || '_actor', child, child);
    END LOOP;
END
$$;
