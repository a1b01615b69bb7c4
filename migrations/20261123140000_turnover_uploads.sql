-- Files with turnover that somebody has uploaded and nobody has confirmed yet: looked at, mapped, taken or thrown away.

CREATE TABLE turnover_upload (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    purpose text NOT NULL,
    file_name text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bytea NOT NULL,
    mapping text NOT NULL,
    contract_id uuid REFERENCES framework_contract,
    supplier_id uuid REFERENCES organisation,
    period_from date,
    period_to date,
    basis text,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    CONSTRAINT turnover_upload_purpose_known CHECK (purpose IN ('turnover', 'report')),
    CONSTRAINT turnover_upload_basis_known CHECK (basis IN ('orders', 'invoices')),
    CONSTRAINT turnover_upload_report_whole CHECK (num_nonnulls(contract_id, supplier_id, period_from, period_to, basis) = CASE purpose WHEN 'report' THEN 5 ELSE 0 END),
    CONSTRAINT turnover_upload_period_in_order CHECK (period_from <= period_to),
    CONSTRAINT turnover_upload_hash CHECK (sha256 = sha256(bytes)),
    CONSTRAINT turnover_upload_named CHECK (length(btrim(file_name)) >= 1),
    CONSTRAINT turnover_upload_once UNIQUE NULLS NOT DISTINCT (body_id, purpose, sha256, contract_id, supplier_id, period_from, period_to, basis)
);
COMMENT ON TABLE turnover_upload IS 'An uploaded file before it is confirmed; goes away when it is taken or thrown away';
COMMENT ON COLUMN turnover_upload.id IS 'Made by the program; later the id of the import or report';
COMMENT ON COLUMN turnover_upload.body_id IS 'The purchasing body whose office uploaded it';
COMMENT ON COLUMN turnover_upload.purpose IS 'turnover: to be recorded; report: a supplier''s report to be compared with the ledger';
COMMENT ON COLUMN turnover_upload.file_name IS 'Name of the file';
COMMENT ON COLUMN turnover_upload.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN turnover_upload.bytes IS 'The file as it came';
COMMENT ON COLUMN turnover_upload.mapping IS 'Which column is what, and whom its names mean (TOML)';
COMMENT ON COLUMN turnover_upload.contract_id IS 'Report: the contract';
COMMENT ON COLUMN turnover_upload.supplier_id IS 'Report: who reports';
COMMENT ON COLUMN turnover_upload.period_from IS 'Report: first month, as its first day';
COMMENT ON COLUMN turnover_upload.period_to IS 'Report: last month, as its first day';
COMMENT ON COLUMN turnover_upload.basis IS 'Report: orders or invoices, what it is compared with';
COMMENT ON COLUMN turnover_upload.person_id IS 'Who uploaded it';
COMMENT ON COLUMN turnover_upload.at IS 'When it was uploaded';

GRANT SELECT, INSERT, DELETE ON turnover_upload TO abruf_app;
GRANT UPDATE (mapping) ON turnover_upload TO abruf_app;
ALTER TABLE turnover_upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE turnover_upload FORCE ROW LEVEL SECURITY;
CREATE POLICY turnover_upload_actor ON turnover_upload USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND body_id = (SELECT abruf.actor_body())));
