-- Baselines are recorded by one person with their evidence and decided by another; what stands of them never changes.

CREATE TABLE baseline_file (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    sha256 bytea NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    bytes bytea NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, sha256),
    CONSTRAINT baseline_file_hash_of_bytes CHECK (sha256 = sha256(bytes)),
    CONSTRAINT baseline_file_size CHECK (octet_length(bytes) BETWEEN 1 AND 8000000),
    CONSTRAINT baseline_file_name_present CHECK (length(btrim(file_name)) BETWEEN 1 AND 200),
    CONSTRAINT baseline_file_type_known CHECK (media_type IN (
        'application/pdf', 'image/png', 'image/jpeg', 'text/csv',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'))
);
COMMENT ON TABLE baseline_file IS 'Evidence of baselines as it was uploaded, once per contract, named by its hash';
COMMENT ON COLUMN baseline_file.contract_id IS 'The contract';
COMMENT ON COLUMN baseline_file.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN baseline_file.file_name IS 'Name it was uploaded with';
COMMENT ON COLUMN baseline_file.media_type IS 'What the program has seen it to be, not what it was called';
COMMENT ON COLUMN baseline_file.bytes IS 'The file, byte for byte';
COMMENT ON COLUMN baseline_file.recorded_by IS 'Who uploaded it';
COMMENT ON COLUMN baseline_file.recorded_at IS 'When';
CREATE TRIGGER baseline_file_append_only BEFORE UPDATE OR DELETE ON baseline_file FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER baseline_file_no_truncate BEFORE TRUNCATE ON baseline_file FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();

ALTER TABLE baseline
    ADD COLUMN recorded_at timestamptz,
    ADD COLUMN valid_from date,
    ADD COLUMN valid_to date,
    ADD COLUMN refused_by uuid REFERENCES person,
    ADD COLUMN refused_at timestamptz,
    ADD COLUMN refusal text,
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN replaces_id uuid;
COMMENT ON COLUMN baseline.recorded_at IS 'When it was recorded; null in rows from before it was kept';
COMMENT ON COLUMN baseline.valid_from IS 'First day of orders it is compared with; null: no limit';
COMMENT ON COLUMN baseline.valid_to IS 'Last day of orders it is compared with; null: until it is stale';
COMMENT ON COLUMN baseline.refused_by IS 'Who refused it, or took it back before it was approved';
COMMENT ON COLUMN baseline.refused_at IS 'When it was refused';
COMMENT ON COLUMN baseline.refusal IS 'Why it was refused';
COMMENT ON COLUMN baseline.withdrawn_at IS 'When it ceased to count, by a decision of two persons (baseline_withdrawal)';
COMMENT ON COLUMN baseline.replaces_id IS 'The baseline this one corrects: with its approval that one is withdrawn';
ALTER TABLE baseline
    ADD CONSTRAINT baseline_replaces FOREIGN KEY (contract_id, replaces_id) REFERENCES baseline,
    ADD CONSTRAINT baseline_has_evidence_file FOREIGN KEY (contract_id, evidence_sha256) REFERENCES baseline_file,
    ADD CONSTRAINT baseline_positive CHECK (unit_price > 0) NOT VALID,
    ADD CONSTRAINT baseline_validity CHECK (valid_from <= valid_to),
    ADD CONSTRAINT baseline_approved_whole CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    ADD CONSTRAINT baseline_refused_whole CHECK (num_nonnulls(refused_by, refused_at, refusal) IN (0, 3)),
    ADD CONSTRAINT baseline_decided_once CHECK (approved_at IS NULL OR refused_at IS NULL),
    ADD CONSTRAINT baseline_withdrawn_once_approved CHECK (withdrawn_at IS NULL OR approved_at IS NOT NULL);
CREATE INDEX baseline_by_id ON baseline (id);
CREATE INDEX baseline_of_replaced ON baseline (contract_id, replaces_id) WHERE replaces_id IS NOT NULL;
CREATE INDEX baseline_of_file ON baseline (contract_id, evidence_sha256) WHERE evidence_sha256 IS NOT NULL;

-- The application decides; price, date and evidence it can no longer touch.
REVOKE UPDATE ON baseline FROM abruf_app;
GRANT UPDATE (approved_by, approved_at, refused_by, refused_at, refusal, withdrawn_at) ON baseline TO abruf_app;

-- Members see what counts or has counted; what waits or was refused is the office's business.
DROP POLICY baseline_actor ON baseline;
CREATE POLICY baseline_actor ON baseline USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) = 'job' THEN true
        WHEN (SELECT abruf.actor_kind()) = 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = baseline.contract_id)
        WHEN approved_at IS NULL THEN false
        WHEN member_id IS NULL THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = baseline.contract_id)
        WHEN (SELECT abruf.actor_kind()) = 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN (SELECT abruf.actor_kind()) = 'auditor' THEN member_id = ANY ((SELECT abruf.actor_members())::uuid[])
        ELSE false
    END);

