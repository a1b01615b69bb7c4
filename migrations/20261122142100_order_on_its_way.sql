-- An order on its way: when it was sent and received, what the supplier confirmed.

CREATE TABLE order_review (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    check_point text NOT NULL,
    outcome text NOT NULL,
    evaluated_at timestamptz NOT NULL,
    facts text NOT NULL,
    facts_sha256 bytea NOT NULL,
    findings jsonb NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT order_review_check_point_known CHECK (check_point IN ('dispatch', 'receipt', 'invoice')),
    CONSTRAINT order_review_outcome_known CHECK (outcome IN ('clear', 'blocked')),
    CONSTRAINT order_review_facts_hash CHECK (facts_sha256 = sha256(convert_to(facts, 'UTF8')))
);
COMMENT ON TABLE order_review IS 'Judgement on what happens to an order: on its dispatch, its receipt, an invoice. Facts as they were, byte for byte';
COMMENT ON COLUMN order_review.contract_id IS 'The contract';
COMMENT ON COLUMN order_review.id IS 'Made by the program';
COMMENT ON COLUMN order_review.call_off_id IS 'The order';
COMMENT ON COLUMN order_review.check_point IS 'dispatch, receipt or invoice';
COMMENT ON COLUMN order_review.outcome IS 'clear or blocked';
COMMENT ON COLUMN order_review.evaluated_at IS 'Instant judged';
COMMENT ON COLUMN order_review.facts IS 'Facts as canonical JSON (RFC 8785)';
COMMENT ON COLUMN order_review.facts_sha256 IS 'SHA-256 of the facts; the log names it';
COMMENT ON COLUMN order_review.findings IS 'Every finding with the version of its rule, passed ones too';
COMMENT ON COLUMN order_review.person_id IS 'Who noted it';
COMMENT ON COLUMN order_review.at IS 'When it was noted';
CREATE INDEX order_review_of_call_off ON order_review (contract_id, call_off_id);
CREATE TRIGGER order_review_append_only BEFORE UPDATE OR DELETE ON order_review FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON order_review TO abruf_app;
ALTER TABLE order_review ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_review FORCE ROW LEVEL SECURITY;
CREATE POLICY order_review_with_call_off ON order_review USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = order_review.contract_id AND c.id = order_review.call_off_id));

CREATE TABLE order_dispatch (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    kind text NOT NULL,
    happened_at timestamptz NOT NULL,
    channel text NOT NULL,
    review_id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, review_id) REFERENCES order_review,
    CONSTRAINT order_dispatch_once UNIQUE (contract_id, call_off_id, kind),
    CONSTRAINT order_dispatch_kind_known CHECK (kind IN ('sent', 'received')),
    CONSTRAINT order_dispatch_channel_known CHECK (channel IN ('email', 'post', 'fax', 'portal', 'other') OR (kind = 'received' AND channel = ''))
);
COMMENT ON TABLE order_dispatch IS 'That an order was sent, and that the supplier received it';
COMMENT ON COLUMN order_dispatch.contract_id IS 'The contract';
COMMENT ON COLUMN order_dispatch.id IS 'Made by the program';
COMMENT ON COLUMN order_dispatch.call_off_id IS 'The order';
COMMENT ON COLUMN order_dispatch.kind IS 'sent or received';
COMMENT ON COLUMN order_dispatch.happened_at IS 'When it was sent or received';
COMMENT ON COLUMN order_dispatch.channel IS 'How: email, post, fax, portal or other; of a receipt empty';
COMMENT ON COLUMN order_dispatch.review_id IS 'What the rules say about it';
COMMENT ON COLUMN order_dispatch.person_id IS 'Who noted it';
COMMENT ON COLUMN order_dispatch.at IS 'When it was noted';
CREATE INDEX order_dispatch_of_call_off ON order_dispatch (contract_id, call_off_id);
CREATE TRIGGER order_dispatch_append_only BEFORE UPDATE OR DELETE ON order_dispatch FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON order_dispatch TO abruf_app;
ALTER TABLE order_dispatch ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_dispatch FORCE ROW LEVEL SECURITY;
CREATE POLICY order_dispatch_with_call_off ON order_dispatch USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = order_dispatch.contract_id AND c.id = order_dispatch.call_off_id));

