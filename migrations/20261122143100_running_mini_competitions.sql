-- Mini-competitions run here: from the draft over sealed offers to the award. Records of competitions
-- held elsewhere stay as they are (state recorded).

ALTER TABLE mini_competition
    ALTER COLUMN call_off_id DROP NOT NULL,
    ADD COLUMN state text NOT NULL DEFAULT 'recorded',
    ADD COLUMN body_id uuid REFERENCES organisation,
    ADD COLUMN member_id uuid REFERENCES organisation,
    ADD COLUMN run_by_id uuid REFERENCES organisation,
    ADD COLUMN lot_id uuid,
    ADD COLUMN title text NOT NULL DEFAULT '',
    ADD COLUMN lines jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN performance_from date,
    ADD COLUMN performance_to date,
    ADD COLUMN scheme jsonb,
    ADD COLUMN submission text NOT NULL DEFAULT '',
    ADD COLUMN created_by uuid REFERENCES person,
    ADD COLUMN created_at timestamptz,
    ADD COLUMN sent_by uuid REFERENCES person,
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN first_signed_at timestamptz,
    ADD COLUMN winner_id uuid REFERENCES organisation,
    ADD COLUMN decided_by uuid REFERENCES person,
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN decision_reason text NOT NULL DEFAULT '',
    ADD COLUMN drawn text NOT NULL DEFAULT '',
    ADD FOREIGN KEY (contract_id, lot_id) REFERENCES lot,
    ADD CONSTRAINT mini_competition_state_known CHECK (state IN ('recorded', 'drafted', 'sent', 'opened', 'scored', 'awarded', 'cancelled')),
    ADD CONSTRAINT mini_competition_whole CHECK (state = 'recorded' OR (num_nonnulls(body_id, member_id, run_by_id, scheme, created_by, created_at) = 6 AND jsonb_array_length(lines) > 0)),
    ADD CONSTRAINT mini_competition_recorded_for_call_off CHECK (state <> 'recorded' OR call_off_id IS NOT NULL),
    ADD CONSTRAINT mini_competition_sent_whole CHECK (state IN ('recorded', 'drafted', 'cancelled') OR (sent_at IS NOT NULL AND sent_by IS NOT NULL AND sent_at < deadline_at)),
    ADD CONSTRAINT mini_competition_two_sign CHECK (state = 'recorded' OR opened_at IS NULL OR (num_nonnulls(opened_by, opened_with, first_signed_at) = 3 AND deadline_at < first_signed_at AND first_signed_at <= opened_at)),
    ADD CONSTRAINT mini_competition_opened_before_scored CHECK (state NOT IN ('opened', 'scored', 'awarded') OR opened_at IS NOT NULL),
    ADD CONSTRAINT mini_competition_winner_when_awarded CHECK (state = 'recorded' OR (state = 'awarded') = (winner_id IS NOT NULL)),
    ADD CONSTRAINT mini_competition_decision_reasoned CHECK (state NOT IN ('awarded', 'cancelled') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL AND length(btrim(decision_reason)) > 0)),
    DROP CONSTRAINT mini_competition_opened_whole,
    ADD CONSTRAINT mini_competition_opened_whole CHECK (opened_at IS NOT NULL OR opened_with IS NULL),
    DROP CONSTRAINT mini_competition_once;
