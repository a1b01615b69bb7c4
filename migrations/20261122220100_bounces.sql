-- An order can be sent by the program, can come back, and can then be sent again: each a fact of its own.

ALTER TABLE order_dispatch
    ADD COLUMN attempt integer NOT NULL DEFAULT 1,
    ADD COLUMN mail_id uuid,
    ALTER COLUMN person_id DROP NOT NULL,
    DROP CONSTRAINT order_dispatch_once,
    ADD CONSTRAINT order_dispatch_once UNIQUE (contract_id, call_off_id, kind, attempt),
    ADD CONSTRAINT order_dispatch_attempt_positive CHECK (attempt >= 1),
    ADD CONSTRAINT order_dispatch_by_somebody CHECK (person_id IS NOT NULL OR mail_id IS NOT NULL),
    ADD FOREIGN KEY (contract_id, mail_id) REFERENCES mail;
COMMENT ON COLUMN order_dispatch.attempt IS 'Counts the dispatches: after one came back there is a next';
COMMENT ON COLUMN order_dispatch.mail_id IS 'The mail it went by; null where a person noted the dispatch';
COMMENT ON COLUMN order_dispatch.person_id IS 'Who noted it; null where the program sent it';

ALTER TABLE order_review
    ALTER COLUMN person_id DROP NOT NULL,
    ADD CONSTRAINT order_review_by_somebody CHECK (person_id IS NOT NULL OR check_point = 'dispatch');
COMMENT ON COLUMN order_review.person_id IS 'Who noted it; null where the program sent the order';

CREATE TABLE order_bounce (
    contract_id uuid NOT NULL,
    dispatch_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, dispatch_id),
    FOREIGN KEY (contract_id, dispatch_id) REFERENCES order_dispatch,
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT order_bounce_reasoned CHECK (length(btrim(reason)) >= 1)
);
COMMENT ON TABLE order_bounce IS 'That a dispatch came back as undeliverable: the order waits to be sent again';
COMMENT ON COLUMN order_bounce.contract_id IS 'The contract';
COMMENT ON COLUMN order_bounce.dispatch_id IS 'The dispatch that came back; once';
COMMENT ON COLUMN order_bounce.call_off_id IS 'The order';
COMMENT ON COLUMN order_bounce.reason IS 'What came back, such as the words of the mail server';
COMMENT ON COLUMN order_bounce.person_id IS 'Who reported it';
COMMENT ON COLUMN order_bounce.at IS 'When it was reported';
CREATE INDEX order_bounce_of_call_off ON order_bounce (contract_id, call_off_id);
CREATE TRIGGER order_bounce_append_only BEFORE UPDATE OR DELETE ON order_bounce FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON order_bounce TO abruf_app;
ALTER TABLE order_bounce ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_bounce FORCE ROW LEVEL SECURITY;
CREATE POLICY order_bounce_with_call_off ON order_bounce USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = order_bounce.contract_id AND c.id = order_bounce.call_off_id));

-- New steps in the history of a call-off.
DO $$
DECLARE
    known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'approval_decision_known');
BEGIN
    ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
    EXECUTE format('ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN (%L, %L, %L) OR %s)',
        'undeliverable', 'bounced', 'sent_again', substring(known FROM '^CHECK \((.*)\)$'));
END
$$;
