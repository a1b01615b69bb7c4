-- What may be told about a document or certificate to whoever holds it, said once: no amounts, no names.

CREATE VIEW paper WITH (security_invoker = true) AS
    SELECT d.id, d.created_at, d.kind,
           coalesce(CASE WHEN d.kind LIKE 'supplier\_%' THEN s.number ELSE c.number END, '') AS number,
           c.status, d.check_code, d.file_name, d.sha256,
           -- What changes a delivery date is dated by its acceptance.
           CASE WHEN d.kind LIKE 'supplier\_%' THEN s.decided_at ELSE coalesce(a.at, c.released_at) END AS released_at,
           coalesce(p.at, c.ended_at) AS ended_at
    FROM document d
    LEFT JOIN partial_cancellation p ON p.contract_id = d.contract_id AND p.id = d.event_id
    LEFT JOIN confirmation_answer a ON a.contract_id = d.contract_id AND a.confirmation_id = d.event_id
    JOIN call_off c ON c.contract_id = d.contract_id AND c.id = d.call_off_id
    LEFT JOIN supplier_order s ON s.contract_id = d.contract_id AND s.call_off_id = d.call_off_id
    UNION ALL
    SELECT e.id, e.issued_at, e.kind, e.number, CASE WHEN n.issued_at IS NULL THEN 'issued' ELSE 'replaced' END,
           e.check_code, e.file_name, e.sha256,
           -- Noon of the day printed on it.
           (e.dated_on + time '12:00') AT TIME ZONE 'Europe/Berlin', n.issued_at
    FROM certificate e
    LEFT JOIN LATERAL (
        SELECT min(newer.issued_at) AS issued_at FROM certificate newer WHERE newer.previous_id = e.id) n ON true;
COMMENT ON VIEW paper IS 'Documents of call-offs and certificates as their holders may know them; whose rows it shows, the policies of the tables decide';
GRANT SELECT ON paper TO abruf_app;