-- One that was abolished makes room for another.
CREATE UNIQUE INDEX mini_competition_once ON mini_competition (contract_id, call_off_id) WHERE state <> 'cancelled';
CREATE INDEX mini_competition_of_member ON mini_competition (member_id, created_at);
COMMENT ON COLUMN mini_competition.state IS 'recorded: held elsewhere; else drafted, sent, opened, scored, awarded, cancelled (aufgehoben)';
COMMENT ON COLUMN mini_competition.body_id IS 'Purchasing body in whose house it is run';
COMMENT ON COLUMN mini_competition.member_id IS 'Member whose need it is';
COMMENT ON COLUMN mini_competition.run_by_id IS 'Who runs it: the member, or the body for the member';
COMMENT ON COLUMN mini_competition.lot_id IS 'The lot whose parties are asked; null where the contract has none';
COMMENT ON COLUMN mini_competition.title IS 'What it is about, as the invitation says it';
COMMENT ON COLUMN mini_competition.lines IS 'What is asked for: article number, title, unit, quantity, paid by month';
COMMENT ON COLUMN mini_competition.performance_from IS 'First day of performance of what is paid by month';
COMMENT ON COLUMN mini_competition.performance_to IS 'Last day of it';
COMMENT ON COLUMN mini_competition.scheme IS 'Announced weights, price formula and tie rule';
COMMENT ON COLUMN mini_competition.submission IS 'How offers are handed in';
COMMENT ON COLUMN mini_competition.created_by IS 'Who began it';
COMMENT ON COLUMN mini_competition.created_at IS 'When';
COMMENT ON COLUMN mini_competition.sent_by IS 'Who sent the invitations';
COMMENT ON COLUMN mini_competition.sent_at IS 'When; deadline, lines and scheme are fixed from then on';
COMMENT ON COLUMN mini_competition.first_signed_at IS 'When the first of two persons signed the opening';
COMMENT ON COLUMN mini_competition.winner_id IS 'Whose offer won';
COMMENT ON COLUMN mini_competition.decided_by IS 'Who awarded or abolished it';
COMMENT ON COLUMN mini_competition.decided_at IS 'When';
COMMENT ON COLUMN mini_competition.decision_reason IS 'Why';
COMMENT ON COLUMN mini_competition.drawn IS 'How the lot was drawn between equal offers; empty without';
COMMENT ON COLUMN mini_competition.opened_by IS 'Who signed the opening first';
COMMENT ON COLUMN mini_competition.call_off_id IS 'The call-off it is held for; null until one uses it';

