-- Who came in, from where, and who did not: for the person and for the administration. The chain of sign-ins proves
-- the same without any of this personal data.

CREATE TABLE sign_in_event (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    person_id uuid REFERENCES person,
    by_id uuid REFERENCES person,
    session_id uuid,
    network text NOT NULL,
    client text NOT NULL,
    CONSTRAINT sign_in_event_kind_form CHECK (kind ~ '^[a-z_]{3,40}$'),
    CONSTRAINT sign_in_event_network_shortened CHECK (network = '' OR network ~ '\.0$' OR network ~ '::$'),
    CONSTRAINT sign_in_event_client_length CHECK (length(client) <= 80)
);
COMMENT ON TABLE sign_in_event IS 'What happened at the door: sign-ins and failures, second factors, pauses, invitations, recoveries; append-only';
COMMENT ON COLUMN sign_in_event.id IS 'Made by the program';
COMMENT ON COLUMN sign_in_event.at IS 'When';
COMMENT ON COLUMN sign_in_event.kind IS 'What, as the chain of sign-ins names it';
COMMENT ON COLUMN sign_in_event.person_id IS 'Whose account; null where the address belongs to nobody';
COMMENT ON COLUMN sign_in_event.by_id IS 'Who did it to them; null where they did it themselves or the command line did';
COMMENT ON COLUMN sign_in_event.session_id IS 'The session it began, changed or ended';
COMMENT ON COLUMN sign_in_event.network IS 'Shortened address of the client; empty for the command line';
COMMENT ON COLUMN sign_in_event.client IS 'Browser and system in words, as the client says';
CREATE INDEX sign_in_event_of_person ON sign_in_event (person_id, at DESC);
CREATE INDEX sign_in_event_by_time ON sign_in_event (at DESC);
CREATE TRIGGER sign_in_event_append_only BEFORE UPDATE OR DELETE ON sign_in_event FOR EACH ROW EXECUTE FUNCTION abruf.refuse_change();
CREATE TRIGGER sign_in_event_no_truncate BEFORE TRUNCATE ON sign_in_event FOR EACH STATEMENT EXECUTE FUNCTION abruf.refuse_change();
GRANT SELECT, INSERT ON sign_in_event TO abruf_app;
ALTER TABLE sign_in_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_event FORCE ROW LEVEL SECURITY;
CREATE POLICY sign_in_event_append ON sign_in_event FOR INSERT WITH CHECK (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'sign_in' THEN true
        -- About themselves and the people of their own house.
        WHEN 'body' THEN person_id = (SELECT abruf.actor_person()) OR EXISTS (
            SELECT FROM assignment a WHERE a.person_id = sign_in_event.person_id AND a.body_id = (SELECT abruf.actor_body()))
        ELSE false
    END);
CREATE POLICY sign_in_event_read ON sign_in_event FOR SELECT USING (
    CASE (SELECT abruf.actor_kind())
        WHEN 'job' THEN true
        WHEN 'sign_in' THEN true
        -- An attempt for nobody's address says nothing of anybody; the rest goes with the person.
        WHEN 'body' THEN person_id IS NULL OR EXISTS (
            SELECT FROM assignment a WHERE a.person_id = sign_in_event.person_id AND a.body_id = (SELECT abruf.actor_body()))
        ELSE person_id = (SELECT abruf.actor_person())
    END);

COMMENT ON TABLE sign_in_attempt IS 'Failed sign-ins in a row per address and place they come from, and per address from all unknown places; shared by all nodes';
COMMENT ON COLUMN sign_in_attempt.email_sha256 IS 'SHA-256 of the lower-case address, alone or with the network or the known browser it was tried from; typing errors store no personal data';
