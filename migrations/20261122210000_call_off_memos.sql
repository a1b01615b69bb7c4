-- The call-off memo (Abrufvermerk): one more kind of document, made once its order is there.

DO $$
DECLARE
    more record;
    known text;
BEGIN
    FOR more IN SELECT * FROM (VALUES
        ('document', 'document_kind_known', 'memo'),
        ('outbox', 'outbox_kind_known', 'issue_memo')
    ) AS kinds (of_table, named, word) LOOP
        known := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = more.named);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', more.of_table, more.named);
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (kind = %L OR %s)',
            more.of_table, more.named, more.word, substring(known FROM '^CHECK \((.*)\)$'));
    END LOOP;
END
$$;
COMMENT ON COLUMN document.kind IS 'order, cancellation, partial_cancellation or memo; with supplier_ before it, of the supplier order of a pair';