CREATE TABLE supplier_confirmation (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    confirmed_on date NOT NULL,
    reference text NOT NULL DEFAULT '',
    delivery_on date,
    note text NOT NULL DEFAULT '',
    differs boolean NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT supplier_confirmation_difference_named CHECK (differs OR (delivery_on IS NULL AND note = ''))
);
COMMENT ON TABLE supplier_confirmation IS 'Auftragsbestätigung: what the supplier confirmed. A difference changes no price and no quantity by itself';
COMMENT ON COLUMN supplier_confirmation.contract_id IS 'The contract';
COMMENT ON COLUMN supplier_confirmation.id IS 'Made by the program';
COMMENT ON COLUMN supplier_confirmation.call_off_id IS 'The order';
COMMENT ON COLUMN supplier_confirmation.confirmed_on IS 'Date of the confirmation';
COMMENT ON COLUMN supplier_confirmation.reference IS 'Number the supplier gave it';
COMMENT ON COLUMN supplier_confirmation.delivery_on IS 'Delivery date, where it differs from the order';
COMMENT ON COLUMN supplier_confirmation.note IS 'What else differs, such as the price';
COMMENT ON COLUMN supplier_confirmation.differs IS 'Whether anything differs; then the buyer answers';
COMMENT ON COLUMN supplier_confirmation.person_id IS 'Who noted it';
COMMENT ON COLUMN supplier_confirmation.at IS 'When it was noted';
CREATE INDEX supplier_confirmation_of_call_off ON supplier_confirmation (contract_id, call_off_id);
CREATE TRIGGER supplier_confirmation_append_only BEFORE UPDATE OR DELETE ON supplier_confirmation FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON supplier_confirmation TO abruf_app;
ALTER TABLE supplier_confirmation ENABLE ROW LEVEL SECURITY;
ALTER TABLE supplier_confirmation FORCE ROW LEVEL SECURITY;
CREATE POLICY supplier_confirmation_with_call_off ON supplier_confirmation USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = supplier_confirmation.contract_id AND c.id = supplier_confirmation.call_off_id));

CREATE TABLE confirmed_quantity (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    confirmation_id uuid NOT NULL,
    position integer NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    PRIMARY KEY (contract_id, confirmation_id, position),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, confirmation_id) REFERENCES supplier_confirmation,
    FOREIGN KEY (contract_id, call_off_id, position) REFERENCES call_off_line,
    CONSTRAINT confirmed_quantity_not_negative CHECK (quantity >= 0)
);
COMMENT ON TABLE confirmed_quantity IS 'Quantity of a line as the supplier confirmed it, where it differs from the order';
COMMENT ON COLUMN confirmed_quantity.contract_id IS 'The contract';
COMMENT ON COLUMN confirmed_quantity.call_off_id IS 'The order';
COMMENT ON COLUMN confirmed_quantity.confirmation_id IS 'The confirmation';
COMMENT ON COLUMN confirmed_quantity.position IS 'Position of the line';
COMMENT ON COLUMN confirmed_quantity.quantity IS 'Quantity confirmed; zero where the supplier will not deliver';
CREATE INDEX confirmed_quantity_of_call_off ON confirmed_quantity (contract_id, call_off_id);
CREATE TRIGGER confirmed_quantity_append_only BEFORE UPDATE OR DELETE ON confirmed_quantity FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON confirmed_quantity TO abruf_app;
ALTER TABLE confirmed_quantity ENABLE ROW LEVEL SECURITY;
ALTER TABLE confirmed_quantity FORCE ROW LEVEL SECURITY;
CREATE POLICY confirmed_quantity_with_call_off ON confirmed_quantity USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = confirmed_quantity.contract_id AND c.id = confirmed_quantity.call_off_id));

CREATE TABLE confirmation_answer (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    confirmation_id uuid NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, confirmation_id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, confirmation_id) REFERENCES supplier_confirmation,
    CONSTRAINT confirmation_answer_known CHECK (decision IN ('accepted', 'objected')),
    CONSTRAINT confirmation_answer_objection_reasoned CHECK (decision = 'accepted' OR length(btrim(reason)) >= 1)
);
COMMENT ON TABLE confirmation_answer IS 'The buyer accepts a confirmation that differs, or objects to it; once';
COMMENT ON COLUMN confirmation_answer.contract_id IS 'The contract';
COMMENT ON COLUMN confirmation_answer.call_off_id IS 'The order';
COMMENT ON COLUMN confirmation_answer.confirmation_id IS 'The confirmation';
COMMENT ON COLUMN confirmation_answer.decision IS 'accepted or objected';
COMMENT ON COLUMN confirmation_answer.reason IS 'Why; required for an objection';
COMMENT ON COLUMN confirmation_answer.person_id IS 'Who noted it';
COMMENT ON COLUMN confirmation_answer.at IS 'When it was noted';
CREATE INDEX confirmation_answer_of_call_off ON confirmation_answer (contract_id, call_off_id);
CREATE TRIGGER confirmation_answer_append_only BEFORE UPDATE OR DELETE ON confirmation_answer FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON confirmation_answer TO abruf_app;
ALTER TABLE confirmation_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE confirmation_answer FORCE ROW LEVEL SECURITY;
CREATE POLICY confirmation_answer_with_call_off ON confirmation_answer USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = confirmation_answer.contract_id AND c.id = confirmation_answer.call_off_id));
