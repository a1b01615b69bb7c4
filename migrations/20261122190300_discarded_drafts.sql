-- A draft can be discarded by whoever wrote it: an end of its own, before anybody else has seen it.

ALTER TABLE call_off DROP CONSTRAINT call_off_status_known;
ALTER TABLE call_off ADD CONSTRAINT call_off_status_known CHECK (status IN ('draft', 'discarded', 'submitted', 'returned', 'refused', 'withdrawn', 'expired', 'released', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled'));
ALTER TABLE call_off DROP CONSTRAINT call_off_submitted_whole;
ALTER TABLE call_off ADD CONSTRAINT call_off_submitted_whole CHECK (status IN ('draft', 'discarded') OR (submitted_at IS NOT NULL AND net IS NOT NULL AND gross IS NOT NULL));

-- The steps there are, whichever those are, and this one.
DO $$
DECLARE
    known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'approval_decision_known');
BEGIN
    ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
    EXECUTE format('ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision = %L OR %s)',
        'discarded', substring(known FROM '^CHECK \((.*)\)$'));
END
$$;
