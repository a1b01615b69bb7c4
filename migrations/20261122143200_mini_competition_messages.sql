-- Messages about mini-competitions wait in the outbox beside those about call-offs, and whoever acted in a
-- visible competition has a name there.

ALTER TABLE outbox
    ALTER COLUMN call_off_id DROP NOT NULL,
    ADD COLUMN competition_id uuid,
    ADD FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    ADD CONSTRAINT outbox_about_one CHECK (num_nonnulls(call_off_id, competition_id) = 1),
    DROP CONSTRAINT outbox_kind_known,
    ADD CONSTRAINT outbox_kind_known CHECK (kind IN ('issue_order', 'issue_cancellation', 'issue_partial_cancellation', 'tell_expiring', 'tell_invitation', 'tell_answer', 'tell_award', 'tell_abolition'));
COMMENT ON COLUMN outbox.competition_id IS 'The mini-competition, for messages about one';
COMMENT ON COLUMN outbox.call_off_id IS 'The call-off; null for messages about a mini-competition';
CREATE POLICY outbox_with_competition ON outbox USING (
    EXISTS (SELECT FROM mini_competition m WHERE m.contract_id = outbox.contract_id AND m.id = outbox.competition_id));

CREATE POLICY person_of_competition ON person FOR SELECT USING (
    EXISTS (SELECT FROM mini_competition m WHERE person.id IN (m.created_by, m.sent_by, m.opened_by, m.opened_with, m.decided_by))
    OR EXISTS (SELECT FROM mini_competition_receipt r WHERE r.recorded_by = person.id)
    OR EXISTS (SELECT FROM mini_competition_scoring s WHERE s.scored_by = person.id));
