-- What arrives: deliveries by line, complaints about them.

CREATE TABLE delivery (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    delivered_on date NOT NULL,
    note_number text NOT NULL DEFAULT '',
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off
);
COMMENT ON TABLE delivery IS 'A delivery of an order, with the number of its delivery note';
COMMENT ON COLUMN delivery.contract_id IS 'The contract';
COMMENT ON COLUMN delivery.id IS 'Made by the program';
COMMENT ON COLUMN delivery.call_off_id IS 'The order';
COMMENT ON COLUMN delivery.delivered_on IS 'Date of the delivery';
COMMENT ON COLUMN delivery.note_number IS 'Number of the delivery note (Lieferschein)';
COMMENT ON COLUMN delivery.person_id IS 'Who noted it';
COMMENT ON COLUMN delivery.at IS 'When it was noted';
CREATE INDEX delivery_of_call_off ON delivery (contract_id, call_off_id);
CREATE TRIGGER delivery_append_only BEFORE UPDATE OR DELETE ON delivery FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON delivery TO abruf_app;
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY delivery_with_call_off ON delivery USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = delivery.contract_id AND c.id = delivery.call_off_id));

CREATE TABLE delivered_quantity (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    position integer NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    PRIMARY KEY (contract_id, delivery_id, position),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, delivery_id) REFERENCES delivery,
    FOREIGN KEY (contract_id, call_off_id, position) REFERENCES call_off_line,
    CONSTRAINT delivered_quantity_positive CHECK (quantity > 0)
);
COMMENT ON TABLE delivered_quantity IS 'Quantity of a line in a delivery; never more than is open';
COMMENT ON COLUMN delivered_quantity.contract_id IS 'The contract';
COMMENT ON COLUMN delivered_quantity.call_off_id IS 'The order';
COMMENT ON COLUMN delivered_quantity.delivery_id IS 'The delivery';
COMMENT ON COLUMN delivered_quantity.position IS 'Position of the line';
COMMENT ON COLUMN delivered_quantity.quantity IS 'Quantity delivered';
CREATE INDEX delivered_quantity_of_call_off ON delivered_quantity (contract_id, call_off_id);
CREATE TRIGGER delivered_quantity_append_only BEFORE UPDATE OR DELETE ON delivered_quantity FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON delivered_quantity TO abruf_app;
ALTER TABLE delivered_quantity ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivered_quantity FORCE ROW LEVEL SECURITY;
CREATE POLICY delivered_quantity_with_call_off ON delivered_quantity USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = delivered_quantity.contract_id AND c.id = delivered_quantity.call_off_id));

CREATE TABLE complaint (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    position integer NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    wording text NOT NULL,
    complained_on date NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, call_off_id, position) REFERENCES call_off_line,
    CONSTRAINT complaint_quantity_positive CHECK (quantity > 0),
    CONSTRAINT complaint_wording_present CHECK (length(btrim(wording)) >= 1)
);
COMMENT ON TABLE complaint IS 'Mängelrüge: something delivered is not as ordered, or too much arrived. Frees no volume';
COMMENT ON COLUMN complaint.contract_id IS 'The contract';
COMMENT ON COLUMN complaint.id IS 'Made by the program';
COMMENT ON COLUMN complaint.call_off_id IS 'The order';
COMMENT ON COLUMN complaint.position IS 'Position of the line';
COMMENT ON COLUMN complaint.quantity IS 'Quantity complained about; may exceed the order where too much arrived';
COMMENT ON COLUMN complaint.wording IS 'What is wrong';
COMMENT ON COLUMN complaint.complained_on IS 'When the supplier was told';
COMMENT ON COLUMN complaint.person_id IS 'Who noted it';
COMMENT ON COLUMN complaint.at IS 'When it was noted';
CREATE INDEX complaint_of_call_off ON complaint (contract_id, call_off_id);
CREATE TRIGGER complaint_append_only BEFORE UPDATE OR DELETE ON complaint FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON complaint TO abruf_app;
ALTER TABLE complaint ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint FORCE ROW LEVEL SECURITY;
CREATE POLICY complaint_with_call_off ON complaint USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = complaint.contract_id AND c.id = complaint.call_off_id));

CREATE TABLE complaint_resolution (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    complaint_id uuid NOT NULL,
    wording text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, complaint_id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, complaint_id) REFERENCES complaint,
    CONSTRAINT complaint_resolution_wording_present CHECK (length(btrim(wording)) >= 1)
);
COMMENT ON TABLE complaint_resolution IS 'How a complaint ended; once';
COMMENT ON COLUMN complaint_resolution.contract_id IS 'The contract';
COMMENT ON COLUMN complaint_resolution.call_off_id IS 'The order';
COMMENT ON COLUMN complaint_resolution.complaint_id IS 'The complaint';
COMMENT ON COLUMN complaint_resolution.wording IS 'How: replaced, repaired, returned, reduced';
COMMENT ON COLUMN complaint_resolution.person_id IS 'Who noted it';
COMMENT ON COLUMN complaint_resolution.at IS 'When it was noted';
CREATE INDEX complaint_resolution_of_call_off ON complaint_resolution (contract_id, call_off_id);
CREATE TRIGGER complaint_resolution_append_only BEFORE UPDATE OR DELETE ON complaint_resolution FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON complaint_resolution TO abruf_app;
ALTER TABLE complaint_resolution ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_resolution FORCE ROW LEVEL SECURITY;
CREATE POLICY complaint_resolution_with_call_off ON complaint_resolution USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = complaint_resolution.contract_id AND c.id = complaint_resolution.call_off_id));
