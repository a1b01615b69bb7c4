-- The history of a call-off knows answers to questions that came back with a request.

ALTER TABLE approval DROP CONSTRAINT approval_decision_known;
ALTER TABLE approval ADD CONSTRAINT approval_decision_known CHECK (decision IN ('created', 'declined', 'submitted', 'justified', 'approved', 'returned', 'answered', 'released', 'refused', 'withdrawn', 'expired', 'dispatched', 'confirmed', 'delivered', 'invoiced', 'closed', 'cancelled'));
ALTER TABLE approval DROP CONSTRAINT approval_reason_present;
ALTER TABLE approval ADD CONSTRAINT approval_reason_present CHECK (decision NOT IN ('refused', 'cancelled', 'answered') OR reason <> '');
