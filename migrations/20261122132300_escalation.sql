-- Requests that run out soon are told about, once: how early is a house parameter.

ALTER TABLE call_off ADD COLUMN escalated_at timestamptz;
COMMENT ON COLUMN call_off.escalated_at IS 'When it was told that the request runs out soon; null before. Once per request';
CREATE INDEX call_off_to_escalate ON call_off (expires_at) WHERE status IN ('submitted', 'returned') AND escalated_at IS NULL;

ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN ('created', 'declined', 'submitted', 'justified', 'approved', 'returned', 'answered', 'escalated', 'released', 'refused', 'withdrawn', 'expired', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled'));

-- Documents are made by the program itself; what is to be told waits for whoever sends messages.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_known;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_known CHECK (kind IN ('issue_order', 'issue_cancellation', 'tell_expiring'));

INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty) VALUES
    ('de', 'request_escalates_before_days', '3', '2000-01-01', NULL, 'Vorgabe der Genossenschaft', 'K');
