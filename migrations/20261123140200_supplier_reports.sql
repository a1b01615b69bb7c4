-- What suppliers report of their turnover, compared with the ledger: what agrees, what differs, and how each difference ended.

CREATE TABLE supplier_report (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    body_id uuid NOT NULL REFERENCES organisation,
    supplier_id uuid NOT NULL REFERENCES organisation,
    period_from date NOT NULL,
    period_to date NOT NULL,
    basis text NOT NULL,
    currency text NOT NULL,
    file_name text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bytea NOT NULL,
    mapping text NOT NULL,
    warnings jsonb NOT NULL,
    reported numeric(28, 8) NOT NULL,
    known numeric(28, 8) NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    CONSTRAINT supplier_report_id_unique UNIQUE (id),
    CONSTRAINT supplier_report_file_once UNIQUE (contract_id, supplier_id, sha256, basis, period_from, period_to),
    CONSTRAINT supplier_report_basis_known CHECK (basis IN ('orders', 'invoices')),
    CONSTRAINT supplier_report_period_in_order CHECK (period_from <= period_to),
    CONSTRAINT supplier_report_first_of_month CHECK (extract(day FROM period_from) = 1 AND extract(day FROM period_to) = 1),
    CONSTRAINT supplier_report_hash CHECK (sha256 = sha256(bytes)),
    CONSTRAINT supplier_report_currency_iso CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE supplier_report IS 'A supplier''s report of its turnover under a contract, compared with the ledger';
COMMENT ON COLUMN supplier_report.contract_id IS 'The contract';
COMMENT ON COLUMN supplier_report.id IS 'Made by the program';
COMMENT ON COLUMN supplier_report.body_id IS 'The purchasing body whose office compared it';
COMMENT ON COLUMN supplier_report.supplier_id IS 'Who reports';
COMMENT ON COLUMN supplier_report.period_from IS 'First month, as its first day';
COMMENT ON COLUMN supplier_report.period_to IS 'Last month, as its first day';
COMMENT ON COLUMN supplier_report.basis IS 'Compared with orders by the month of their release, or with invoices by their date';
COMMENT ON COLUMN supplier_report.currency IS 'ISO 4217, that of the contract';
COMMENT ON COLUMN supplier_report.file_name IS 'Name of the file';
COMMENT ON COLUMN supplier_report.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN supplier_report.bytes IS 'The file as it came';
COMMENT ON COLUMN supplier_report.mapping IS 'Which column is what, and whom its names mean (TOML)';
COMMENT ON COLUMN supplier_report.warnings IS 'What was repaired or is remarkable: kind, rows, first line, sentence';
COMMENT ON COLUMN supplier_report.reported IS 'Sum of what the supplier reports, net';
COMMENT ON COLUMN supplier_report.known IS 'Sum of what the ledger knows for it, net';
COMMENT ON COLUMN supplier_report.person_id IS 'Who compared it';
COMMENT ON COLUMN supplier_report.at IS 'When it was compared';
CREATE INDEX supplier_report_of_body ON supplier_report (body_id, at DESC);
CREATE TRIGGER supplier_report_append_only BEFORE UPDATE OR DELETE ON supplier_report FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE supplier_report_line (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    report_id uuid NOT NULL,
    position integer NOT NULL,
    outcome text NOT NULL,
    member_id uuid REFERENCES organisation,
    month date,
    order_number text,
    reported numeric(28, 8) NOT NULL,
    known numeric(28, 8) NOT NULL,
    source_rows integer[] NOT NULL,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, report_id) REFERENCES supplier_report,
    CONSTRAINT supplier_report_line_id_unique UNIQUE (id),
    CONSTRAINT supplier_report_line_position_once UNIQUE (report_id, position),
    CONSTRAINT supplier_report_line_outcome_known CHECK (outcome IN ('matched', 'amount_differs', 'missing_at_supplier', 'missing_with_us', 'not_assignable')),
    CONSTRAINT supplier_report_line_outcome_fits CHECK (
        CASE outcome
            WHEN 'matched' THEN abs(reported - known) < 0.01
            WHEN 'amount_differs' THEN abs(reported - known) >= 0.01 AND cardinality(source_rows) > 0
            WHEN 'missing_at_supplier' THEN reported = 0 AND cardinality(source_rows) = 0
            ELSE known = 0 AND cardinality(source_rows) > 0
        END)
);
COMMENT ON TABLE supplier_report_line IS 'What a report says about an order, or about a member and month, beside what the ledger says; all but matched are tasks';
COMMENT ON COLUMN supplier_report_line.contract_id IS 'The contract';
COMMENT ON COLUMN supplier_report_line.id IS 'Made by the program';
COMMENT ON COLUMN supplier_report_line.report_id IS 'The report';
COMMENT ON COLUMN supplier_report_line.position IS 'Place in the comparison, from 1';
COMMENT ON COLUMN supplier_report_line.outcome IS 'matched, amount_differs, missing_at_supplier, missing_with_us, not_assignable (the line names nobody of ours or cannot be read)';
COMMENT ON COLUMN supplier_report_line.member_id IS 'The member, if it is known';
COMMENT ON COLUMN supplier_report_line.month IS 'The month, as its first day; null where an order number decides';
COMMENT ON COLUMN supplier_report_line.order_number IS 'Number of the order, where the report names one';
COMMENT ON COLUMN supplier_report_line.reported IS 'Net amount by the report';
COMMENT ON COLUMN supplier_report_line.known IS 'Net amount by the ledger';
COMMENT ON COLUMN supplier_report_line.source_rows IS 'Lines of the file it is the sum of';
COMMENT ON COLUMN supplier_report_line.note IS 'Why a line cannot be assigned; empty otherwise';
CREATE INDEX supplier_report_line_differing ON supplier_report_line (report_id) WHERE outcome <> 'matched';
CREATE TRIGGER supplier_report_line_append_only BEFORE UPDATE OR DELETE ON supplier_report_line FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE supplier_report_closing (
    contract_id uuid NOT NULL,
    line_id uuid NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, line_id),
    FOREIGN KEY (contract_id, line_id) REFERENCES supplier_report_line,
    CONSTRAINT supplier_report_closing_reasoned CHECK (length(btrim(reason)) >= 1)
);
COMMENT ON TABLE supplier_report_closing IS 'How a difference ended; once';
COMMENT ON COLUMN supplier_report_closing.contract_id IS 'The contract';
COMMENT ON COLUMN supplier_report_closing.line_id IS 'The difference';
COMMENT ON COLUMN supplier_report_closing.reason IS 'What it was and what was done';
COMMENT ON COLUMN supplier_report_closing.person_id IS 'Who closed it';
COMMENT ON COLUMN supplier_report_closing.at IS 'When it was closed';
CREATE TRIGGER supplier_report_closing_append_only BEFORE UPDATE OR DELETE ON supplier_report_closing FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

