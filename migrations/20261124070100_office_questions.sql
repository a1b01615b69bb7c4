-- Questions of buyers to the office about a draft. The office does not see drafts; it sees the question, who asks and
-- about which contract, and answers. The texts are nobody's proof: both sides can erase them.

CREATE TABLE office_question (
    id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES framework_contract,
    call_off_id uuid NOT NULL,
    case_number text NOT NULL,
    body_id uuid NOT NULL REFERENCES organisation,
    member_id uuid NOT NULL REFERENCES organisation,
    asked_by uuid NOT NULL REFERENCES person,
    asked_at timestamptz NOT NULL,
    question text NOT NULL,
    answered_by uuid REFERENCES person,
    answered_at timestamptz,
    answer text NOT NULL DEFAULT '',
    erased_at timestamptz,
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    CONSTRAINT office_question_length CHECK (length(question) <= 4000 AND length(answer) <= 4000),
    CONSTRAINT office_question_asked CHECK (erased_at IS NOT NULL OR length(btrim(question)) >= 1),
    CONSTRAINT office_question_answered_whole CHECK ((answered_by IS NULL) = (answered_at IS NULL)),
    CONSTRAINT office_question_answer_present CHECK ((answered_at IS NOT NULL AND erased_at IS NULL) = (length(btrim(answer)) >= 1)),
    CONSTRAINT office_question_erased_empty CHECK (erased_at IS NULL OR (question = '' AND answer = ''))
);
COMMENT ON TABLE office_question IS 'A question to the office about a draft, with its answer; the texts can be erased';
COMMENT ON COLUMN office_question.id IS 'Made by the program';
COMMENT ON COLUMN office_question.contract_id IS 'The contract of the draft';
COMMENT ON COLUMN office_question.call_off_id IS 'The draft; the office does not see it before it is submitted';
COMMENT ON COLUMN office_question.case_number IS 'Vorgangsnummer of the draft, for the telephone';
COMMENT ON COLUMN office_question.body_id IS 'Whose office is asked';
COMMENT ON COLUMN office_question.member_id IS 'For which member';
COMMENT ON COLUMN office_question.asked_by IS 'Who asks';
COMMENT ON COLUMN office_question.asked_at IS 'When';
COMMENT ON COLUMN office_question.question IS 'The question; empty once erased [personal]';
COMMENT ON COLUMN office_question.answered_by IS 'Who of the office answered; null before';
COMMENT ON COLUMN office_question.answered_at IS 'When; null before';
COMMENT ON COLUMN office_question.answer IS 'The answer; empty before, and once erased [personal]';
COMMENT ON COLUMN office_question.erased_at IS 'When both texts were erased';
CREATE INDEX office_question_open ON office_question (body_id, asked_at) WHERE answered_at IS NULL AND erased_at IS NULL;
CREATE INDEX office_question_of_call_off ON office_question (call_off_id, asked_at);
CREATE INDEX office_question_answered ON office_question (answered_at) WHERE answered_at IS NOT NULL;
GRANT SELECT, INSERT ON office_question TO abruf_app;
GRANT UPDATE (question, answered_by, answered_at, answer, erased_at) ON office_question TO abruf_app;
ALTER TABLE office_question ENABLE ROW LEVEL SECURITY;
ALTER TABLE office_question FORCE ROW LEVEL SECURITY;
CREATE POLICY office_question_actor ON office_question USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'member' THEN member_id = (SELECT abruf.actor_organisation())
        WHEN 'body' THEN body_id = (SELECT abruf.actor_body())
        ELSE false
    END);
