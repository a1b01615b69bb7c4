-- Requests of the programming interface that may be repeated with an Idempotency-Key where the action itself does
-- not store the key with its effect: claimed before, answered after. A claim without an answer means that nobody
-- knows whether the request had its effect, and is never run a second time.

CREATE TABLE repeated_request (
    person_id uuid NOT NULL REFERENCES person,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    begun_at timestamptz NOT NULL,
    answered_at timestamptz,
    status integer,
    location text,
    answer bytea,
    PRIMARY KEY (person_id, key),
    CONSTRAINT repeated_request_key_length CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT repeated_request_hash_is_sha256 CHECK (length(request_sha256) = 32),
    CONSTRAINT repeated_request_answer_has_status CHECK ((answered_at IS NULL) = (status IS NULL)),
    CONSTRAINT repeated_request_keeps_successes CHECK (status BETWEEN 200 AND 299),
    CONSTRAINT repeated_request_answer_is_answered CHECK (status IS NOT NULL OR (location IS NULL AND answer IS NULL))
);
COMMENT ON TABLE repeated_request IS 'A request with an Idempotency-Key, claimed before its effect and answered after it; kept as long as the person';
COMMENT ON COLUMN repeated_request.person_id IS 'Who asked';
COMMENT ON COLUMN repeated_request.key IS 'Key of the client';
COMMENT ON COLUMN repeated_request.request_sha256 IS 'SHA-256 of method, path and body; another request with the key is refused';
COMMENT ON COLUMN repeated_request.begun_at IS 'When the request was claimed';
COMMENT ON COLUMN repeated_request.answered_at IS 'When it was answered; NULL: under way, or ended without anybody knowing how';
COMMENT ON COLUMN repeated_request.status IS 'HTTP status answered, a success';
COMMENT ON COLUMN repeated_request.location IS 'Address of what was made';
COMMENT ON COLUMN repeated_request.answer IS 'Body answered; NULL: none, or one with a secret, which is told once';

GRANT SELECT, INSERT, DELETE ON repeated_request TO abruf_app;
GRANT UPDATE (answered_at, status, location, answer) ON repeated_request TO abruf_app;

ALTER TABLE repeated_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE repeated_request FORCE ROW LEVEL SECURITY;
CREATE POLICY repeated_request_actor ON repeated_request USING (
    (SELECT abruf.actor_kind()) = 'job' OR person_id = (SELECT abruf.actor_person()));
