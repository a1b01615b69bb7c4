-- As many call-offs as asked for tests/measure/pages/run: copies of those of the demo that are over or on their way, each with all
-- that hangs on it: lines, reviews with their facts, approvals, ledger, savings, orders sent, deliveries, invoices, papers (their rows;
-- the bytes lie elsewhere, as in an installation with a folder for them), log. Written as the owner and without triggers: the copies
-- were never ordered. An id of a copy follows from that of its pattern, so that what hangs together still does.
CREATE SCHEMA measured;

CREATE TABLE measured.pattern AS
    SELECT contract_id, id FROM call_off WHERE status NOT IN ('draft', 'discarded', 'submitted', 'returned');
CREATE UNIQUE INDEX ON measured.pattern (contract_id, id);
ANALYZE measured.pattern;

CREATE FUNCTION measured.of_copy(id uuid, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT md5(id::text || n)::uuid $$;

-- What is copied beside the call-off itself, and what must differ.
CREATE TABLE measured.part (name text PRIMARY KEY, columns text[] NOT NULL, differs text NOT NULL);
INSERT INTO measured.part
SELECT name,
       -- Columns that name the call-off or something of it.
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = name::regclass AND a.attname IN ('id', 'call_off_id', 'review_id', 'cancellation_id', 'confirmation_id', 'delivery_id',
                   'complaint_id', 'invoice_id', 'dispatch_id', 'mail_id', 'document_id', 'event_id', 'replaces_id')),
       CASE name
           WHEN 'document' THEN ', ''check_code'', translate(upper(left(md5(t.check_code || p.n), 16)), ''0189'', ''GHJK''), ''bytes'', NULL, ''input'', NULL, ''byte_count'', coalesce(t.byte_count, octet_length(t.bytes))'
           WHEN 'mail' THEN ', ''message_id'', t.message_id || p.n'
           WHEN 'supplier_confirmation' THEN ', ''link_sha256'', NULL'
           WHEN 'supplier_order' THEN ', ''number'', regexp_replace(t.number, ''-B$'', ''-'' || p.n || ''-B'')'
           ELSE ''
       END
FROM unnest(ARRAY['call_off_line', 'review', 'approval', 'justification', 'step_approval', 'volume_entry', 'savings_entry', 'document', 'decline',
                  'refused_line', 'partial_cancellation', 'cancelled_quantity', 'mail', 'order_review', 'order_dispatch', 'order_bounce',
                  'supplier_order', 'supplier_confirmation', 'confirmed_quantity', 'confirmation_answer', 'delivery', 'delivered_quantity',
                  'complaint', 'complaint_resolution', 'invoice', 'invoice_line', 'invoice_cancellation', 'rank_request', 'budget_confirmation',
                  'licence_reminder', 'savings_mark']) AS name;

-- Copies number `first` and the following, until there are about 3,000 more, at most `most`.
CREATE FUNCTION measured.lay(first bigint, most bigint) RETURNS bigint LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    part measured.part;
    copies bigint := greatest(1, 3000 / (SELECT count(*) FROM measured.pattern));
BEGIN
    CREATE TEMP TABLE chosen ON COMMIT DROP AS
        SELECT p.contract_id, p.id, n, '-' || n AS suffix
        FROM measured.pattern p CROSS JOIN generate_series(first, first + copies - 1) AS n
        ORDER BY n, p.id LIMIT most;
    ANALYZE chosen;
    INSERT INTO call_off
    SELECT (jsonb_populate_record(c, jsonb_build_object(
               'id', measured.of_copy(c.id, n), 'number', c.number || suffix, 'case_number', c.case_number || suffix))).*
    FROM chosen JOIN call_off c USING (contract_id, id);
    FOR part IN SELECT * FROM measured.part LOOP
        EXECUTE format(
            'INSERT INTO %1$I OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(t, jsonb_build_object(%2$s%3$s))).*
             FROM chosen p JOIN %1$I t ON t.contract_id = p.contract_id AND t.call_off_id = p.id',
            part.name,
            (SELECT string_agg(format('%L, measured.of_copy(t.%I, p.n)', name, name), ', ') FROM unnest(part.columns) AS name),
            part.differs);
    END LOOP;
    -- The log lies behind what is there; its details are those of the pattern, by their hash.
    INSERT INTO audit_entry
    SELECT e.chain_id, last.sequence + row_number() OVER (PARTITION BY e.chain_id ORDER BY p.n, e.sequence), e.body_id,
           measured.of_copy(e.call_off_id, p.n), e.member_id, e.action, e.at, e.canonical, e.leaf_hash, e.previous_hash, e.chain_hash
    FROM chosen p
    JOIN audit_entry e ON e.call_off_id = p.id
    JOIN (SELECT chain_id, max(sequence) AS sequence FROM audit_entry GROUP BY chain_id) last USING (chain_id);
    -- What is logged next comes after them.
    UPDATE guard g SET chain_length = last.sequence
    FROM (SELECT chain_id, max(sequence) AS sequence FROM audit_entry GROUP BY chain_id) AS last
    WHERE g.contract_id = last.chain_id AND g.scope = 'contract' AND g.measure = 'value';
    DROP TABLE chosen;
    RETURN first + copies;
END
$$;
