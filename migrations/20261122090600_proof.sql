-- Documents, audit log, idempotency records, outbox: what makes a call-off provable and repeatable.

CREATE TABLE document (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    kind text NOT NULL,
    file_name text NOT NULL,
    check_code text NOT NULL,
    sha256 bytea NOT NULL,
    template_version text NOT NULL,
    program_version text NOT NULL,
    pages integer NOT NULL,
    bytes bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT document_kind_known CHECK (kind IN ('order', 'cancellation')),
    CONSTRAINT document_once UNIQUE (contract_id, call_off_id, kind),
    CONSTRAINT document_check_code_form CHECK (check_code ~ '^[A-Z2-7]{16}$'),
    CONSTRAINT document_hash_of_bytes CHECK (sha256 = sha256(bytes))
);
COMMENT ON TABLE document IS 'Frozen documents; a new event makes a new document';
COMMENT ON COLUMN document.contract_id IS 'The contract';
COMMENT ON COLUMN document.id IS 'Made by the program';
COMMENT ON COLUMN document.call_off_id IS 'The call-off';
COMMENT ON COLUMN document.kind IS 'order or cancellation';
COMMENT ON COLUMN document.file_name IS 'Name offered at download';
COMMENT ON COLUMN document.check_code IS 'Prüfkennung printed on each page: 16 base32 characters over the canonical input';
COMMENT ON COLUMN document.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN document.template_version IS 'Version of the template';
COMMENT ON COLUMN document.program_version IS 'Version of the program';
COMMENT ON COLUMN document.pages IS 'Pages';
COMMENT ON COLUMN document.bytes IS 'The file';
COMMENT ON COLUMN document.created_at IS 'When it was rendered';
CREATE INDEX document_by_check_code ON document (check_code);
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER document_no_truncate BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE audit_chain (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    length bigint NOT NULL DEFAULT 0,
    previous bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    head bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    CONSTRAINT audit_chain_kind_known CHECK (kind IN ('body', 'sign_in'))
);
COMMENT ON TABLE audit_chain IS 'Heads of the chains that belong to no contract; a contract''s head lies in its guard row';
COMMENT ON COLUMN audit_chain.id IS 'The body, or the nil UUID for sign-ins';
COMMENT ON COLUMN audit_chain.kind IS 'body or sign_in';
COMMENT ON COLUMN audit_chain.length IS 'Entries';
COMMENT ON COLUMN audit_chain.previous IS 'Hash before the last entry';
COMMENT ON COLUMN audit_chain.head IS 'Hash of the last entry';
INSERT INTO audit_chain (id, kind) VALUES ('00000000-0000-0000-0000-000000000000', 'sign_in');

CREATE TABLE audit_entry (
    chain_id uuid NOT NULL,
    sequence bigint NOT NULL,
    body_id uuid,
    call_off_id uuid,
    member_id uuid,
    action text NOT NULL,
    at timestamptz NOT NULL,
    canonical text NOT NULL,
    leaf_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    chain_hash bytea NOT NULL,
    PRIMARY KEY (chain_id, sequence),
    CONSTRAINT audit_entry_leaf CHECK (leaf_hash = sha256('\x00'::bytea || convert_to(canonical, 'UTF8'))),
    CONSTRAINT audit_entry_chain CHECK (chain_hash = sha256(previous_hash || leaf_hash))
);
COMMENT ON TABLE audit_entry IS 'Append-only log; each chain (contract, body, sign-ins) is linked by hashes';
COMMENT ON COLUMN audit_entry.chain_id IS 'Contract, body, or nil for sign-ins';
COMMENT ON COLUMN audit_entry.sequence IS 'Position in the chain, from 1 without gap';
COMMENT ON COLUMN audit_entry.body_id IS 'Purchasing body, for visibility';
COMMENT ON COLUMN audit_entry.call_off_id IS 'Call-off concerned, for visibility';
COMMENT ON COLUMN audit_entry.member_id IS 'Member concerned, for visibility';
COMMENT ON COLUMN audit_entry.action IS 'What was done';
COMMENT ON COLUMN audit_entry.at IS 'When';
COMMENT ON COLUMN audit_entry.canonical IS 'The entry as canonical JSON (RFC 8785); no personal data, only salted commitments';
COMMENT ON COLUMN audit_entry.leaf_hash IS 'SHA-256 of 0x00 and the entry (leaf of RFC 6962)';
COMMENT ON COLUMN audit_entry.previous_hash IS 'Hash of the entry before, zeros for the first';
COMMENT ON COLUMN audit_entry.chain_hash IS 'SHA-256 of previous hash and leaf hash';
CREATE INDEX audit_entry_of_call_off ON audit_entry (call_off_id, sequence);
CREATE INDEX audit_entry_by_time ON audit_entry (at DESC);
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE audit_detail (
    chain_id uuid NOT NULL,
    leaf_hash bytea NOT NULL,
    member_id uuid,
    body_id uuid,
    salt bytea NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (chain_id, leaf_hash)
);
COMMENT ON TABLE audit_detail IS 'Names and free text behind an entry, erasable: the entry holds only the salted commitment';
COMMENT ON COLUMN audit_detail.chain_id IS 'Chain of the entry';
COMMENT ON COLUMN audit_detail.leaf_hash IS 'Leaf hash of the entry';
COMMENT ON COLUMN audit_detail.member_id IS 'Member concerned, for visibility';
COMMENT ON COLUMN audit_detail.body_id IS 'Purchasing body, for visibility';
COMMENT ON COLUMN audit_detail.salt IS 'Salt of the commitment';
COMMENT ON COLUMN audit_detail.detail IS 'Personal data and free text as JSON';

