-- Documents, work and steps of supplier orders, beside those there are, whichever those are.

DO $$
DECLARE
    more record;
    known text;
BEGIN
    FOR more IN SELECT * FROM (VALUES
        ('document', 'document_kind_known', 'kind', ARRAY['supplier_order', 'supplier_cancellation', 'supplier_partial_cancellation']),
        ('outbox', 'outbox_kind_known', 'kind', ARRAY['issue_supplier_order', 'issue_supplier_cancellation', 'issue_supplier_partial_cancellation']),
        ('approval', 'approval_decision_known', 'decision', ARRAY['supplier_order_approved', 'supplier_order_refused'])
    ) AS kinds (of_table, named, of_column, words) LOOP
        known := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = more.named);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', more.of_table, more.named);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (%I = ANY (%L::text[]) OR %s)',
            more.of_table, more.named, more.of_column, more.words, substring(known FROM '^CHECK \((.*)\)$'));
    END LOOP;
END
$$;

ALTER TABLE document DROP CONSTRAINT document_event_fits;
ALTER TABLE document ADD CONSTRAINT document_event_fits CHECK ((kind IN ('partial_cancellation', 'supplier_partial_cancellation')) = (event_id IS NOT NULL));
