-- What is billed: invoices of an order with the judgement on each.

CREATE TABLE invoice (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    member_id uuid NOT NULL REFERENCES organisation,
    supplier_id uuid NOT NULL REFERENCES organisation,
    number text NOT NULL,
    invoiced_on date NOT NULL,
    net numeric(14, 2) NOT NULL,
    vat numeric(14, 2) NOT NULL,
    payable_net numeric(14, 2) NOT NULL,
    review_id uuid NOT NULL,
    blocked boolean NOT NULL,
    replaces_id uuid,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, review_id) REFERENCES order_review,
    FOREIGN KEY (contract_id, replaces_id) REFERENCES invoice,
    CONSTRAINT invoice_number_once UNIQUE (member_id, supplier_id, number),
    CONSTRAINT invoice_number_present CHECK (length(btrim(number)) >= 1),
    CONSTRAINT invoice_replaced_once UNIQUE (contract_id, replaces_id)
);
COMMENT ON TABLE invoice IS 'An invoice for an order. One that the rules block is recorded all the same, but must not be paid';
COMMENT ON COLUMN invoice.contract_id IS 'The contract';
COMMENT ON COLUMN invoice.id IS 'Made by the program';
COMMENT ON COLUMN invoice.call_off_id IS 'The order';
COMMENT ON COLUMN invoice.member_id IS 'Whose order it is';
COMMENT ON COLUMN invoice.supplier_id IS 'Who bills';
COMMENT ON COLUMN invoice.number IS 'Number the supplier gave it';
COMMENT ON COLUMN invoice.invoiced_on IS 'Date of the invoice';
COMMENT ON COLUMN invoice.net IS 'Sum of its lines, net';
COMMENT ON COLUMN invoice.vat IS 'VAT on them, rounded once per rate';
COMMENT ON COLUMN invoice.payable_net IS 'Net amount that order and delivery cover';
COMMENT ON COLUMN invoice.review_id IS 'What the rules say about it';
COMMENT ON COLUMN invoice.blocked IS 'Whether the rules block its payment';
COMMENT ON COLUMN invoice.replaces_id IS 'The earlier invoice this one corrects';
COMMENT ON COLUMN invoice.person_id IS 'Who noted it';
COMMENT ON COLUMN invoice.at IS 'When it was noted';
CREATE INDEX invoice_of_call_off ON invoice (contract_id, call_off_id);
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON invoice TO abruf_app;
ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice FORCE ROW LEVEL SECURITY;
CREATE POLICY invoice_with_call_off ON invoice USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = invoice.contract_id AND c.id = invoice.call_off_id));

CREATE TABLE invoice_line (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    position integer NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    unit_price numeric(16, 6) NOT NULL,
    net numeric(14, 2) NOT NULL,
    vat_rate_pct numeric(8, 4) NOT NULL,
    performance_from date,
    performance_to date,
    PRIMARY KEY (contract_id, invoice_id, position),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, invoice_id) REFERENCES invoice,
    CONSTRAINT invoice_line_quantity_positive CHECK (quantity > 0),
    CONSTRAINT invoice_line_position_known CHECK (position >= 0),
    CONSTRAINT invoice_line_performance_whole CHECK ((performance_from IS NULL) = (performance_to IS NULL) AND (performance_from IS NULL OR performance_from <= performance_to))
);
COMMENT ON TABLE invoice_line IS 'A line of an invoice';
COMMENT ON COLUMN invoice_line.contract_id IS 'The contract';
COMMENT ON COLUMN invoice_line.call_off_id IS 'The order';
COMMENT ON COLUMN invoice_line.invoice_id IS 'The invoice';
COMMENT ON COLUMN invoice_line.position IS 'Position of the order; 0 for its small-order surcharge';
COMMENT ON COLUMN invoice_line.quantity IS 'Quantity billed';
COMMENT ON COLUMN invoice_line.unit_price IS 'Price billed per unit, per month for subscriptions';
COMMENT ON COLUMN invoice_line.net IS 'Line amount, rounded once';
COMMENT ON COLUMN invoice_line.vat_rate_pct IS 'VAT rate billed';
COMMENT ON COLUMN invoice_line.performance_from IS 'First day billed of a subscription';
COMMENT ON COLUMN invoice_line.performance_to IS 'Last day billed of a subscription';
CREATE INDEX invoice_line_of_call_off ON invoice_line (contract_id, call_off_id);
CREATE TRIGGER invoice_line_append_only BEFORE UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON invoice_line TO abruf_app;
ALTER TABLE invoice_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice_line FORCE ROW LEVEL SECURITY;
CREATE POLICY invoice_line_with_call_off ON invoice_line USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = invoice_line.contract_id AND c.id = invoice_line.call_off_id));

CREATE TABLE invoice_cancellation (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, invoice_id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, invoice_id) REFERENCES invoice,
    CONSTRAINT invoice_cancellation_reason_present CHECK (length(btrim(reason)) >= 1)
);
COMMENT ON TABLE invoice_cancellation IS 'That an invoice counts no more: sent back, or replaced by a corrected one; once';
COMMENT ON COLUMN invoice_cancellation.contract_id IS 'The contract';
COMMENT ON COLUMN invoice_cancellation.call_off_id IS 'The order';
COMMENT ON COLUMN invoice_cancellation.invoice_id IS 'The invoice';
COMMENT ON COLUMN invoice_cancellation.reason IS 'Why';
COMMENT ON COLUMN invoice_cancellation.person_id IS 'Who noted it';
COMMENT ON COLUMN invoice_cancellation.at IS 'When it was noted';
CREATE INDEX invoice_cancellation_of_call_off ON invoice_cancellation (contract_id, call_off_id);
CREATE TRIGGER invoice_cancellation_append_only BEFORE UPDATE OR DELETE ON invoice_cancellation FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON invoice_cancellation TO abruf_app;
ALTER TABLE invoice_cancellation ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice_cancellation FORCE ROW LEVEL SECURITY;
CREATE POLICY invoice_cancellation_with_call_off ON invoice_cancellation USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = invoice_cancellation.contract_id AND c.id = invoice_cancellation.call_off_id));
