-- Cancellations, partial cancellations and new delivery dates go to the supplier by mail as the order did. Where that
-- fails, somebody sends them again or tells the supplier another way and notes it.

ALTER TABLE mail DROP CONSTRAINT mail_kind_known;
ALTER TABLE mail ADD CONSTRAINT mail_kind_known CHECK (kind IN ('order', 'change') OR kind LIKE 'tell\_%');
ALTER TABLE mail DROP CONSTRAINT mail_order_with_document;
ALTER TABLE mail ADD CONSTRAINT mail_with_its_document CHECK ((kind IN ('order', 'change')) = (document_id IS NOT NULL));
COMMENT ON COLUMN mail.kind IS 'order; change (a cancellation or a new delivery date of an order); or the event of the outbox that is told';
COMMENT ON COLUMN mail.document_id IS 'The document an order or a change consists of; sent again it is the same one';
COMMENT ON COLUMN mail.state IS 'waiting, sending (an attempt began), sent (a mail server took it), failed (given up; of a change also: came back), withdrawn (nothing to be sent any more)';

ALTER TABLE mail
    ADD COLUMN told_how text,
    ADD COLUMN told_by uuid REFERENCES person,
    ADD COLUMN told_at timestamptz;
ALTER TABLE mail ADD CONSTRAINT mail_told_whole CHECK (num_nonnulls(told_how, told_by, told_at) IN (0, 3));
ALTER TABLE mail ADD CONSTRAINT mail_told_after_failure CHECK (told_at IS NULL OR (kind = 'change' AND state = 'failed'));
ALTER TABLE mail ADD CONSTRAINT mail_told_in_words CHECK (length(btrim(told_how)) BETWEEN 1 AND 500);
COMMENT ON COLUMN mail.told_how IS 'How a person told the supplier of a change whose mail failed';
COMMENT ON COLUMN mail.told_by IS 'Who noted that';
COMMENT ON COLUMN mail.told_at IS 'When it was noted';
CREATE INDEX mail_change_failed ON mail (contract_id, call_off_id) WHERE kind = 'change' AND state = 'failed' AND told_at IS NULL;
GRANT UPDATE (told_how, told_by, told_at) ON mail TO abruf_app;

-- New steps in the history of a call-off.
DO $$
DECLARE
    known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'approval_decision_known');
BEGIN
    ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
    EXECUTE format('ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN (%L, %L, %L, %L) OR %s)',
        'change_sent', 'change_undeliverable', 'change_sent_again', 'change_told', substring(known FROM '^CHECK \((.*)\)$'));
END
$$;
