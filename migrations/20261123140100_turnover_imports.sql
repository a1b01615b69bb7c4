-- Turnover that happened outside the program, recorded from files of others: the file as it came, each of its lines
-- with what it counts against, and the lines that were refused.

CREATE TABLE turnover_import (
    id uuid PRIMARY KEY,
    body_id uuid NOT NULL REFERENCES organisation,
    file_name text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bytea NOT NULL,
    mapping text NOT NULL,
    warnings jsonb NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    CONSTRAINT turnover_import_file_once UNIQUE (body_id, sha256),
    CONSTRAINT turnover_import_hash CHECK (sha256 = sha256(bytes)),
    CONSTRAINT turnover_import_named CHECK (length(btrim(file_name)) >= 1)
);
COMMENT ON TABLE turnover_import IS 'A file whose turnover was recorded; the same file is taken once';
COMMENT ON COLUMN turnover_import.id IS 'Made by the program';
COMMENT ON COLUMN turnover_import.body_id IS 'The purchasing body whose office recorded it';
COMMENT ON COLUMN turnover_import.file_name IS 'Name of the file';
COMMENT ON COLUMN turnover_import.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN turnover_import.bytes IS 'The file as it came';
COMMENT ON COLUMN turnover_import.mapping IS 'Which column is what, and whom its names mean (TOML)';
COMMENT ON COLUMN turnover_import.warnings IS 'What was repaired or is remarkable: kind, rows, first line, sentence';
COMMENT ON COLUMN turnover_import.person_id IS 'Who recorded it';
COMMENT ON COLUMN turnover_import.at IS 'When it was recorded';
CREATE INDEX turnover_import_of_body ON turnover_import (body_id, at DESC);
CREATE TRIGGER turnover_import_append_only BEFORE UPDATE OR DELETE ON turnover_import FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE turnover_import_sum (
    import_id uuid NOT NULL REFERENCES turnover_import,
    currency text NOT NULL,
    lines integer NOT NULL,
    negative_lines integer NOT NULL,
    imported_lines integer NOT NULL,
    imported numeric(28, 8) NOT NULL,
    rejected_lines integer NOT NULL,
    rejected numeric(28, 8) NOT NULL,
    unread_lines integer NOT NULL,
    control numeric(28, 8) NOT NULL,
    PRIMARY KEY (import_id, currency),
    CONSTRAINT turnover_import_sum_currency_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT turnover_import_sum_adds_up CHECK (imported + rejected = control AND imported_lines + rejected_lines = lines),
    CONSTRAINT turnover_import_sum_parts_fit CHECK (0 <= imported_lines AND 0 <= unread_lines AND unread_lines <= rejected_lines AND negative_lines BETWEEN 0 AND lines)
);
COMMENT ON TABLE turnover_import_sum IS 'The sums of a file in one currency: recorded and refused are the control sum';
COMMENT ON COLUMN turnover_import_sum.import_id IS 'The import';
COMMENT ON COLUMN turnover_import_sum.currency IS 'ISO 4217; XXX where a line names none that can be read';
COMMENT ON COLUMN turnover_import_sum.lines IS 'Lines of the file';
COMMENT ON COLUMN turnover_import_sum.negative_lines IS 'Lines with an amount below zero';
COMMENT ON COLUMN turnover_import_sum.imported_lines IS 'Lines recorded';
COMMENT ON COLUMN turnover_import_sum.imported IS 'Their sum, net';
COMMENT ON COLUMN turnover_import_sum.rejected_lines IS 'Lines refused';
COMMENT ON COLUMN turnover_import_sum.rejected IS 'Sum of those with an amount that can be read';
COMMENT ON COLUMN turnover_import_sum.unread_lines IS 'Refused lines without such an amount; they are in no sum';
COMMENT ON COLUMN turnover_import_sum.control IS 'Sum of every amount of the file, added up while it was read';
CREATE TRIGGER turnover_import_sum_append_only BEFORE UPDATE OR DELETE ON turnover_import_sum FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE turnover_line (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    import_id uuid NOT NULL REFERENCES turnover_import,
    row_number integer NOT NULL,
    raw text NOT NULL,
    month date NOT NULL,
    amount numeric(18, 4) NOT NULL,
    currency text NOT NULL,
    member_id uuid NOT NULL REFERENCES organisation,
    supplier_id uuid REFERENCES organisation,
    lot_id uuid,
    reference text NOT NULL DEFAULT '',
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, lot_id) REFERENCES lot,
    CONSTRAINT turnover_line_row_once UNIQUE (import_id, row_number),
    CONSTRAINT turnover_line_row_positive CHECK (row_number >= 1),
    CONSTRAINT turnover_line_first_of_month CHECK (extract(day FROM month) = 1),
    CONSTRAINT turnover_line_currency_iso CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE turnover_line IS 'A line of a turnover file, recorded: what a member bought under a contract in a month, or a correction of it';
