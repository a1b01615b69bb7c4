-- Traits of items of a contract in force: proposed by one person, released by another.

CREATE TABLE item_proposal (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    change jsonb NOT NULL,
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    released boolean,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT item_proposal_document_present CHECK (length(btrim(document)) >= 1),
    CONSTRAINT item_proposal_changes_something CHECK (jsonb_typeof(change) = 'object' AND change <> '{}'),
    CONSTRAINT item_proposal_decided_whole CHECK (num_nonnulls(decided_by, decided_at, released) IN (0, 3)),
    CONSTRAINT item_proposal_four_eyes CHECK (NOT coalesce(released, false) OR decided_by <> recorded_by)
);
CREATE UNIQUE INDEX item_proposal_one_pending ON item_proposal (contract_id) WHERE decided_at IS NULL;
COMMENT ON TABLE item_proposal IS 'A proposed change of what an item is beside its price; in force once a second person has released it';
COMMENT ON COLUMN item_proposal.contract_id IS 'The contract';
COMMENT ON COLUMN item_proposal.id IS 'Made by the program';
COMMENT ON COLUMN item_proposal.item_id IS 'The item';
COMMENT ON COLUMN item_proposal.change IS 'What the item is from the release on, as the program writes it: cpv, accessibility, evb_it; vat with its first day of supply, where that changes';
COMMENT ON COLUMN item_proposal.document IS 'Document behind the change, e.g. the supplier''s statement';
COMMENT ON COLUMN item_proposal.recorded_by IS 'Who proposed it';
COMMENT ON COLUMN item_proposal.recorded_at IS 'When';
COMMENT ON COLUMN item_proposal.decided_by IS 'Who released it or took it back; a release is a second person''s';
COMMENT ON COLUMN item_proposal.decided_at IS 'When; null: still waits';
COMMENT ON COLUMN item_proposal.released IS 'true: in force; false: taken back';
GRANT SELECT, INSERT, UPDATE (decided_by, decided_at, released) ON item_proposal TO abruf_app;
ALTER TABLE item_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE item_proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY item_proposal_actor ON item_proposal USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (SELECT FROM framework_contract f WHERE f.id = item_proposal.contract_id)));