ALTER TABLE mini_competition_invitation
    ADD COLUMN supplier_name text NOT NULL DEFAULT '',
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN sent_at timestamptz;
COMMENT ON COLUMN mini_competition_invitation.supplier_name IS 'Name at the time';
COMMENT ON COLUMN mini_competition_invitation.address IS 'Where the invitation went: mail address or post';
COMMENT ON COLUMN mini_competition_invitation.sent_at IS 'When; null in records of competitions held elsewhere';
CREATE TRIGGER mini_competition_invitation_append_only BEFORE UPDATE OR DELETE ON mini_competition_invitation FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE mini_competition_question (
    contract_id uuid NOT NULL,
    competition_id uuid NOT NULL,
    id uuid NOT NULL,
    supplier_id uuid NOT NULL REFERENCES organisation,
    asked_at timestamptz NOT NULL,
    question text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    CONSTRAINT mini_competition_question_present CHECK (length(btrim(question)) > 0)
);
CREATE INDEX mini_competition_question_of ON mini_competition_question (contract_id, competition_id, asked_at);
COMMENT ON TABLE mini_competition_question IS 'A question of a supplier; all read it with the answer, without the name';
COMMENT ON COLUMN mini_competition_question.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_question.competition_id IS 'The mini-competition';
COMMENT ON COLUMN mini_competition_question.id IS 'Made by the program';
COMMENT ON COLUMN mini_competition_question.supplier_id IS 'Who asked';
COMMENT ON COLUMN mini_competition_question.asked_at IS 'When it arrived';
COMMENT ON COLUMN mini_competition_question.question IS 'What was asked';
COMMENT ON COLUMN mini_competition_question.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN mini_competition_question.recorded_at IS 'When';
CREATE TRIGGER mini_competition_question_append_only BEFORE UPDATE OR DELETE ON mini_competition_question FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE mini_competition_answer (
    contract_id uuid NOT NULL,
    question_id uuid NOT NULL,
    answer text NOT NULL,
    answered_by uuid NOT NULL REFERENCES person,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, question_id),
    FOREIGN KEY (contract_id, question_id) REFERENCES mini_competition_question,
    CONSTRAINT mini_competition_answer_present CHECK (length(btrim(answer)) > 0)
);
COMMENT ON TABLE mini_competition_answer IS 'The answer to a question, sent to all who were asked';
COMMENT ON COLUMN mini_competition_answer.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_answer.question_id IS 'The question';
COMMENT ON COLUMN mini_competition_answer.answer IS 'What was answered';
COMMENT ON COLUMN mini_competition_answer.answered_by IS 'Who answered';
COMMENT ON COLUMN mini_competition_answer.sent_at IS 'When it went to all';
CREATE TRIGGER mini_competition_answer_append_only BEFORE UPDATE OR DELETE ON mini_competition_answer FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE mini_competition_receipt (
    contract_id uuid NOT NULL,
    competition_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    late boolean NOT NULL,
    channel text NOT NULL,
    seal text NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, competition_id, supplier_id),
    FOREIGN KEY (contract_id, competition_id, supplier_id) REFERENCES mini_competition_invitation,
    CONSTRAINT mini_competition_receipt_late_stays_closed CHECK (late = (seal = '')),
    CONSTRAINT mini_competition_receipt_seal_form CHECK (seal = '' OR seal ~ '^[0-9a-f]{64}$'),
    CONSTRAINT mini_competition_receipt_in_order CHECK (received_at <= recorded_at)
);
COMMENT ON TABLE mini_competition_receipt IS 'That an offer arrived, and when: open to see, while its content is sealed. A late one has no content';
COMMENT ON COLUMN mini_competition_receipt.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_receipt.competition_id IS 'The mini-competition';
COMMENT ON COLUMN mini_competition_receipt.supplier_id IS 'Whose offer';
COMMENT ON COLUMN mini_competition_receipt.received_at IS 'When it arrived';
COMMENT ON COLUMN mini_competition_receipt.late IS 'After the deadline: excluded, not opened';
COMMENT ON COLUMN mini_competition_receipt.channel IS 'How it arrived: mail, post, portal';
COMMENT ON COLUMN mini_competition_receipt.seal IS 'Salted digest of the content, also in the log: proves after the opening that nothing was changed';
COMMENT ON COLUMN mini_competition_receipt.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN mini_competition_receipt.recorded_at IS 'When';
CREATE TRIGGER mini_competition_receipt_append_only BEFORE UPDATE OR DELETE ON mini_competition_receipt FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

ALTER TABLE mini_competition_offer
    ADD COLUMN statement text NOT NULL DEFAULT '',
    ADD COLUMN salt bytea;
COMMENT ON COLUMN mini_competition_offer.statement IS 'What the offer says beside prices, as far as criteria ask for it';
COMMENT ON COLUMN mini_competition_offer.salt IS 'Salt of the seal; sealed itself, so that nobody can try prices against the digest';
CREATE TRIGGER mini_competition_offer_append_only BEFORE UPDATE OR DELETE ON mini_competition_offer FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

CREATE TABLE mini_competition_scoring (
    contract_id uuid NOT NULL,
    competition_id uuid NOT NULL,
    round integer NOT NULL,
    marks jsonb NOT NULL,
    standings jsonb NOT NULL,
    scored_by uuid NOT NULL REFERENCES person,
    scored_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, competition_id, round),
    FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    CONSTRAINT mini_competition_scoring_round_positive CHECK (round >= 1),
    CONSTRAINT mini_competition_scoring_whole CHECK (jsonb_typeof(marks) = 'array' AND jsonb_typeof(standings) = 'array')
);
COMMENT ON TABLE mini_competition_scoring IS 'A scoring of all offers; a correction is a further round, the last one counts';
COMMENT ON COLUMN mini_competition_scoring.contract_id IS 'The contract';
COMMENT ON COLUMN mini_competition_scoring.competition_id IS 'The mini-competition';
COMMENT ON COLUMN mini_competition_scoring.round IS 'From 1';
COMMENT ON COLUMN mini_competition_scoring.marks IS 'Marks with reasons by offer and criterion';
COMMENT ON COLUMN mini_competition_scoring.standings IS 'Totals, points with their arithmetic, ranks, exclusions';
COMMENT ON COLUMN mini_competition_scoring.scored_by IS 'Who scored';
COMMENT ON COLUMN mini_competition_scoring.scored_at IS 'When';
CREATE TRIGGER mini_competition_scoring_append_only BEFORE UPDATE OR DELETE ON mini_competition_scoring FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();

