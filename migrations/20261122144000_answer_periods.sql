-- Requests to the suppliers of a cascade, and how long they may think: silence counts as a decline only
-- where the contract sets a period.

ALTER TABLE framework_contract ADD COLUMN answer_period_days integer;
COMMENT ON COLUMN framework_contract.answer_period_days IS 'Working days a supplier of a cascade has for its answer; silence after them counts as a decline. Null: silence says nothing';
ALTER TABLE framework_contract
    ADD CONSTRAINT framework_contract_answer_period_range CHECK (answer_period_days BETWEEN 1 AND 30),
    ADD CONSTRAINT framework_contract_answer_period_has_ranks CHECK (answer_period_days IS NULL OR mechanism IN ('cascade', 'mini_competition_above'));

CREATE TABLE rank_request (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    asked_on date NOT NULL,
    document text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT rank_request_once UNIQUE (contract_id, call_off_id, supplier_id),
    CONSTRAINT rank_request_document_present CHECK (document <> '')
);
COMMENT ON TABLE rank_request IS 'A supplier of a cascade that was asked for a call-off (§ 21 (4) VgV); append-only';
COMMENT ON COLUMN rank_request.contract_id IS 'The contract';
COMMENT ON COLUMN rank_request.id IS 'Made by the program';
COMMENT ON COLUMN rank_request.call_off_id IS 'The call-off it was asked for';
COMMENT ON COLUMN rank_request.supplier_id IS 'Who was asked';
COMMENT ON COLUMN rank_request.asked_on IS 'Day of the request; the answer period begins the day after';
COMMENT ON COLUMN rank_request.document IS 'The letter or e-mail';
COMMENT ON COLUMN rank_request.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN rank_request.recorded_at IS 'When';
CREATE TRIGGER rank_request_append_only BEFORE UPDATE OR DELETE ON rank_request FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

GRANT SELECT, INSERT ON rank_request TO abruf_app;
ALTER TABLE rank_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE rank_request FORCE ROW LEVEL SECURITY;
CREATE POLICY rank_request_with_call_off ON rank_request USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = rank_request.contract_id AND c.id = rank_request.call_off_id));
