-- Two hundred contracts where the demo has one: copies of the contract with article DEV-PT, each with its
-- own guard row. Everything below a contract is named by the contract and an id, so the copies keep the ids.
CREATE TABLE public.measured_contract (position int PRIMARY KEY, id uuid NOT NULL);

DO $$
DECLARE
    pattern uuid; copy uuid; child text;
BEGIN
    SELECT contract_id INTO STRICT pattern FROM item WHERE article_number = 'DEV-PT';
    INSERT INTO measured_contract VALUES (0, pattern);
    FOR n IN 1..199 LOOP
        copy := gen_random_uuid();
        INSERT INTO measured_contract VALUES (n, copy);
        INSERT INTO framework_contract
        SELECT (jsonb_populate_record(f, jsonb_build_object('id', copy, 'number', f.number || '-' || n))).*
        FROM framework_contract f WHERE f.id = pattern;
        FOREACH child IN ARRAY ARRAY['contract_body', 'contract_option', 'lot', 'contract_party', 'item',
                                     'price_term', 'entitlement', 'baseline_file', 'baseline', 'item_vat_change', 'data_processing_accession'] LOOP
            EXECUTE format(
                'INSERT INTO %1$I OVERRIDING SYSTEM VALUE
                 SELECT (jsonb_populate_record(t, jsonb_build_object(''contract_id'', $2))).*
                 FROM %1$I t WHERE t.contract_id = $1', child) USING pattern, copy;
        END LOOP;
        INSERT INTO guard
        SELECT (jsonb_populate_record(g, jsonb_build_object(
                   'contract_id', copy, 'authorised', 0, 'recorded', 0, 'reserved', 0, 'breached', false, 'last_number', 0,
                   'chain_length', 0, 'chain_head', '\x' || repeat('00', 32), 'chain_previous', '\x' || repeat('00', 32)))).*
        FROM guard g WHERE g.contract_id = pattern;
    END LOOP;
END
$$;
GRANT SELECT ON measured_contract TO abruf_app;

-- Everybody of the demo signs in with the password of its accounts.
UPDATE person SET password_hash = (SELECT password_hash FROM person WHERE password_hash IS NOT NULL LIMIT 1)
WHERE password_hash IS NULL;
