-- The change of a delivery date (Terminänderung): one more kind of document, of an accepted confirmation that
-- names another day.

DO $$
DECLARE
    more record;
    known text;
BEGIN
    FOR more IN SELECT * FROM (VALUES
        ('document', 'document_kind_known', 'delivery_change'),
        ('outbox', 'outbox_kind_known', 'issue_delivery_change')
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
    (kind IN ('partial_cancellation', 'supplier_partial_cancellation', 'delivery_change')) = (event_id IS NOT NULL));
COMMENT ON COLUMN document.kind IS 'order, cancellation, partial_cancellation, delivery_change or memo; with supplier_ before it, of the supplier order of a pair';
COMMENT ON COLUMN document.event_id IS 'The partial cancellation it prints, or the supplier''s confirmation whose day was accepted; null for order, memo and cancellation';
COMMENT ON COLUMN outbox.event_id IS 'The partial cancellation or confirmation to be printed; null for everything else';
