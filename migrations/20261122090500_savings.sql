-- Dated baselines with evidence, and the savings of released call-offs by evidence class.

CREATE TABLE baseline (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    member_id uuid REFERENCES organisation,
    kind text NOT NULL,
    unit_price numeric(16, 6) NOT NULL,
    per text NOT NULL,
    dated_on date NOT NULL,
    evidence text NOT NULL,
    evidence_sha256 bytea,
    recorded_by uuid NOT NULL REFERENCES person,
    approved_by uuid REFERENCES person,
    approved_at timestamptz,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, item_id) REFERENCES item,
    CONSTRAINT baseline_kind_known CHECK (kind IN ('prior_contract', 'market_quotes', 'list_price', 'external_benchmark')),
    CONSTRAINT baseline_per_known CHECK (per IN ('unit', 'month')),
    CONSTRAINT baseline_evidence_present CHECK (evidence <> ''),
    CONSTRAINT baseline_not_negative CHECK (unit_price >= 0),
    CONSTRAINT baseline_four_eyes CHECK (approved_by IS NULL OR approved_by <> recorded_by)
);
COMMENT ON TABLE baseline IS 'Comparison price (Vergleichsbasis): dated, evidenced, approved by another person; only approved ones count';
COMMENT ON COLUMN baseline.contract_id IS 'The contract';
COMMENT ON COLUMN baseline.id IS 'Made by the program';
COMMENT ON COLUMN baseline.item_id IS 'The item';
COMMENT ON COLUMN baseline.member_id IS 'Own baseline of one member; null: for all';
COMMENT ON COLUMN baseline.kind IS 'prior_contract and market_quotes are class A, list_price B, external_benchmark C';
COMMENT ON COLUMN baseline.unit_price IS 'Net price per unit, or per unit and month';
COMMENT ON COLUMN baseline.per IS 'unit or month';
COMMENT ON COLUMN baseline.dated_on IS 'Date of the evidence; older than the configured months is stale';
COMMENT ON COLUMN baseline.evidence IS 'The evidence in words';
COMMENT ON COLUMN baseline.evidence_sha256 IS 'SHA-256 of the evidence file, if there is one';
COMMENT ON COLUMN baseline.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN baseline.approved_by IS 'Who approved it; another person';
COMMENT ON COLUMN baseline.approved_at IS 'When it was approved';
CREATE INDEX baseline_of_item ON baseline (contract_id, item_id);

CREATE TABLE savings_entry (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    body_id uuid NOT NULL,
    member_id uuid NOT NULL,
    position integer,
    class text NOT NULL,
    stage text NOT NULL,
    baseline_id uuid,
    baseline_net numeric(14, 2) NOT NULL DEFAULT 0,
    effect_net numeric(14, 2) NOT NULL DEFAULT 0,
    surcharge_net numeric(14, 2) NOT NULL DEFAULT 0,
    fee_net numeric(14, 2) NOT NULL DEFAULT 0,
    bonus_net numeric(14, 2) NOT NULL DEFAULT 0,
    order_net numeric(14, 2) NOT NULL DEFAULT 0,
    method_version integer NOT NULL,
    dated_on date NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, baseline_id) REFERENCES baseline,
    CONSTRAINT savings_entry_class_known CHECK (class IN ('A', 'B', 'C', 'P', 'none')),
    CONSTRAINT savings_entry_stage_known CHECK (stage IN ('planned', 'cancelled')),
    CONSTRAINT savings_entry_costs_against_a CHECK (class = 'A' OR (surcharge_net = 0 AND fee_net = 0 AND bonus_net = 0)),
    CONSTRAINT savings_entry_evidenced CHECK ((class IN ('A', 'B', 'C') AND position IS NOT NULL) = (baseline_id IS NOT NULL))
);
COMMENT ON TABLE savings_entry IS 'Savings of released call-offs by line and evidence class; counter entries at cancellation';
COMMENT ON COLUMN savings_entry.contract_id IS 'The contract';
COMMENT ON COLUMN savings_entry.id IS 'Made by the program';
COMMENT ON COLUMN savings_entry.call_off_id IS 'The call-off';
COMMENT ON COLUMN savings_entry.body_id IS 'Purchasing body';
COMMENT ON COLUMN savings_entry.member_id IS 'Member';
COMMENT ON COLUMN savings_entry.position IS 'Line; null for surcharge, fee, bonus and process effect of the whole call-off';
COMMENT ON COLUMN savings_entry.class IS 'A proven, B list price, C benchmark, P process effect (not cash), none without valid baseline';
COMMENT ON COLUMN savings_entry.stage IS 'planned at release, cancelled as counter entry';
COMMENT ON COLUMN savings_entry.baseline_id IS 'Baseline used';
COMMENT ON COLUMN savings_entry.baseline_net IS 'Baseline amount of the line';
COMMENT ON COLUMN savings_entry.effect_net IS 'Baseline minus line, may be negative';
COMMENT ON COLUMN savings_entry.surcharge_net IS 'Surcharge, against A';
COMMENT ON COLUMN savings_entry.fee_net IS 'Fee, against A';
COMMENT ON COLUMN savings_entry.bonus_net IS 'Bonus realised, in favour of A';
COMMENT ON COLUMN savings_entry.order_net IS 'Net of the line or surcharge; sums to the order value';
COMMENT ON COLUMN savings_entry.method_version IS 'Version of the savings method';
COMMENT ON COLUMN savings_entry.dated_on IS 'Berlin date of the stage event';
COMMENT ON COLUMN savings_entry.at IS 'When';
CREATE INDEX savings_entry_of_call_off ON savings_entry (contract_id, call_off_id);
CREATE INDEX savings_entry_of_body ON savings_entry (body_id, dated_on);
CREATE UNIQUE INDEX savings_entry_process_once ON savings_entry (contract_id, member_id, extract(year FROM dated_on)) WHERE class = 'P' AND stage = 'planned';