CREATE TABLE baseline_withdrawal (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    baseline_id uuid NOT NULL,
    replaced_by_id uuid,
    reason text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    withdrawn boolean,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, baseline_id) REFERENCES baseline,
    FOREIGN KEY (contract_id, replaced_by_id) REFERENCES baseline,
    CONSTRAINT baseline_withdrawal_reason_present CHECK (length(btrim(reason)) >= 1),
    CONSTRAINT baseline_withdrawal_decided_whole CHECK (num_nonnulls(decided_by, decided_at, withdrawn) IN (0, 3)),
    CONSTRAINT baseline_withdrawal_four_eyes CHECK (NOT coalesce(withdrawn, false) OR decided_by <> recorded_by)
);
CREATE UNIQUE INDEX baseline_withdrawal_one_pending ON baseline_withdrawal (contract_id, baseline_id) WHERE decided_at IS NULL;
CREATE UNIQUE INDEX baseline_withdrawal_once ON baseline_withdrawal (contract_id, baseline_id) WHERE withdrawn;
COMMENT ON TABLE baseline_withdrawal IS 'That an approved baseline shall count no more, alone or because another one replaces it: asked by one person, decided by another';
COMMENT ON COLUMN baseline_withdrawal.contract_id IS 'The contract';
COMMENT ON COLUMN baseline_withdrawal.id IS 'Made by the program';
COMMENT ON COLUMN baseline_withdrawal.baseline_id IS 'The baseline';
COMMENT ON COLUMN baseline_withdrawal.replaced_by_id IS 'The corrected baseline, decided together with this; null: none takes its place';
COMMENT ON COLUMN baseline_withdrawal.reason IS 'Why';
COMMENT ON COLUMN baseline_withdrawal.recorded_by IS 'Who asked';
COMMENT ON COLUMN baseline_withdrawal.recorded_at IS 'When';
COMMENT ON COLUMN baseline_withdrawal.decided_by IS 'Who decided; a withdrawal is a second person''s';
COMMENT ON COLUMN baseline_withdrawal.decided_at IS 'When; null: still waits';
COMMENT ON COLUMN baseline_withdrawal.withdrawn IS 'true: it counts no more; false: it stays';
GRANT SELECT, INSERT, UPDATE (decided_by, decided_at, withdrawn) ON baseline_withdrawal TO abruf_app;
ALTER TABLE baseline_withdrawal ENABLE ROW LEVEL SECURITY;
ALTER TABLE baseline_withdrawal FORCE ROW LEVEL SECURITY;
CREATE POLICY baseline_withdrawal_with_baseline ON baseline_withdrawal USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM baseline b WHERE b.contract_id = baseline_withdrawal.contract_id AND b.id = baseline_withdrawal.baseline_id));

GRANT SELECT, INSERT ON baseline_file TO abruf_app;
ALTER TABLE baseline_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE baseline_file FORCE ROW LEVEL SECURITY;
CREATE POLICY baseline_file_actor ON baseline_file USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'body' THEN EXISTS (SELECT FROM framework_contract f WHERE f.id = baseline_file.contract_id)
        ELSE EXISTS (SELECT FROM baseline b WHERE b.contract_id = baseline_file.contract_id AND b.evidence_sha256 = baseline_file.sha256)
    END);
