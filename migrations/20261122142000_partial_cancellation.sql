-- Quantities taken back from an order that otherwise stands, each with its document.

ALTER TABLE framework_contract ADD COLUMN price_of_rest text NOT NULL DEFAULT 'price_as_ordered';
ALTER TABLE framework_contract ADD CONSTRAINT framework_contract_price_of_rest_known CHECK (price_of_rest IN ('price_as_ordered', 're_tier'));
COMMENT ON COLUMN framework_contract.price_of_rest IS 'Preis nach Teilstornierung: price_as_ordered keeps it, re_tier prices the rest as if it had been ordered alone';

-- The line says what stands; what was taken back stays beside it, so that both sum to the order.
ALTER TABLE call_off_line ADD COLUMN cancelled numeric(14, 4) NOT NULL DEFAULT 0;
ALTER TABLE call_off_line ADD COLUMN delivered numeric(14, 4) NOT NULL DEFAULT 0;
COMMENT ON COLUMN call_off_line.cancelled IS 'Quantity taken back after release; ordered was quantity plus this';
COMMENT ON COLUMN call_off_line.delivered IS 'Quantity delivered so far';
ALTER TABLE call_off_line DROP CONSTRAINT call_off_line_quantity_positive;
ALTER TABLE call_off_line ADD CONSTRAINT call_off_line_quantity_positive CHECK (quantity > 0 OR (quantity = 0 AND cancelled > 0));
ALTER TABLE call_off_line ADD CONSTRAINT call_off_line_cancelled_not_negative CHECK (cancelled >= 0);
ALTER TABLE call_off_line ADD CONSTRAINT call_off_line_delivered_within_order CHECK (delivered = 0 OR delivered BETWEEN 0 AND quantity);

CREATE TABLE partial_cancellation (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    sequence integer NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    freed_net numeric(14, 2) NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT partial_cancellation_once UNIQUE (contract_id, call_off_id, sequence),
    CONSTRAINT partial_cancellation_kind_known CHECK (kind IN ('partial', 'short_close')),
    CONSTRAINT partial_cancellation_sequence_positive CHECK (sequence >= 1),
    CONSTRAINT partial_cancellation_reason_present CHECK (length(btrim(reason)) >= 1),
    CONSTRAINT partial_cancellation_frees CHECK (freed_net >= 0)
);
COMMENT ON TABLE partial_cancellation IS 'Teilstornierung: quantities taken back from a released order; a short close takes back what will not be delivered';
COMMENT ON COLUMN partial_cancellation.contract_id IS 'The contract';
COMMENT ON COLUMN partial_cancellation.id IS 'Made by the program';
COMMENT ON COLUMN partial_cancellation.call_off_id IS 'The order';
COMMENT ON COLUMN partial_cancellation.sequence IS 'Counts them by order, from 1; the document ends on -S1';
COMMENT ON COLUMN partial_cancellation.kind IS 'partial: before performance; short_close: the undelivered rest';
COMMENT ON COLUMN partial_cancellation.reason IS 'Why; printed for the supplier';
COMMENT ON COLUMN partial_cancellation.freed_net IS 'Net value that became free';
COMMENT ON COLUMN partial_cancellation.person_id IS 'Who cancelled';
COMMENT ON COLUMN partial_cancellation.at IS 'When';
CREATE TRIGGER partial_cancellation_append_only BEFORE UPDATE OR DELETE ON partial_cancellation FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE cancelled_quantity (
    contract_id uuid NOT NULL,
    cancellation_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    position integer NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    PRIMARY KEY (contract_id, cancellation_id, position),
    FOREIGN KEY (contract_id, cancellation_id) REFERENCES partial_cancellation,
    FOREIGN KEY (contract_id, call_off_id, position) REFERENCES call_off_line,
    CONSTRAINT cancelled_quantity_positive CHECK (quantity > 0)
);
COMMENT ON TABLE cancelled_quantity IS 'Quantity of a line taken back by a partial cancellation';
COMMENT ON COLUMN cancelled_quantity.contract_id IS 'The contract';
COMMENT ON COLUMN cancelled_quantity.cancellation_id IS 'The partial cancellation';
COMMENT ON COLUMN cancelled_quantity.call_off_id IS 'The order';
COMMENT ON COLUMN cancelled_quantity.position IS 'Position of the line in the order';
COMMENT ON COLUMN cancelled_quantity.quantity IS 'How much of it';
CREATE INDEX cancelled_quantity_of_line ON cancelled_quantity (contract_id, call_off_id, position);
CREATE TRIGGER cancelled_quantity_append_only BEFORE UPDATE OR DELETE ON cancelled_quantity FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

-- One order and one cancellation each, as many partial cancellations as there are.
ALTER TABLE document ADD COLUMN event_id uuid;
COMMENT ON COLUMN document.event_id IS 'The partial cancellation it prints; null for order and cancellation';
ALTER TABLE document DROP CONSTRAINT document_once;
ALTER TABLE document ADD CONSTRAINT document_once UNIQUE NULLS NOT DISTINCT (contract_id, call_off_id, kind, event_id);
ALTER TABLE document DROP CONSTRAINT document_kind_known;
ALTER TABLE document ADD CONSTRAINT document_kind_known CHECK (kind IN ('order', 'cancellation', 'partial_cancellation'));
ALTER TABLE document ADD CONSTRAINT document_event_fits CHECK ((kind = 'partial_cancellation') = (event_id IS NOT NULL));

ALTER TABLE outbox ADD COLUMN event_id uuid;
COMMENT ON COLUMN outbox.event_id IS 'The partial cancellation to be printed; null for everything else';
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_known CHECK (kind IN ('issue_order', 'issue_cancellation', 'issue_partial_cancellation', 'tell_expiring'));

ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN ('created', 'declined', 'submitted', 'justified', 'approved', 'lines_refused', 'returned', 'answered', 'escalated', 'released', 'refused', 'withdrawn', 'expired', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'partly_cancelled', 'short_closed', 'cancelled', 'received', 'confirmed_differently', 'difference_accepted', 'difference_objected', 'delivery_noted', 'complained', 'complaint_resolved', 'invoice_noted', 'invoice_cancelled'));

GRANT SELECT, INSERT ON partial_cancellation, cancelled_quantity TO abruf_app;
ALTER TABLE partial_cancellation ENABLE ROW LEVEL SECURITY;
ALTER TABLE partial_cancellation FORCE ROW LEVEL SECURITY;
CREATE POLICY partial_cancellation_with_call_off ON partial_cancellation USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = partial_cancellation.contract_id AND c.id = partial_cancellation.call_off_id));
ALTER TABLE cancelled_quantity ENABLE ROW LEVEL SECURITY;
ALTER TABLE cancelled_quantity FORCE ROW LEVEL SECURITY;
CREATE POLICY cancelled_quantity_with_call_off ON cancelled_quantity USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = cancelled_quantity.contract_id AND c.id = cancelled_quantity.call_off_id));
