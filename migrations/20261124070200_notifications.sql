-- What people are told: on the start page and by mail, as each of them chose. Found by a job that looks at what
-- happened, so that no action waits for it.

CREATE TABLE notification_choice (
    person_id uuid NOT NULL REFERENCES person,
    kind text NOT NULL,
    by_mail boolean NOT NULL,
    on_start boolean NOT NULL,
    PRIMARY KEY (person_id, kind),
    CONSTRAINT notification_choice_kind CHECK (kind ~ '^[a-z_]{3,40}$')
);
COMMENT ON TABLE notification_choice IS 'How somebody wants to be told of a kind of event; without a row in both ways';
COMMENT ON COLUMN notification_choice.person_id IS 'Who';
COMMENT ON COLUMN notification_choice.kind IS 'Kind of event, as notification.kind';
COMMENT ON COLUMN notification_choice.by_mail IS 'By mail';
COMMENT ON COLUMN notification_choice.on_start IS 'On the start page';
GRANT SELECT, INSERT, UPDATE ON notification_choice TO abruf_app;
ALTER TABLE notification_choice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_choice FORCE ROW LEVEL SECURITY;
CREATE POLICY notification_choice_actor ON notification_choice USING (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));

CREATE TABLE notification_cause (
    kind text NOT NULL,
    cause text NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (kind, cause)
);
COMMENT ON TABLE notification_cause IS 'What has been told already, also where nobody was there to be told';
COMMENT ON COLUMN notification_cause.kind IS 'Kind of event';
COMMENT ON COLUMN notification_cause.cause IS 'Which one: ids and what tells one occasion from the next';
COMMENT ON COLUMN notification_cause.told_at IS 'When';
GRANT SELECT, INSERT ON notification_cause TO abruf_app;
ALTER TABLE notification_cause ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_cause FORCE ROW LEVEL SECURITY;
CREATE POLICY notification_cause_job ON notification_cause USING ((SELECT abruf.actor_kind()) = 'job');

CREATE TABLE notification (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    organisation_id uuid NOT NULL REFERENCES organisation,
    kind text NOT NULL,
    title text NOT NULL,
    address text NOT NULL,
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    CONSTRAINT notification_kind CHECK (kind ~ '^[a-z_]{3,40}$'),
    CONSTRAINT notification_title_length CHECK (length(title) BETWEEN 1 AND 500),
    CONSTRAINT notification_address_local CHECK (address LIKE '/%' AND address NOT LIKE '//%')
);
COMMENT ON TABLE notification IS 'A piece of news for one person on the start page';
COMMENT ON COLUMN notification.id IS 'Made by the program';
COMMENT ON COLUMN notification.person_id IS 'For whom';
COMMENT ON COLUMN notification.organisation_id IS 'Shown while they act for this organisation';
COMMENT ON COLUMN notification.kind IS 'Kind of event: request_waits, request_refused, …';
COMMENT ON COLUMN notification.title IS 'What happened, in German; names no person';
COMMENT ON COLUMN notification.address IS 'Page it leads to';
COMMENT ON COLUMN notification.created_at IS 'When';
COMMENT ON COLUMN notification.read_at IS 'When it was put away; null while it is new';
CREATE INDEX notification_new ON notification (person_id, organisation_id, created_at DESC) WHERE read_at IS NULL;
CREATE INDEX notification_of_person ON notification (person_id, organisation_id, created_at DESC);
GRANT SELECT, INSERT, DELETE ON notification TO abruf_app;
GRANT UPDATE (read_at) ON notification TO abruf_app;
ALTER TABLE notification ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification FORCE ROW LEVEL SECURITY;
CREATE POLICY notification_actor ON notification USING (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));
CREATE POLICY notification_by_job ON notification AS RESTRICTIVE FOR DELETE USING ((SELECT abruf.actor_kind()) = 'job');

-- A mail may also be about a contract as a whole.
ALTER TABLE mail DROP CONSTRAINT mail_about_one;
ALTER TABLE mail ADD CONSTRAINT mail_about_one CHECK (
    num_nonnulls(call_off_id, competition_id) = 1 OR (num_nonnulls(call_off_id, competition_id) = 0 AND kind LIKE 'tell\_%'));

-- The job looks for what ended lately.
CREATE INDEX call_off_ended ON call_off (ended_at) WHERE status IN ('refused', 'expired');
CREATE INDEX price_proposal_released ON price_proposal (decided_at) WHERE released;
CREATE INDEX contract_option_deadline ON contract_option (notice_deadline) WHERE exercised_on IS NULL;