-- At commit, when the lines are there.
CREATE FUNCTION abruf.supplier_report_is_whole() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    compared record;
BEGIN
    SELECT coalesce(sum(l.reported), 0) AS reported, coalesce(sum(l.known), 0) AS known INTO compared
    FROM supplier_report_line l WHERE l.contract_id = NEW.contract_id AND l.report_id = NEW.id;
    IF (compared.reported, compared.known) IS DISTINCT FROM (NEW.reported, NEW.known) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'supplier_report_whole',
            MESSAGE = 'the lines of a comparison add up to its sums';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.supplier_report_is_whole() IS 'The sums above a comparison are those of the list below';
CREATE CONSTRAINT TRIGGER supplier_report_whole AFTER INSERT ON supplier_report
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION abruf.supplier_report_is_whole();

GRANT SELECT, INSERT ON supplier_report, supplier_report_line, supplier_report_closing TO abruf_app;
ALTER TABLE supplier_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_report FORCE ROW LEVEL SECURITY;
CREATE POLICY supplier_report_actor ON supplier_report USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) IN ('body', 'auditor') AND body_id = (SELECT abruf.actor_body())));
ALTER TABLE supplier_report_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_report_line FORCE ROW LEVEL SECURITY;
CREATE POLICY supplier_report_line_actor ON supplier_report_line USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN EXISTS (SELECT FROM supplier_report r WHERE r.contract_id = supplier_report_line.contract_id AND r.id = supplier_report_line.report_id)
        WHEN 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND EXISTS (SELECT FROM supplier_report r WHERE r.contract_id = supplier_report_line.contract_id AND r.id = supplier_report_line.report_id)
        ELSE false
    END);
ALTER TABLE supplier_report_closing ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_report_closing FORCE ROW LEVEL SECURITY;
CREATE POLICY supplier_report_closing_with_line ON supplier_report_closing USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM supplier_report_line l WHERE l.contract_id = supplier_report_closing.contract_id AND l.id = supplier_report_closing.line_id));
