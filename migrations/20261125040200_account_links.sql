-- Links that let a person in: what each is for, who asked for it, and the mail that carries it. The token is drawn when
-- the mail is sent, so that it lies nowhere: a letter that is tried again carries a link of its own.

ALTER TABLE one_time_link ADD COLUMN purpose text NOT NULL DEFAULT 'set_up',
    ADD COLUMN created_by uuid REFERENCES person,
    ADD CONSTRAINT one_time_link_purpose_known CHECK (purpose IN ('set_up', 'invitation', 'recovery', 'break_glass')),
    ADD CONSTRAINT one_time_link_ends CHECK (created_at < expires_at AND expires_at <= created_at + interval '8 days');
COMMENT ON COLUMN one_time_link.purpose IS 'set_up (command line), invitation, recovery (asked for by the person), break_glass';
COMMENT ON COLUMN one_time_link.created_by IS 'Who asked for it; null for the person and for the command line';
COMMENT ON COLUMN one_time_link.expires_at IS 'End: 30 minutes later, of an invitation seven days';
CREATE INDEX one_time_link_of_person ON one_time_link (person_id, created_at DESC);

CREATE TABLE account_mail (
    id uuid PRIMARY KEY,
    person_id uuid REFERENCES person,
    purpose text NOT NULL,
    asked_by uuid REFERENCES person,
    created_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waiting',
    answer text NOT NULL DEFAULT '',
    ended_at timestamptz,
    CONSTRAINT account_mail_purpose_known CHECK (purpose IN ('invitation', 'recovery')),
    CONSTRAINT account_mail_state_known CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'void')),
    CONSTRAINT account_mail_ended_whole CHECK ((state IN ('waiting', 'sending')) = (ended_at IS NULL)),
    CONSTRAINT account_mail_attempts_not_negative CHECK (attempts >= 0)
);
COMMENT ON TABLE account_mail IS 'A letter with a link into an account that is to be sent';
COMMENT ON COLUMN account_mail.id IS 'Made by the program';
COMMENT ON COLUMN account_mail.person_id IS 'To whom; null where somebody asked for an address that nobody has: the row is written all the same, so that both take as long';
COMMENT ON COLUMN account_mail.purpose IS 'invitation or recovery';
COMMENT ON COLUMN account_mail.asked_by IS 'Who invited; null where the person asked';
COMMENT ON COLUMN account_mail.created_at IS 'When it was asked for';
COMMENT ON COLUMN account_mail.not_before IS 'Not tried before; while sending, when the attempt counts as lost';
COMMENT ON COLUMN account_mail.attempts IS 'Attempts begun';
COMMENT ON COLUMN account_mail.state IS 'waiting, sending (an attempt began), sent (a mail server took it), failed, void (to nobody, or too many)';
COMMENT ON COLUMN account_mail.answer IS 'Last answer of the mail server, or why it was not reached';
COMMENT ON COLUMN account_mail.ended_at IS 'When it ended';
CREATE INDEX account_mail_due ON account_mail (not_before) WHERE ended_at IS NULL;
CREATE INDEX account_mail_of_person ON account_mail (person_id, created_at DESC);
GRANT SELECT, INSERT ON account_mail TO abruf_app;
GRANT UPDATE (not_before, attempts, state, answer, ended_at) ON account_mail TO abruf_app;
ALTER TABLE account_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_mail FORCE ROW LEVEL SECURITY;
CREATE POLICY account_mail_actor ON account_mail USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));
