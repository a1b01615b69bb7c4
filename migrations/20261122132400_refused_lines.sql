-- Lines an approver refused while the rest of the request went on.

CREATE TABLE refused_line (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    position integer NOT NULL,
    article_number text NOT NULL,
    quantity numeric(14, 4) NOT NULL,
    net numeric(14, 2),
    reason text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT refused_line_reason_present CHECK (length(btrim(reason)) >= 1),
    CONSTRAINT refused_line_quantity_positive CHECK (quantity > 0)
);
COMMENT ON TABLE refused_line IS 'A line that was refused and has left its request; its reservation was given back';
COMMENT ON COLUMN refused_line.contract_id IS 'The contract';
COMMENT ON COLUMN refused_line.id IS 'Made by the program';
COMMENT ON COLUMN refused_line.call_off_id IS 'The request';
COMMENT ON COLUMN refused_line.position IS 'Position it had; the lines that stayed are numbered anew';
COMMENT ON COLUMN refused_line.article_number IS 'Article number';
COMMENT ON COLUMN refused_line.quantity IS 'Quantity asked for';
COMMENT ON COLUMN refused_line.net IS 'Line amount as submitted';
COMMENT ON COLUMN refused_line.reason IS 'Why it was refused; the requester reads it';
COMMENT ON COLUMN refused_line.person_id IS 'Who refused it; never the requester';
COMMENT ON COLUMN refused_line.at IS 'When';
CREATE INDEX refused_line_of_call_off ON refused_line (contract_id, call_off_id, at);
CREATE TRIGGER refused_line_append_only BEFORE UPDATE OR DELETE ON refused_line FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN ('created', 'declined', 'submitted', 'justified', 'approved', 'lines_refused', 'returned', 'answered', 'escalated', 'released', 'refused', 'withdrawn', 'expired', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled'));

GRANT SELECT, INSERT ON refused_line TO abruf_app;
ALTER TABLE refused_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE refused_line FORCE ROW LEVEL SECURITY;
CREATE POLICY refused_line_with_call_off ON refused_line USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = refused_line.contract_id AND c.id = refused_line.call_off_id));