COMMENT ON COLUMN turnover_line.contract_id IS 'The contract';
COMMENT ON COLUMN turnover_line.id IS 'Made by the program';
COMMENT ON COLUMN turnover_line.import_id IS 'The import with its file';
COMMENT ON COLUMN turnover_line.row_number IS 'Line of the file on which it begins, from 1';
COMMENT ON COLUMN turnover_line.raw IS 'The line as it stands there';
COMMENT ON COLUMN turnover_line.month IS 'The month, as its first day';
COMMENT ON COLUMN turnover_line.amount IS 'Net amount, negative for a correction, never rounded';
COMMENT ON COLUMN turnover_line.currency IS 'ISO 4217, that of the contract';
COMMENT ON COLUMN turnover_line.member_id IS 'Who bought';
COMMENT ON COLUMN turnover_line.supplier_id IS 'Who delivered; null where the file does not say';
COMMENT ON COLUMN turnover_line.lot_id IS 'The lot; null where the file does not say';
COMMENT ON COLUMN turnover_line.reference IS 'Number of the invoice; empty where the file does not say';
CREATE INDEX turnover_line_of_month ON turnover_line (contract_id, month, member_id);
CREATE TRIGGER turnover_line_append_only BEFORE UPDATE OR DELETE ON turnover_line FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE turnover_reject (
    import_id uuid NOT NULL REFERENCES turnover_import,
    row_number integer NOT NULL,
    raw text NOT NULL,
    currency text NOT NULL,
    amount numeric(28, 8),
    reason text NOT NULL,
    PRIMARY KEY (import_id, row_number),
    CONSTRAINT turnover_reject_reason_present CHECK (reason <> '')
);
COMMENT ON TABLE turnover_reject IS 'A line of a turnover file that was refused, and why';
COMMENT ON COLUMN turnover_reject.import_id IS 'The import with its file';
COMMENT ON COLUMN turnover_reject.row_number IS 'Line of the file on which it begins, from 1';
COMMENT ON COLUMN turnover_reject.raw IS 'The line as it stands there';
COMMENT ON COLUMN turnover_reject.currency IS 'ISO 4217; XXX where the line names none that can be read';
COMMENT ON COLUMN turnover_reject.amount IS 'Its amount; null where none can be read';
COMMENT ON COLUMN turnover_reject.reason IS 'What is wrong and what was expected, in German';
CREATE TRIGGER turnover_reject_append_only BEFORE UPDATE OR DELETE ON turnover_reject FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

-- An entry of the ledger names the line it comes from, and with it file and row.
ALTER TABLE volume_entry
    ADD COLUMN turnover_line_id uuid,
    ADD CONSTRAINT volume_entry_of_turnover_is_recorded CHECK (turnover_line_id IS NULL OR (kind = 'record' AND call_off_id IS NULL)),
    ADD CONSTRAINT volume_entry_turnover_line_known FOREIGN KEY (contract_id, turnover_line_id) REFERENCES turnover_line;
COMMENT ON COLUMN volume_entry.turnover_line_id IS 'Line of an imported file it records; null for everything else';
CREATE UNIQUE INDEX volume_entry_of_turnover_line ON volume_entry (contract_id, turnover_line_id, guard_id) WHERE turnover_line_id IS NOT NULL;

-- At commit, when the lines are there.
CREATE FUNCTION abruf.turnover_import_is_whole() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    recorded record;
    refused record;
BEGIN
    SELECT count(*) AS lines, coalesce(sum(l.amount), 0) AS amount INTO recorded
    FROM turnover_line l WHERE l.import_id = NEW.import_id AND l.currency = NEW.currency;
    SELECT count(*) AS lines, coalesce(sum(r.amount), 0) AS amount INTO refused
    FROM turnover_reject r WHERE r.import_id = NEW.import_id AND r.currency = NEW.currency;
    IF (recorded.lines, recorded.amount, refused.lines, refused.amount)
        IS DISTINCT FROM (NEW.imported_lines::bigint, NEW.imported, NEW.rejected_lines::bigint, NEW.rejected) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'turnover_import_whole',
            MESSAGE = 'the lines of an import add up to its sums';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION abruf.turnover_import_is_whole() IS 'No line and no fraction of a cent of a turnover file is lost';
CREATE CONSTRAINT TRIGGER turnover_import_whole AFTER INSERT ON turnover_import_sum
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION abruf.turnover_import_is_whole();

GRANT SELECT, INSERT ON turnover_import, turnover_import_sum, turnover_line, turnover_reject TO abruf_app;
ALTER TABLE turnover_import ENABLE ROW LEVEL SECURITY;
ALTER TABLE turnover_import FORCE ROW LEVEL SECURITY;
CREATE POLICY turnover_import_actor ON turnover_import USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) IN ('body', 'auditor') AND body_id = (SELECT abruf.actor_body())));
ALTER TABLE turnover_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE turnover_line FORCE ROW LEVEL SECURITY;
CREATE POLICY turnover_line_actor ON turnover_line USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = turnover_line.contract_id)
        WHEN 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND month <@ (SELECT abruf.actor_period())
            AND EXISTS (SELECT FROM framework_contract f WHERE f.id = turnover_line.contract_id)
        ELSE false
    END);
DO $$
DECLARE
    child text;
BEGIN
    -- Refused lines and sums name nobody of ours: the body's own business.
    FOREACH child IN ARRAY ARRAY['turnover_import_sum', 'turnover_reject'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING ((SELECT abruf.actor_kind()) = ''job'' OR ((SELECT abruf.actor_kind()) = ''body'' AND EXISTS (SELECT FROM turnover_import i WHERE i.id = %I.import_id)))',
            child || '_of_body', child, child);
    END LOOP;
END
$$;
