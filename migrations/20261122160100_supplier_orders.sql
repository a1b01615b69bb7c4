-- What the body orders from the supplier after a member has ordered in-house: the second order of a pair.

CREATE TABLE supplier_order (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    number text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    supplier_id uuid NOT NULL REFERENCES organisation,
    net numeric(14, 2) NOT NULL,
    surcharge_net numeric(14, 2) NOT NULL,
    vat numeric(14, 2) NOT NULL,
    gross numeric(14, 2) NOT NULL,
    requester_id uuid NOT NULL REFERENCES person,
    releaser_id uuid NOT NULL REFERENCES person,
    decided_by uuid REFERENCES person,
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    parts_before integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (contract_id, call_off_id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT supplier_order_number_unique UNIQUE (contract_id, number),
    CONSTRAINT supplier_order_number_form CHECK (number LIKE '%-B'),
    CONSTRAINT supplier_order_state_known CHECK (state IN ('waiting', 'approved', 'refused', 'cancelled')),
    CONSTRAINT supplier_order_four_eyes CHECK (decided_by IS NULL OR (decided_by <> requester_id AND decided_by <> releaser_id)),
    CONSTRAINT supplier_order_decided_whole CHECK ((decided_by IS NULL) = (decided_at IS NULL) AND (state = 'cancelled' OR (state = 'waiting') = (decided_by IS NULL))),
    CONSTRAINT supplier_order_refusal_reasoned CHECK (state <> 'refused' OR length(btrim(reason)) >= 1),
    CONSTRAINT supplier_order_sums CHECK (net + vat = gross AND surcharge_net <= net),
    CONSTRAINT supplier_order_parts_not_negative CHECK (parts_before >= 0)
);
COMMENT ON TABLE supplier_order IS 'Supplier order (B) of a pair: the body orders from the supplier what a member ordered in-house (A, the call-off)';
COMMENT ON COLUMN supplier_order.contract_id IS 'The contract';
COMMENT ON COLUMN supplier_order.call_off_id IS 'The in-house order';
COMMENT ON COLUMN supplier_order.number IS 'The running number of the in-house order with -B';
COMMENT ON COLUMN supplier_order.state IS 'waiting for the body; approved; refused, then the in-house order is cancelled; cancelled with the in-house order';
COMMENT ON COLUMN supplier_order.supplier_id IS 'From whom the body orders';
COMMENT ON COLUMN supplier_order.net IS 'Net value including surcharge, as it stands; that of the in-house order';
COMMENT ON COLUMN supplier_order.surcharge_net IS 'Small-order surcharge within net';
COMMENT ON COLUMN supplier_order.vat IS 'VAT of the items, not that of the in-house order';
COMMENT ON COLUMN supplier_order.gross IS 'Gross value';
COMMENT ON COLUMN supplier_order.requester_id IS 'Who requested the in-house order; stands here so that they never decide';
COMMENT ON COLUMN supplier_order.releaser_id IS 'Who released the in-house order; stands here so that they never decide';
COMMENT ON COLUMN supplier_order.decided_by IS 'Who approved or refused for the body; null while it waits and where it was cancelled before';
COMMENT ON COLUMN supplier_order.decided_at IS 'When';
COMMENT ON COLUMN supplier_order.reason IS 'Why refused; printed on the cancellation of the in-house order';
COMMENT ON COLUMN supplier_order.parts_before IS 'Partial cancellations made before the approval: the order never held what they took back';
COMMENT ON COLUMN supplier_order.created_at IS 'Release of the in-house order';
COMMENT ON COLUMN supplier_order.changed_at IS 'Last change';
COMMENT ON COLUMN supplier_order.version IS 'Counts the changes';
CREATE INDEX supplier_order_waiting ON supplier_order (created_at) WHERE state = 'waiting';

-- What it is about is written once; what it comes to and who decided may change.
GRANT SELECT, INSERT ON supplier_order TO abruf_app;
GRANT UPDATE (state, net, surcharge_net, vat, gross, decided_by, decided_at, reason, parts_before, changed_at, version) ON supplier_order TO abruf_app;
ALTER TABLE supplier_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_order FORCE ROW LEVEL SECURITY;
CREATE POLICY supplier_order_with_call_off ON supplier_order USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = supplier_order.contract_id AND c.id = supplier_order.call_off_id));