CREATE TABLE idempotency_record (
    person_id uuid NOT NULL REFERENCES person,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    status integer NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, key),
    CONSTRAINT idempotency_record_key_length CHECK (length(key) BETWEEN 1 AND 200)
);
COMMENT ON TABLE idempotency_record IS 'Answer to a request with an Idempotency-Key, stored in the transaction of its effect; kept forever for orders';
COMMENT ON COLUMN idempotency_record.person_id IS 'Who asked';
COMMENT ON COLUMN idempotency_record.key IS 'Key of the client';
COMMENT ON COLUMN idempotency_record.request_sha256 IS 'SHA-256 of method, path and body; another request with the key is refused';
COMMENT ON COLUMN idempotency_record.status IS 'HTTP status answered';
COMMENT ON COLUMN idempotency_record.answer IS 'Body answered';
COMMENT ON COLUMN idempotency_record.created_at IS 'When';

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '',
    done_at timestamptz,
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT outbox_kind_known CHECK (kind IN ('issue_order', 'issue_cancellation'))
);
COMMENT ON TABLE outbox IS 'Work to be done after commit; taken with FOR UPDATE SKIP LOCKED';
COMMENT ON COLUMN outbox.id IS 'Made by the program';
COMMENT ON COLUMN outbox.kind IS 'What to do';
COMMENT ON COLUMN outbox.contract_id IS 'The contract';
COMMENT ON COLUMN outbox.call_off_id IS 'The call-off';
COMMENT ON COLUMN outbox.created_at IS 'When it was written';
COMMENT ON COLUMN outbox.not_before IS 'Not tried before';
COMMENT ON COLUMN outbox.attempts IS 'Attempts so far';
COMMENT ON COLUMN outbox.last_error IS 'Last failure';
COMMENT ON COLUMN outbox.done_at IS 'When it was done';
CREATE INDEX outbox_open ON outbox (not_before) WHERE done_at IS NULL;

CREATE TABLE legal_parameter (
    jurisdiction text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    source text NOT NULL,
    certainty text NOT NULL,
    CONSTRAINT legal_parameter_once EXCLUDE USING gist (
        jurisdiction WITH =, key WITH =, daterange(valid_from, valid_to, '[]') WITH &&
    ),
    CONSTRAINT legal_parameter_certainty_known CHECK (certainty IN ('S', 'K', '?'))
);
COMMENT ON TABLE legal_parameter IS 'Legal numbers as dated data with source; never constants';
COMMENT ON COLUMN legal_parameter.jurisdiction IS 'Path, e.g. de/st';
COMMENT ON COLUMN legal_parameter.key IS 'Name of the parameter';
COMMENT ON COLUMN legal_parameter.value IS 'Value as text';
COMMENT ON COLUMN legal_parameter.valid_from IS 'First day, included';
COMMENT ON COLUMN legal_parameter.valid_to IS 'Last day, included; null while no end is known';
COMMENT ON COLUMN legal_parameter.source IS 'Where it comes from';
COMMENT ON COLUMN legal_parameter.certainty IS 'S read in a source, K known, ? uncertain';
INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty) VALUES
    ('de', 'cap_warning_ratio', '0.80', '2000-01-01', NULL, 'Vorgabe des Vertragsmanagements', 'K'),
    ('de', 'baseline_max_age_months', '24', '2000-01-01', NULL, 'Methode der Einsparungsrechnung, Abschnitt 3', 'K'),
    ('de', 'request_expires_after_days', '14', '2000-01-01', NULL, 'Vorgabe der Genossenschaft', 'K'),
    ('de', 'process_cost_flat_net', '0.00', '2000-01-01', NULL, 'Kein Vorstandsbeschluss: kein Prozesseffekt', 'K'),
    ('de', 'process_own_calloff_effort_net', '0.00', '2000-01-01', NULL, 'Kein Vorstandsbeschluss: kein Prozesseffekt', 'K'),
    ('de/st', 'direct_award_limit_net', '15000.00', '2000-01-01', '2025-10-31', 'AwVO LSA 2025', 'S'),
    ('de/st', 'direct_award_limit_net', '100000.00', '2025-11-01', NULL, 'Berichtet für Kommunen seit 1. November 2025 (Sekundärquellen)', '?');
