-- The second factor: a secret shared with an app on the person's phone, codes for the day the phone is gone, and
-- what each session has shown of it. Whether a person needs one follows from their assignments of today.

CREATE TABLE second_factor (
    person_id uuid PRIMARY KEY REFERENCES person,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0,
    CONSTRAINT second_factor_sealed_length CHECK (length(sealed) = 12 + 20 + 16),
    CONSTRAINT second_factor_used_when_confirmed CHECK (confirmed_at IS NOT NULL OR last_step = 0)
);
COMMENT ON TABLE second_factor IS 'Time-based one-time codes (RFC 6238) of a person; one per person';
COMMENT ON COLUMN second_factor.person_id IS 'Whose';
COMMENT ON COLUMN second_factor.sealed IS 'The shared secret, sealed with AES-256-GCM under a key derived from the installation''s: nonce, 20 bytes, tag; bound to the person';
COMMENT ON COLUMN second_factor.created_at IS 'When the secret was drawn';
COMMENT ON COLUMN second_factor.confirmed_at IS 'First right code; before it the secret is only a proposal';
COMMENT ON COLUMN second_factor.last_step IS 'Time step of the last code taken; no code of this or an earlier step is taken again';
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factor TO abruf_app;
ALTER TABLE second_factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factor FORCE ROW LEVEL SECURITY;
CREATE POLICY second_factor_actor ON second_factor USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));

CREATE FUNCTION abruf.keep_code_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed = OLD.sealed AND NEW.last_step < OLD.last_step THEN
        RAISE EXCEPTION 'a code that was taken stays taken' USING ERRCODE = 'check_violation', CONSTRAINT = 'second_factor_steps_grow';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION abruf.keep_code_taken() IS 'Refuses to forget which code of a secret was taken last';
CREATE TRIGGER second_factor_steps_grow BEFORE UPDATE ON second_factor FOR EACH ROW EXECUTE FUNCTION abruf.keep_code_taken();

CREATE TABLE recovery_code (
    person_id uuid NOT NULL REFERENCES person,
    code_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (person_id, code_sha256),
    CONSTRAINT recovery_code_hash_length CHECK (length(code_sha256) = 32)
);
COMMENT ON TABLE recovery_code IS 'Codes that stand in for the second factor, each once';
COMMENT ON COLUMN recovery_code.person_id IS 'Whose';
COMMENT ON COLUMN recovery_code.code_sha256 IS 'SHA-256 over person and code; the code itself is shown once and holds 80 random bits';
COMMENT ON COLUMN recovery_code.created_at IS 'When it was drawn';
COMMENT ON COLUMN recovery_code.used_at IS 'When it was used';
GRANT SELECT, INSERT, DELETE ON recovery_code TO abruf_app;
GRANT UPDATE (used_at) ON recovery_code TO abruf_app;
ALTER TABLE recovery_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_code FORCE ROW LEVEL SECURITY;
CREATE POLICY recovery_code_actor ON recovery_code USING ((SELECT abruf.actor_kind()) IN ('job', 'sign_in'));

ALTER TABLE session ADD COLUMN second_factor_at timestamptz,
    ADD COLUMN network text NOT NULL DEFAULT '',
    ADD COLUMN client text NOT NULL DEFAULT '',
    ADD CONSTRAINT session_network_shortened CHECK (network = '' OR network ~ '\.0$' OR network ~ '::$'),
    ADD CONSTRAINT session_client_length CHECK (length(client) <= 80);
COMMENT ON COLUMN session.second_factor_at IS 'When the second factor was shown in this session; null: it was not';
COMMENT ON COLUMN session.network IS 'Shortened address of the client (the last octet, of IPv6 all after 48 bits, is 0); empty if unknown';
COMMENT ON COLUMN session.client IS 'Browser and system in words, as the client says; so that a person recognises their sessions';

-- An end within a day: an assignment taken back today, an emergency access by the hour.
ALTER TABLE assignment ADD COLUMN ends_at timestamptz;
COMMENT ON COLUMN assignment.ends_at IS 'Instant at which it ends within its last day; null: with the day';

-- Demo data only, and visible on each of its pages.
ALTER TABLE installation ADD COLUMN second_factor text NOT NULL DEFAULT 'required',
    ADD CONSTRAINT installation_second_factor_known CHECK (second_factor IN ('required', 'off')),
    ADD CONSTRAINT installation_second_factor_off_in_demo CHECK (second_factor = 'required' OR demo_seed IS NOT NULL);
COMMENT ON COLUMN installation.second_factor IS 'required, or off: then nobody has to have a second factor; in demo data only';

DROP FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date);
CREATE FUNCTION abruf.session_acting(session_id uuid, session_person uuid, instant timestamptz, today date)
RETURNS TABLE (
    person_name text, assignment_id uuid, created_at timestamptz, expires_at timestamptz, second_factor_at timestamptz,
    has_factor boolean, needs_factor boolean,
    role text, organisation uuid, organisation_name text, body uuid, body_name text, body_email text,
    period_from date, period_to date, members uuid[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT p.name, s.assignment_id, s.created_at, s.expires_at, s.second_factor_at,
           EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL),
           EXISTS (SELECT FROM assignment n
                   WHERE n.person_id = p.id AND n.role IN ('approver', 'office', 'administrator')
                     AND n.valid_from <= today AND (n.valid_to IS NULL OR today <= n.valid_to)
                     AND (n.ends_at IS NULL OR instant < n.ends_at)),
           a.role, a.organisation_id, o.name, a.body_id, b.name, b.email, a.period_from, a.period_to,
           CASE
               WHEN a.role IS DISTINCT FROM 'auditor' THEN '{}'
               ELSE abruf.audited_members(a.id, a.body_id, a.all_members)
           END
    FROM session s
    JOIN person p ON p.id = s.person_id
    LEFT JOIN assignment a ON a.id = s.assignment_id AND a.person_id = s.person_id
        AND a.valid_from <= today AND (a.valid_to IS NULL OR today <= a.valid_to)
        AND (a.ends_at IS NULL OR instant < a.ends_at)
    LEFT JOIN organisation o ON o.id = a.organisation_id
    LEFT JOIN organisation b ON b.id = a.body_id
    WHERE s.id = session_id AND s.person_id = session_person AND s.revoked_at IS NULL AND instant < s.expires_at;
END
$$;
COMMENT ON FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date) IS 'The session of this id and person with the assignment it acts under and what it lacks of a second factor; no row if it is revoked or over';
REVOKE ALL ON FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION abruf.session_acting(uuid, uuid, timestamptz, date) TO abruf_app;
