-- Licences that end are told of 90 and 30 days before, once each.

CREATE TABLE licence_reminder (
    contract_id uuid NOT NULL,
    call_off_id uuid NOT NULL,
    days_before integer NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, call_off_id, days_before),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT licence_reminder_days_known CHECK (days_before IN (90, 30))
);
COMMENT ON TABLE licence_reminder IS 'It was told that licences of an order end: an event in the outbox waits for whoever sends messages';
COMMENT ON COLUMN licence_reminder.contract_id IS 'The contract';
COMMENT ON COLUMN licence_reminder.call_off_id IS 'The order';
COMMENT ON COLUMN licence_reminder.days_before IS 'Which of the two steps: 90 or 30 days before the end';
COMMENT ON COLUMN licence_reminder.told_at IS 'When';
CREATE TRIGGER licence_reminder_append_only BEFORE UPDATE OR DELETE ON licence_reminder FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE INDEX call_off_performance_end ON call_off (performance_to) WHERE number IS NOT NULL;

GRANT SELECT, INSERT ON licence_reminder TO abruf_app;
ALTER TABLE licence_reminder ENABLE ROW LEVEL SECURITY;
ALTER TABLE licence_reminder FORCE ROW LEVEL SECURITY;
CREATE POLICY licence_reminder_with_call_off ON licence_reminder USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = licence_reminder.contract_id AND c.id = licence_reminder.call_off_id));

-- One more kind beside those there are, whichever those are.
DO $$
DECLARE
    known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'outbox_kind_known');
BEGIN
    ALTER TABLE outbox DROP CONSTRAINT outbox_kind_known;
    EXECUTE format('ALTER TABLE outbox ADD CONSTRAINT outbox_kind_known CHECK (kind = ''tell_licence_ends'' OR %s)',
        substring(known FROM '^CHECK \((.*)\)$'));
END
$$;
