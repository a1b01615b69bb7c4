-- Makes the demo as large as asked, for tests/measure/archive: `more` copies of its orders, each with their documents to
-- the byte, under numbers of their own. Written as the owner and without triggers: what the copies are not is orders.
-- Their recorded inputs are left out; an archive does not hold them.
SET session_replication_role = replica;
CREATE TEMP TABLE source AS
    SELECT row_number() OVER (ORDER BY c.id) - 1 AS place, count(*) OVER () AS sources, c.contract_id, c.id
    FROM call_off c
    WHERE c.number IS NOT NULL AND EXISTS (SELECT FROM document d WHERE d.contract_id = c.contract_id AND d.call_off_id = c.id);
CREATE TEMP TABLE copy AS
    SELECT s.contract_id, s.id AS source, n, gen_random_uuid() AS id
    FROM generate_series(1, :more) n
    JOIN source s ON s.place = n % s.sources;
INSERT INTO call_off
    SELECT (jsonb_populate_record(c, jsonb_build_object(
               'id', k.id, 'number', c.number || '-K' || k.n, 'case_number', 'K-' || k.n, 'escalated_at', NULL))).*
    FROM copy k
    JOIN call_off c ON c.contract_id = k.contract_id AND c.id = k.source;
CREATE TEMP TABLE paper AS
    SELECT k.contract_id, k.id AS call_off, d.id AS source, gen_random_uuid() AS id
    FROM copy k
    JOIN document d ON d.contract_id = k.contract_id AND d.call_off_id = k.source;
INSERT INTO document (contract_id, id, call_off_id, kind, file_name, check_code, sha256, template_version, program_version,
                      pages, bytes, created_at, event_id, byte_count)
    SELECT d.contract_id, p.id, p.call_off, d.kind, d.file_name, d.check_code, d.sha256, d.template_version, d.program_version,
           d.pages, d.bytes, d.created_at, d.event_id, d.byte_count
    FROM paper p
    JOIN document d ON d.contract_id = p.contract_id AND d.id = p.source;
INSERT INTO document_attachment (contract_id, document_id, name, sha256, length)
    SELECT a.contract_id, p.id, a.name, a.sha256, a.length
    FROM paper p
    JOIN document_attachment a ON a.contract_id = p.contract_id AND a.document_id = p.source;
ANALYZE call_off;
ANALYZE document;
ANALYZE document_attachment;
