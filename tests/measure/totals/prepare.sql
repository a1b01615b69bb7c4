-- More contracts where the demo has one, all of one purchasing body: copies of the contract with article DEV-PT. Everything below a
-- contract is named by the contract and an id, so the copies keep the ids. Members are those of the demo.
-- psql variables: contracts, members.
CREATE SCHEMA measured;
CREATE TABLE measured.contract (n bigint PRIMARY KEY, id uuid NOT NULL, body_id uuid NOT NULL, supplier_id uuid NOT NULL);
CREATE TABLE measured.member (n bigint PRIMARY KEY, id uuid NOT NULL);
-- What is ordered in the copies: items with a comparison price that nobody withdrew.
CREATE TABLE measured.item (n bigint PRIMARY KEY, id uuid NOT NULL, baseline_id uuid NOT NULL, article_number text NOT NULL);
-- Call-offs that wait to be booked.
CREATE SEQUENCE measured.turn;

SELECT set_config('measured.contracts', :'contracts', false), set_config('measured.members', :'members', false) \gset ignored_
SET session_replication_role = replica;
DO $$
DECLARE
    pattern uuid; body uuid; supplier uuid; copy uuid; child text;
BEGIN
    SELECT i.contract_id, c.body_id, c.supplier_id INTO STRICT pattern, body, supplier
    FROM item i JOIN call_off c ON c.contract_id = i.contract_id
    WHERE i.article_number = 'DEV-PT' LIMIT 1;
    INSERT INTO measured.item
    SELECT row_number() OVER (ORDER BY i.id) - 1, i.id, b.id, i.article_number
    FROM item i
    JOIN (SELECT DISTINCT ON (item_id) item_id, id FROM baseline WHERE contract_id = pattern AND approved_at IS NOT NULL ORDER BY item_id, id) b
      ON b.item_id = i.id
    WHERE i.contract_id = pattern
      AND NOT EXISTS (SELECT FROM baseline_withdrawal w WHERE w.contract_id = pattern AND w.baseline_id = b.id);
    FOR n IN 0..current_setting('measured.contracts')::int - 1 LOOP
        copy := gen_random_uuid();
        INSERT INTO measured.contract VALUES (n, copy, body, supplier);
        INSERT INTO framework_contract
        SELECT (jsonb_populate_record(f, jsonb_build_object('id', copy, 'number', f.number || '-' || n))).*
        FROM framework_contract f WHERE f.id = pattern;
        FOREACH child IN ARRAY ARRAY['contract_body', 'contract_option', 'lot', 'contract_party', 'item', 'price_term', 'entitlement',
                                     'baseline_file', 'baseline'] LOOP
            EXECUTE format(
                'INSERT INTO %1$I OVERRIDING SYSTEM VALUE
                 SELECT (jsonb_populate_record(t, jsonb_build_object(''contract_id'', $2))).*
                 FROM %1$I t WHERE t.contract_id = $1', child) USING pattern, copy;
        END LOOP;
    END LOOP;
    INSERT INTO measured.member
    SELECT row_number() OVER (ORDER BY member_id) - 1, member_id
    FROM (SELECT DISTINCT member_id FROM call_off WHERE body_id = body ORDER BY 1 LIMIT current_setting('measured.members')::int) AS m;
END
$$;
RESET session_replication_role;

-- Contract, member, year and articles of a call-off follow from its number, so that every member orders from every
-- contract in each of five years, and call-offs that come one after the other are of different contracts.
CREATE FUNCTION measured.call_off_id(k bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(k), 12, '0'))::uuid $$;
CREATE FUNCTION measured.entry_id(k bigint, p int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('00000000-0000-7001-8000-' || lpad(to_hex(4 * k + p), 12, '0'))::uuid $$;
CREATE FUNCTION measured.day(k bigint, round bigint) RETURNS date LANGUAGE sql IMMUTABLE AS
    $$ SELECT make_date((2022 + round % 5)::int, (1 + k % 12)::int, (1 + k % 28)::int) $$;

-- Call-offs first to last as they stand after a release, three lines each, nothing booked. For the owner, without triggers.
CREATE FUNCTION measured.lay(first bigint, last bigint) RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    contracts bigint := (SELECT count(*) FROM measured.contract);
    members bigint := (SELECT count(*) FROM measured.member);
    items bigint := (SELECT count(*) FROM measured.item);
    -- Who asks never releases.
    people uuid[] := (SELECT array_agg(id) FROM (SELECT id FROM person ORDER BY id LIMIT 2) AS p);
BEGIN
    INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number, number, requester_id,
                          releaser_id, net, surcharge_net, vat, gross, dated_on, created_at, changed_at, submitted_at, released_at)
    SELECT c.id, measured.call_off_id(k), c.body_id, m.id, m.id, c.supplier_id, 'closed', 'M-' || k, 'M-' || k, people[1], people[2],
           300, 0, 57, 357, day, day, day, day, day
    FROM generate_series(first, last) AS k
    CROSS JOIN LATERAL measured.day(k, k / (contracts * members)) AS day
    JOIN measured.contract c ON c.n = k % contracts
    JOIN measured.member m ON m.n = k / contracts % members;
    INSERT INTO call_off_line (contract_id, call_off_id, position, article_number, item_id, quantity, unit_price, net)
    SELECT c.id, measured.call_off_id(k), p, i.article_number, i.id, 1, 100, 100
    FROM generate_series(first, last) AS k
    CROSS JOIN generate_series(1, 3) AS p
    JOIN measured.contract c ON c.n = k % contracts
    JOIN measured.item i ON i.n = (k + p) % items;
END
$$;

-- What a release writes to the ledger for call-offs first to last, in one statement: an entry for each line, the last without a
-- comparison price, and one for surcharge and fee of the whole. Uneven cents, so that nothing agrees by chance.
CREATE FUNCTION measured.book(first bigint, last bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    contracts bigint := (SELECT count(*) FROM measured.contract);
    members bigint := (SELECT count(*) FROM measured.member);
    items bigint := (SELECT count(*) FROM measured.item);
BEGIN
    INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, position, class, stage, baseline_id, baseline_net,
                               effect_net, surcharge_net, fee_net, order_net, method_version, dated_on, at)
    SELECT c.id, measured.entry_id(k, p), measured.call_off_id(k), c.body_id, m.id, CASE WHEN p < 4 THEN p END,
           CASE p WHEN 1 THEN 'A' WHEN 2 THEN 'B' WHEN 3 THEN 'none' ELSE 'A' END, 'planned', CASE WHEN p < 3 THEN i.baseline_id END,
           CASE WHEN p < 3 THEN 120.17 + k % 1013 ELSE 0 END, CASE WHEN p < 3 THEN 20.06 + k % 13 ELSE 0 END,
           CASE WHEN p = 4 THEN 1.53 + k % 2 ELSE 0 END, CASE WHEN p = 4 THEN 0.37 ELSE 0 END,
           CASE WHEN p < 3 THEN 100.11 + k % 1013 - k % 13 WHEN p = 3 THEN 99.99 ELSE 1.53 + k % 2 END, 1, day, day
    FROM generate_series(first, last) AS k
    CROSS JOIN LATERAL measured.day(k, k / (contracts * members)) AS day
    CROSS JOIN generate_series(1, 4) AS p
    JOIN measured.contract c ON c.n = k % contracts
    JOIN measured.member m ON m.n = k / contracts % members
    JOIN measured.item i ON i.n = (k + p) % items;
END
$$;
