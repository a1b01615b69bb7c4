-- A contract may price what is left of an order anew (re-tier). Then the rest can cost more than the whole did:
-- the difference is volume that a ceiling has to hold, and the partial cancellation says so.
ALTER TABLE partial_cancellation ADD COLUMN priced_anew boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN partial_cancellation.priced_anew IS 'The rest has other prices than before, by the contract''s rule for the price of the rest';
COMMENT ON COLUMN partial_cancellation.freed_net IS 'Net value that became free; negative where a rest priced anew costs more than before';
ALTER TABLE partial_cancellation DROP CONSTRAINT partial_cancellation_frees;
ALTER TABLE partial_cancellation ADD CONSTRAINT partial_cancellation_frees CHECK (freed_net >= 0 OR (priced_anew AND kind = 'partial'));

ALTER TABLE volume_entry DROP CONSTRAINT volume_entry_kind_known;
ALTER TABLE volume_entry ADD CONSTRAINT volume_entry_kind_known CHECK (kind IN ('reserve', 'give_back', 'authorise', 'cancel', 'reprice', 'record'));
ALTER TABLE volume_entry DROP CONSTRAINT volume_entry_kind_fits;
ALTER TABLE volume_entry ADD CONSTRAINT volume_entry_kind_fits CHECK (
    CASE kind
        WHEN 'reserve' THEN account = 'reserved' AND amount >= 0
        WHEN 'give_back' THEN account = 'reserved' AND amount <= 0
        WHEN 'authorise' THEN account = 'authorised' AND amount >= 0
        WHEN 'cancel' THEN account = 'authorised' AND amount <= 0
        WHEN 'reprice' THEN account = 'authorised' AND amount > 0
        ELSE account = 'recorded' AND reason <> ''
    END);
