-- Mail that leaves the house: where orders go, what is to be sent, what came of it. Stored before it is sent, so
-- that a crash can only repeat a message with the same Message-ID.

CREATE TABLE order_address (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    supplier_id uuid NOT NULL REFERENCES organisation,
    address text NOT NULL,
    changed_by uuid NOT NULL REFERENCES person,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, supplier_id),
    CONSTRAINT order_address_form CHECK (length(address) BETWEEN 3 AND 254 AND address LIKE '_%@_%')
);
COMMENT ON TABLE order_address IS 'Where orders from a contract go by mail; without a row the supplier''s central address';
COMMENT ON COLUMN order_address.contract_id IS 'The contract';
COMMENT ON COLUMN order_address.supplier_id IS 'The supplier';
COMMENT ON COLUMN order_address.address IS 'Mail address';
COMMENT ON COLUMN order_address.changed_by IS 'Who of the office entered it';
COMMENT ON COLUMN order_address.changed_at IS 'When';
GRANT SELECT, INSERT, UPDATE, DELETE ON order_address TO abruf_app;
ALTER TABLE order_address ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_address FORCE ROW LEVEL SECURITY;
CREATE POLICY order_address_with_contract ON order_address USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM framework_contract f WHERE f.id = order_address.contract_id))
    WITH CHECK ((SELECT abruf.actor_kind()) = 'job'
    OR ((SELECT abruf.actor_kind()) = 'body' AND EXISTS (SELECT FROM framework_contract f WHERE f.id = order_address.contract_id)));

CREATE TABLE mail (
    contract_id uuid NOT NULL REFERENCES framework_contract,
    id uuid NOT NULL,
    kind text NOT NULL,
    call_off_id uuid,
    competition_id uuid,
    document_id uuid,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    answer text NOT NULL DEFAULT '',
    asked_by uuid REFERENCES person,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, call_off_id) REFERENCES call_off,
    FOREIGN KEY (contract_id, competition_id) REFERENCES mini_competition,
    FOREIGN KEY (contract_id, document_id) REFERENCES document,
    CONSTRAINT mail_message_id_unique UNIQUE (message_id),
    CONSTRAINT mail_kind_known CHECK (kind = 'order' OR kind LIKE 'tell\_%'),
    CONSTRAINT mail_about_one CHECK (num_nonnulls(call_off_id, competition_id) = 1),
    CONSTRAINT mail_order_with_document CHECK ((kind = 'order') = (document_id IS NOT NULL)),
    CONSTRAINT mail_state_known CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'withdrawn')),
    CONSTRAINT mail_ended_whole CHECK ((state IN ('waiting', 'sending')) = (ended_at IS NULL)),
    CONSTRAINT mail_attempts_not_negative CHECK (attempts >= 0)
);
CREATE UNIQUE INDEX mail_one_under_way ON mail (contract_id, document_id) WHERE ended_at IS NULL;
CREATE INDEX mail_due ON mail (not_before) WHERE ended_at IS NULL;
CREATE INDEX mail_of_call_off ON mail (contract_id, call_off_id);
COMMENT ON TABLE mail IS 'A message by mail to one recipient; an order lies in it as its frozen document';
COMMENT ON COLUMN mail.contract_id IS 'The contract';
COMMENT ON COLUMN mail.id IS 'Made by the program';
COMMENT ON COLUMN mail.kind IS 'order, or the event of the outbox that is told';
COMMENT ON COLUMN mail.call_off_id IS 'The call-off; null for messages about a mini-competition';
COMMENT ON COLUMN mail.competition_id IS 'The mini-competition, for messages about one';
COMMENT ON COLUMN mail.document_id IS 'The document an order consists of; sent again it is the same one';
COMMENT ON COLUMN mail.recipient IS 'Mail address';
COMMENT ON COLUMN mail.subject IS 'Subject; of an order empty, written when it is sent';
COMMENT ON COLUMN mail.body IS 'Text; of an order empty, written when it is sent';
COMMENT ON COLUMN mail.message_id IS 'Message-ID, from document and running number: the same on each attempt';
COMMENT ON COLUMN mail.state IS 'waiting, sending (an attempt began), sent (a mail server took it), failed, withdrawn (nothing to be sent any more)';
COMMENT ON COLUMN mail.attempts IS 'Attempts begun';
COMMENT ON COLUMN mail.not_before IS 'Not tried before; while sending, when the attempt counts as lost';
COMMENT ON COLUMN mail.answer IS 'Last answer of the mail server, or why it was not reached';
COMMENT ON COLUMN mail.asked_by IS 'Who had it sent again; null where the program sends by itself';
COMMENT ON COLUMN mail.created_at IS 'When it was written';
COMMENT ON COLUMN mail.ended_at IS 'When it was sent, failed or withdrawn';
GRANT SELECT, INSERT ON mail TO abruf_app;
GRANT UPDATE (state, attempts, not_before, answer, ended_at) ON mail TO abruf_app;
ALTER TABLE mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail FORCE ROW LEVEL SECURITY;
CREATE POLICY mail_with_its_subject ON mail USING (
    (SELECT abruf.actor_kind()) = 'job'
    OR EXISTS (SELECT FROM call_off c WHERE c.contract_id = mail.contract_id AND c.id = mail.call_off_id)
    OR EXISTS (SELECT FROM mini_competition m WHERE m.contract_id = mail.contract_id AND m.id = mail.competition_id));
