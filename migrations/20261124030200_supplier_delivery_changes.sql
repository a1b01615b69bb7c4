-- The change of a delivery date of a pair: the supplier order gets its own document, with its own number and VAT.

DO $$
DECLARE
    more record;
    known text;
BEGIN
    FOR more IN SELECT * FROM (VALUES
        ('document', 'document_kind_known', 'supplier_delivery_change'),
        ('outbox', 'outbox_kind_known', 'issue_supplier_delivery_change')
    ) AS kinds (of_table, named, word) LOOP
        known := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = more.named);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', more.of_table, more.named);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (kind = %L OR %s)',
            more.of_table, more.named, more.word, substring(known FROM '^CHECK \((.*)\)$'));
    END LOOP;
END
$$;
ALTER TABLE document DROP CONSTRAINT document_event_fits;
ALTER TABLE document ADD CONSTRAINT document_event_fits CHECK (
    (kind IN ('partial_cancellation', 'supplier_partial_cancellation', 'delivery_change', 'supplier_delivery_change')) = (event_id IS NOT NULL));

-- Pairs whose new day was accepted before: their suppliers are still to get the document.
INSERT INTO outbox (id, kind, contract_id, call_off_id, event_id, created_at, not_before)
SELECT gen_random_uuid(), 'issue_supplier_delivery_change', s.contract_id, s.call_off_id, s.id, now(), now()
FROM supplier_confirmation s
JOIN confirmation_answer a ON a.contract_id = s.contract_id AND a.confirmation_id = s.id
JOIN supplier_order o ON o.contract_id = s.contract_id AND o.call_off_id = s.call_off_id AND o.decided_by IS NOT NULL AND o.state <> 'refused'
WHERE s.delivery_on IS NOT NULL AND a.decision = 'accepted';
