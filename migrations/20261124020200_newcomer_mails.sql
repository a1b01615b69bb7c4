-- Invitations of towns go out by mail. A letter carries a link of its own, made when it is sent: no link is ever stored.

CREATE TABLE newcomer_mail (
    id uuid PRIMARY KEY,
    invitation_id uuid NOT NULL REFERENCES newcomer_invitation,
    recipient text NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    answer text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT newcomer_mail_message_id_unique UNIQUE (message_id),
    CONSTRAINT newcomer_mail_recipient_form CHECK (length(recipient) BETWEEN 3 AND 254 AND recipient LIKE '_%@_%'),
    CONSTRAINT newcomer_mail_state_known CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'withdrawn')),
    CONSTRAINT newcomer_mail_ended_whole CHECK ((state IN ('waiting', 'sending')) = (ended_at IS NULL)),
    CONSTRAINT newcomer_mail_attempts_not_negative CHECK (attempts >= 0)
);
CREATE INDEX newcomer_mail_due ON newcomer_mail (not_before) WHERE ended_at IS NULL;
CREATE INDEX newcomer_mail_of_invitation ON newcomer_mail (invitation_id, created_at DESC);
COMMENT ON TABLE newcomer_mail IS 'Letter that invites a town, one per link; like mail, which hangs on a contract';
COMMENT ON COLUMN newcomer_mail.id IS 'Made by the program';
COMMENT ON COLUMN newcomer_mail.invitation_id IS 'The invitation';
COMMENT ON COLUMN newcomer_mail.recipient IS 'Mail address';
COMMENT ON COLUMN newcomer_mail.message_id IS 'Message-ID: the same on each attempt';
COMMENT ON COLUMN newcomer_mail.state IS 'waiting, sending (an attempt began), sent (a mail server took it), failed, withdrawn (the invitation was taken back, or has another link)';
COMMENT ON COLUMN newcomer_mail.attempts IS 'Attempts begun';
COMMENT ON COLUMN newcomer_mail.not_before IS 'Not tried before; while sending, when the attempt counts as lost';
COMMENT ON COLUMN newcomer_mail.answer IS 'Last answer of the mail server, or why it was not reached';
COMMENT ON COLUMN newcomer_mail.created_at IS 'When it was written';
COMMENT ON COLUMN newcomer_mail.ended_at IS 'When it was sent, failed or withdrawn';
GRANT SELECT, INSERT ON newcomer_mail TO abruf_app;
GRANT UPDATE (state, attempts, not_before, answer, ended_at) ON newcomer_mail TO abruf_app;
ALTER TABLE newcomer_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE newcomer_mail FORCE ROW LEVEL SECURITY;
CREATE POLICY newcomer_mail_with_invitation ON newcomer_mail USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body'
        AND EXISTS (SELECT FROM newcomer_invitation i WHERE i.id = newcomer_mail.invitation_id)));

CREATE TABLE newcomer_mail_link (
    token_sha256 bytea PRIMARY KEY,
    mail_id uuid NOT NULL REFERENCES newcomer_mail,
    created_at timestamptz NOT NULL,
    CONSTRAINT newcomer_mail_link_hash_length CHECK (length(token_sha256) = 32)
);
CREATE INDEX newcomer_mail_link_of_mail ON newcomer_mail_link (mail_id);
COMMENT ON TABLE newcomer_mail_link IS 'Links that letters carried, one per attempt: a letter whose fate is unknown may have arrived. Deleted when the invitation gets another link';
COMMENT ON COLUMN newcomer_mail_link.token_sha256 IS 'SHA-256 of the token; the token itself stands in the letter alone';
COMMENT ON COLUMN newcomer_mail_link.mail_id IS 'The letter';
COMMENT ON COLUMN newcomer_mail_link.created_at IS 'When the attempt began';
GRANT SELECT, INSERT, DELETE ON newcomer_mail_link TO abruf_app;
ALTER TABLE newcomer_mail_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE newcomer_mail_link FORCE ROW LEVEL SECURITY;
CREATE POLICY newcomer_mail_link_with_mail ON newcomer_mail_link USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM newcomer_mail m WHERE m.id = newcomer_mail_link.mail_id));