-- What the parties were told cannot change behind their backs, and what was opened stays opened.
CREATE FUNCTION abruf.keep_competition() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sent_at IS NOT NULL AND (OLD.deadline_at, OLD.lines, OLD.scheme, OLD.submission, OLD.criterion, OLD.lot_id, OLD.sent_at, OLD.performance_from, OLD.performance_to)
            IS DISTINCT FROM (NEW.deadline_at, NEW.lines, NEW.scheme, NEW.submission, NEW.criterion, NEW.lot_id, NEW.sent_at, NEW.performance_from, NEW.performance_to))
        OR (OLD.opened_by IS NOT NULL AND OLD.opened_by IS DISTINCT FROM NEW.opened_by)
        OR (OLD.opened_at IS NOT NULL AND (OLD.opened_at, OLD.opened_with) IS DISTINCT FROM (NEW.opened_at, NEW.opened_with))
        OR (OLD.decided_at IS NOT NULL AND (OLD.state, OLD.winner_id, OLD.decided_at, OLD.decision_reason) IS DISTINCT FROM (NEW.state, NEW.winner_id, NEW.decided_at, NEW.decision_reason))
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'restrict_violation',
            CONSTRAINT = 'mini_competition_announced_stays',
            MESSAGE = 'what was announced, opened or decided in a mini-competition stays';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.keep_competition() IS 'Trigger of mini_competition: what was announced, opened or decided does not change';
CREATE TRIGGER mini_competition_announced_stays BEFORE UPDATE ON mini_competition FOR EACH ROW EXECUTE FUNCTION abruf.keep_competition();

GRANT SELECT, INSERT ON mini_competition_question, mini_competition_answer, mini_competition_receipt, mini_competition_scoring TO abruf_app;

-- Who runs it sees it; member and body see each other's from the sending on, auditors what was sent in their scope.
DROP POLICY mini_competition_with_call_off ON mini_competition;
CREATE POLICY mini_competition_actor ON mini_competition USING (
    CASE
        WHEN (SELECT abruf.actor_kind()) = 'job' THEN true
        WHEN state = 'recorded' THEN EXISTS (SELECT FROM call_off c WHERE c.contract_id = mini_competition.contract_id AND c.id = mini_competition.call_off_id)
        WHEN (SELECT abruf.actor_kind()) = 'member' THEN member_id = (SELECT abruf.actor_organisation()) AND (run_by_id = member_id OR sent_at IS NOT NULL)
        WHEN (SELECT abruf.actor_kind()) = 'body' THEN body_id = (SELECT abruf.actor_body()) AND (run_by_id = body_id OR sent_at IS NOT NULL)
        WHEN (SELECT abruf.actor_kind()) = 'auditor' THEN body_id = (SELECT abruf.actor_body())
            AND member_id = ANY ((SELECT abruf.actor_members())::uuid[])
            AND (sent_at AT TIME ZONE 'Europe/Berlin')::date <@ (SELECT abruf.actor_period())
        ELSE false
    END);

DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['mini_competition_question', 'mini_competition_receipt', 'mini_competition_scoring'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format(
            'CREATE POLICY %I ON %I USING (EXISTS (SELECT FROM mini_competition m WHERE m.contract_id = %I.contract_id AND m.id = %I.competition_id))',
            child || '_with_competition', child, child, child);
    END LOOP;
END
$$;
ALTER TABLE mini_competition_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE mini_competition_answer FORCE ROW LEVEL SECURITY;
CREATE POLICY mini_competition_answer_with_question ON mini_competition_answer USING (
    EXISTS (SELECT FROM mini_competition_question q WHERE q.contract_id = mini_competition_answer.contract_id AND q.id = mini_competition_answer.question_id));
